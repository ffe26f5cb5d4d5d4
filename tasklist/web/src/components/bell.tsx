/** What is new for whoever is signed in: tasks that others or processes gave them, mentions of them, and comments on their tasks. */

import { useEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { AtSign, Bell, Inbox, MessageSquare, UserRoundCheck } from "lucide-preact";
import { get, post, type OwnSchemas } from "../api/client";
import { useLoad } from "../api/load";
import { Button, Empty, Shown, When } from "./basics";
import { attempt } from "./toasts";

type Mine = OwnSchemas["MyNotices"];
type Notice = Mine["notices"][number];

const KINDS = {
  assigned: { icon: UserRoundCheck, did: "gave you", tab: "form" },
  given: { icon: Inbox, did: "gave you", tab: "form" },
  mentioned: { icon: AtSign, did: "mentions you at", tab: "comments" },
  commented: { icon: MessageSquare, did: "comments on", tab: "comments" },
} as const;

export function News() {
  const { route } = useLocation();
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const loaded = useLoad<Mine>("notices", (signal) => get("/api/v1/notice", undefined, { signal }), ["notices"]);
  const unread = loaded.data?.unread ?? 0;

  const focus = () => place.current?.querySelector<HTMLElement>(".news")?.focus();
  useEffect(() => {
    if (!open) return;
    focus();
    const outside = (event: Event) => !place.current?.contains(event.target as Node) && setOpen(false);
    window.addEventListener("pointerdown", outside);
    window.addEventListener("focusin", outside);
    return () => {
      window.removeEventListener("pointerdown", outside);
      window.removeEventListener("focusin", outside);
    };
  }, [open]);

  const read = async (ids: string[] | null) => {
    if (await attempt(() => post("/api/v1/notice/read", { ids }))) loaded.reload();
  };
  const look = (notice: Notice) => {
    setOpen(false);
    if (!notice.read) void read([notice.id]);
    const list = notice.kind === "given" ? "filter=mine&" : "";
    route(`/tasks?${list}task=${notice.taskId}&tab=${KINDS[notice.kind].tab}`);
  };
  const label = unread ? `News: ${unread} unread` : "News: nothing unread";
  return (
    <div
      class="menu"
      ref={place}
      onKeyDown={(event) => {
        if (!open || event.key !== "Escape") return;
        event.stopPropagation();
        setOpen(false);
        place.current?.querySelector<HTMLElement>("button")?.focus();
      }}
    >
      <button type="button" class="button quiet square bell" aria-expanded={open} aria-label={label} title={label} onClick={() => setOpen(!open)}>
        <Bell size={16} aria-hidden="true" />
        {unread > 0 && (
          <span class="bell-count" aria-hidden="true">
            {unread}
          </span>
        )}
      </button>
      {open && (
        <section class="menu-list news" aria-label="News" tabIndex={-1}>
          <div class="row between news-head">
            <h2 class="card-title">News</h2>
            {unread > 0 && (
              <Button
                look="quiet"
                onClick={() => {
                  focus(); // the button goes
                  void read(null);
                }}
              >
                Mark all as read
              </Button>
            )}
          </div>
          <Shown of={loaded} lines={2}>
            {({ notices }) =>
              notices.length === 0 ? (
                <Empty icon={Bell} title="Nothing is new">
                  Tasks that others or processes give you, mentions of you, and comments on your tasks are told here.
                </Empty>
              ) : (
                <ul role="list">
                  {notices.map((notice) => (
                    <One key={notice.id} notice={notice} look={() => look(notice)} />
                  ))}
                </ul>
              )
            }
          </Shown>
        </section>
      )}
    </div>
  );
}

function One({ notice, look }: { notice: Notice; look: () => void }) {
  const { icon: Icon } = KINDS[notice.kind];
  return (
    <li>
      <button type="button" class={notice.read ? "news-item" : "news-item unread"} onClick={look}>
        <Icon size={16} aria-hidden="true" />
        <span class="grow">
          <span dir="auto">
            {!notice.read && <span class="hidden">Unread: </span>}
            {notice.kind === "given" ? <Given notice={notice} /> : <Done notice={notice} />}
          </span>
          {notice.text && (
            <span class="news-text" dir="auto">
              {notice.text}
            </span>
          )}
          <span class="small muted">
            <When at={notice.time} />
          </span>
        </span>
      </button>
    </li>
  );
}

function Done({ notice }: { notice: Notice }) {
  return (
    <>
      <strong>{notice.user ?? "Somebody"}</strong> {KINDS[notice.kind].did} <strong>{notice.taskName ?? "a task"}</strong>
      {notice.processName && <span class="muted"> · {notice.processName}</span>}
    </>
  );
}

/** A process gave one task, or many of the same user task. */
function Given({ notice }: { notice: Notice }) {
  const name = notice.taskName ?? "a task";
  return (
    <>
      <strong>{notice.processName ?? "A process"}</strong> {KINDS.given.did}{" "}
      <strong>{notice.count === 1 ? name : `${notice.count.toLocaleString()} tasks`}</strong>
      {notice.count > 1 && notice.taskName && <span class="muted"> · {notice.taskName}</span>}
    </>
  );
}
