/** The processes that a person may start, as cards; the start form opens at the side. */

import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { ChevronLeft, ChevronRight, Play, Star, Workflow } from "lucide-preact";
import { get, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Shown } from "../../components/basics";
import { useKeys } from "../../keys";
import { containing } from "../../like";
import { may } from "../../session";
import { useTyped } from "../../typed";
import { StartDrawer } from "./drawer";
import { known, readKnown, toggleFavourite } from "./recent";
import "./start.css";

type Definition = Schemas["ProcessDefinition"];

const PAGE = 48;

export default function Start() {
  const { query, route } = useLocation();
  const search = query.search ?? "";
  const page = Math.max(1, Number.parseInt(query.page ?? "1", 10) || 1);
  useEffect(readKnown, []);

  const go = (change: Record<string, string | undefined>, replace = false) => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries({ search: search || undefined, page: page > 1 ? String(page) : undefined, ...change })) {
      if (value) parameters.set(name, value);
    }
    const rest = parameters.toString();
    route(rest ? `/start?${rest}` : "/start", replace);
  };
  const typed = useTyped(search, (text) => go({ search: text, page: undefined, process: query.process }, true));
  useKeys("Start", [{ keys: "/", does: "Search", run: () => document.querySelector<HTMLElement>(".start-search")?.focus() }]);

  const like = containing(search);
  const loaded = useLoad<Definition[]>(
    `start ${search} ${page}`,
    (signal) =>
      get(
        "/process-definition",
        { ...STARTABLE, nameOrKeyLike: like, sortBy: "name", sortOrder: "asc", firstResult: (page - 1) * PAGE, maxResults: PAGE + 1 },
        { signal },
      ),
    ["definitions"],
  );
  const { favourites, recent } = known.value;
  const open = (definition: Definition) => go({ process: definition.key });
  return (
    <main class="page start">
      <div class="row between">
        <h1>Start a process</h1>
        <input class="filter-input start-search" type="search" aria-label="Search processes" placeholder="Search by name" {...typed} />
      </div>
      <Shown of={loaded}>
        {(found) => {
          const shown = found.slice(0, PAGE);
          if (shown.length === 0) return <Nothing search={search} />;
          const first = search ? [] : shown.filter((one) => favourites.includes(one.key));
          const last = search ? [] : recent.flatMap((key) => shown.filter((one) => one.key === key && !favourites.includes(key)));
          return (
            <>
              {first.length > 0 && <Cards title="Favourites" of={first} open={open} />}
              {last.length > 0 && <Cards title="Started last" of={last} open={open} />}
              <Cards title={first.length + last.length ? "All" : "Processes"} of={shown} open={open} />
              {(page > 1 || found.length > PAGE) && (
                <div class="row">
                  <Button icon={ChevronLeft} disabled={page === 1} onClick={() => go({ page: String(page - 1) })}>
                    Back
                  </Button>
                  <Button icon={ChevronRight} disabled={found.length <= PAGE} onClick={() => go({ page: String(page + 1) })}>
                    More
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Shown>
      {query.process && <Chosen key={query.process} process={query.process} close={() => go({ process: undefined })} />}
    </main>
  );
}

const STARTABLE = { latestVersion: true, startableInTasklist: true, startablePermissionCheck: true, active: true } as const;

function Cards({ title, of, open }: { title: string; of: readonly Definition[]; open: (definition: Definition) => void }) {
  return (
    <section class="stack" aria-label={title}>
      <h2 class="start-heading">{title}</h2>
      <ul role="list" class="start-cards">
        {of.map((definition) => {
          const name = definition.name || definition.key;
          const favourite = known.value.favourites.includes(definition.key);
          return (
            <li key={definition.id} class="card start-card">
              <button type="button" class="start-open" onClick={() => open(definition)}>
                <Workflow size={20} aria-hidden="true" />
                <span class="start-name" dir="auto">
                  {name}
                </span>
                {definition.description && (
                  <span class="small muted start-text" dir="auto">
                    {definition.description}
                  </span>
                )}
                {(definition.versionTag || definition.tenantId) && (
                  <span class="small muted">{[definition.versionTag && `Version ${definition.versionTag}`, definition.tenantId].filter(Boolean).join(" · ")}</span>
                )}
              </button>
              <button
                type="button"
                class={favourite ? "button quiet square star on" : "button quiet square star"}
                aria-label={`${name} is a favourite`}
                aria-pressed={favourite}
                onClick={() => toggleFavourite(definition.key)}
              >
                <Star size={16} aria-hidden="true" />
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Nothing({ search }: { search: string }) {
  if (search) {
    return (
      <Empty icon={Play} title="Nothing found">
        No process that you may start has “{search}” in its name. <a href="/start">Show all</a>
      </Empty>
    );
  }
  return (
    <Empty icon={Play} title="There is nothing to start">
      {may("modeler") ? (
        <>
          Processes appear here once they are deployed. <a href="/modeler">Draw one</a> or <a href="/deployments">deploy a file</a>.
        </>
      ) : (
        "Processes appear here once they are deployed and you are permitted to start them."
      )}
    </Empty>
  );
}

/** The drawer for the process that the address names. */
function Chosen({ process, close }: { process: string; close: () => void }) {
  const loaded = useLoad<Definition[]>(`chosen ${process}`, (signal) => get("/process-definition", { ...STARTABLE, key: process, maxResults: 10 }, { signal }));
  return <StartDrawer of={loaded} process={process} close={close} />;
}
