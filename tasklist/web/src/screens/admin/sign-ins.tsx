/** What people come in with: the browsers in which they are signed in, and their API tokens. */

import { KeyRound, LogOut, Monitor, Trash2 } from "lucide-preact";
import { useAddress } from "../../address";
import { get, remove, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { browserName } from "../../browser";
import { Button, Empty, Pill, SearchField, Shown, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Listed, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { usePage } from "../../paging";
import { me } from "../../session";

type Session = OwnSchemas["KnownSession"];
type Token = OwnSchemas["Token"];

const of = (user: string) => `/api/v1/user/${encodeURIComponent(user)}`;

async function ask(title: string, text: string, button: string, path: string, told: string): Promise<boolean> {
  const reason = await confirm({ title, text, confirm: button, danger: true, reason: true });
  return reason !== null && (await attempt(() => remove(path, { reason }), told));
}

function signOut(user: string, session?: Session): Promise<boolean> {
  return ask(
    session ? `Sign ${user} out in ${browserName(session.userAgent)}?` : `Sign ${user} out everywhere?`,
    user === me() ? "It is your own account: you may be signed out here." : "What is not saved there yet is lost.",
    "Sign out",
    session ? `${of(user)}/session/${encodeURIComponent(session.id)}` : `${of(user)}/session`,
    session ? "Signed out there" : `${user} is signed out everywhere`,
  );
}

function revoke(user: string, token?: Token): Promise<boolean> {
  return ask(
    token ? `Delete the token “${token.name}” of ${user}?` : `Delete all tokens of ${user}?`,
    "Programs that use it can do nothing here any more.",
    "Delete",
    token ? `${of(user)}/token/${encodeURIComponent(token.id)}` : `${of(user)}/token`,
    token ? `“${token.name}” is deleted` : `${user} has no tokens any more`,
  );
}

export function SignIns() {
  const { query, set } = useAddress();
  const user = query.user ?? "";
  return (
    <div class="stack">
      <div class="row">
        <SearchField class="admin-search" label="User" placeholder="Id of a user" value={user} apply={(chosen) => set({ user: chosen, "browsers-page": null, "tokens-page": null })} />
      </div>
      <Sessions user={user} />
      <Tokens user={user} />
    </div>
  );
}

const SESSIONS: readonly Column<Session>[] = [
  { id: "userId", label: "User", sortBy: "userId", nowrap: true, show: (one) => one.userId },
  { id: "userAgent", label: "Browser", show: (one) => browserName(one.userAgent) },
  { id: "address", label: "Address", mono: true, nowrap: true, show: (one) => one.address },
  { id: "created", label: "Since", sortBy: "created", show: (one) => <When at={one.created} /> },
  { id: "lastSeen", label: "Last seen", sortBy: "lastSeen", show: (one) => <When at={one.lastSeen} /> },
];

function Sessions({ user }: { user: string }) {
  const list = usePage<Session>("/api/v1/user-session", { userId: user || undefined }, { columns: SESSIONS, by: "lastSeen", down: true, keyOf: (one) => one.id, topics: ["credentials"], name: "browsers" });
  const end = async (whose: string, session?: Session) => {
    if (await signOut(whose, session)) list.changed();
  };
  return (
    <section class="stack" aria-label="Browsers">
      <Listed
        name="browsers"
        label="Where users are signed in"
        of={list}
        columns={SESSIONS}
        add={
          user && (
            <Button icon={LogOut} onClick={() => void end(user)}>
              Sign out everywhere
            </Button>
          )
        }
        empty={
          <Empty icon={Monitor} title="Nobody is signed in">
            {user && `${user} is in no browser.`}
          </Empty>
        }
        actions={(one) => <Button look="quiet" icon={LogOut} aria-label={`Sign ${one.userId} out in ${browserName(one.userAgent)}`} onClick={() => void end(one.userId, one)} />}
      >
        <h2>Browsers</h2>
      </Listed>
    </section>
  );
}

const TOKENS: readonly Column<Token>[] = [
  { id: "userId", label: "User", sortBy: "userId", nowrap: true, show: (one) => one.userId },
  { id: "name", label: "Name", sortBy: "name", show: (one) => one.name },
  {
    id: "readOnly",
    label: "May",
    show: (one) => (one.readOnly ? <Pill tone="grey">only read</Pill> : <Pill tone="amber">all that {one.userId} may</Pill>),
    inFile: [{ label: "Only reads", path: ["readOnly"] }],
  },
  { id: "created", label: "Made", sortBy: "created", show: (one) => <When at={one.created} /> },
  { id: "lastUsed", label: "Last used", sortBy: "lastUsed", show: (one) => (one.lastUsed ? <When at={one.lastUsed} /> : "never") },
  { id: "expires", label: "Expires", sortBy: "expires", show: (one) => (one.expires ? <When at={one.expires} late /> : "never") },
];

function Tokens({ user }: { user: string }) {
  const list = usePage<Token>("/api/v1/user-token", { userId: user || undefined }, { columns: TOKENS, by: "created", down: true, keyOf: (one) => one.id, topics: ["credentials"], name: "tokens" });
  const drop = async (whose: string, token?: Token) => {
    if (await revoke(whose, token)) list.changed();
  };
  return (
    <section class="stack" aria-label="API tokens">
      <Listed
        name="tokens"
        label="API tokens of users"
        of={list}
        columns={TOKENS}
        add={
          user && (
            <Button icon={Trash2} onClick={() => void drop(user)}>
              Delete all
            </Button>
          )
        }
        empty={
          <Empty icon={KeyRound} title="No tokens">
            People make them for programs, on their page Account.
          </Empty>
        }
        actions={(one) => <Button look="quiet" icon={Trash2} aria-label={`Delete ${one.name} of ${one.userId}`} onClick={() => void drop(one.userId, one)} />}
      >
        <h2>API tokens</h2>
      </Listed>
    </section>
  );
}

/** How much of it a user has, where the user is edited, with the way to all of it and the way to be rid of it. */
export function UserSignIns({ user }: { user: string }) {
  const counted = useLoad(`sign-ins ${user}`, async (signal) => {
    const count = (what: string) => get<{ count: number }>(`/api/v1/user-${what}/count`, { userId: user }, { signal });
    const [sessions, tokens] = await Promise.all([count("session"), count("token")]);
    return { sessions: sessions.count, tokens: tokens.count };
  }, ["credentials"]);
  const run = async (asked: Promise<boolean>) => {
    if (await asked) counted.reload();
  };
  return (
    <section class="stack" aria-label="Signed in">
      <h3>Signed in</h3>
      <Shown of={counted} lines={2}>
        {({ sessions, tokens }) => (
          <>
            <p>
              {sessions === 1 ? "In one browser" : `In ${sessions} browsers`}, with {tokens === 1 ? "one API token" : `${tokens} API tokens`}.{" "}
              {(sessions > 0 || tokens > 0) && <a href={`/admin/sign-ins?user=${encodeURIComponent(user)}`}>Show them</a>}
            </p>
            <div class="row">
              <Button icon={LogOut} disabled={sessions === 0} onClick={() => void run(signOut(user))}>
                Sign out everywhere
              </Button>
              <Button icon={Trash2} disabled={tokens === 0} onClick={() => void run(revoke(user))}>
                Delete all tokens
              </Button>
            </div>
          </>
        )}
      </Shown>
    </section>
  );
}
