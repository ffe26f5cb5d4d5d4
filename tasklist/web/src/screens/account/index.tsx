/** Who is signed in: profile, password, where else they are signed in, tokens for programs, and what they like. */

import { useState } from "preact/hooks";
import { KeyRound, LogOut, Monitor, Plus, Trash2 } from "lucide-preact";
import { get, post, put, remove, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { browserName } from "../../browser";
import { Button, Empty, Field, Pill, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { attempt, copied, tell } from "../../components/toasts";
import { prefer, preferences, type Preferences } from "../../preferences";
import { loadSession, me, session } from "../../session";
import { serverDate } from "../tasks/views";
import "./account.css";

export default function Account() {
  const known = session.value;
  return (
    <main class="page account">
      <h1>Account</h1>
      {known?.user ? (
        <>
          <Profile key={known.user.id} />
          <Password />
          <Sessions />
          <Tokens />
        </>
      ) : (
        <section class="card padded">
          <Empty title="Nobody is signed in">On this server nobody has to sign in, so there is no profile here.</Empty>
        </section>
      )}
      <Liking />
    </main>
  );
}

function Profile() {
  const user = session.value?.user;
  const [firstName, setFirstName] = useState(user?.firstName ?? "");
  const [lastName, setLastName] = useState(user?.lastName ?? "");
  const [email, setEmail] = useState(user?.email ?? "");
  const save = async () => {
    const path = `/user/${encodeURIComponent(me())}/profile`;
    if (await attempt(() => put(path, { id: me(), firstName, lastName, email: email || null }), "Saved")) await loadSession();
  };
  return (
    <section class="card padded stack" aria-label="Profile">
      <h2>Profile</h2>
      <dl class="facts">
        <dt>Name to sign in</dt>
        <dd>{user?.id}</dd>
        <dt>Groups</dt>
        <dd class="row">{session.value?.groups.length ? session.value.groups.map((group) => <Pill key={group.id} tone="grey">{group.name || group.id}</Pill>) : "None"}</dd>
      </dl>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <div class="account-fields">
          <Field label="First name">
            <input value={firstName} autocomplete="given-name" onInput={(event) => setFirstName(event.currentTarget.value)} />
          </Field>
          <Field label="Last name">
            <input value={lastName} autocomplete="family-name" onInput={(event) => setLastName(event.currentTarget.value)} />
          </Field>
          <Field label="Email">
            <input type="email" value={email} autocomplete="email" onInput={(event) => setEmail(event.currentTarget.value)} />
          </Field>
        </div>
        <div class="row">
          <Button type="submit">Save</Button>
        </div>
      </form>
    </section>
  );
}

function Password() {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [again, setAgain] = useState("");
  const differs = again !== "" && again !== fresh;
  const save = async () => {
    if (differs) return;
    const path = `/user/${encodeURIComponent(me())}/credentials`;
    if (await attempt(() => put(path, { password: fresh, authenticatedUserPassword: old }), "Your password is changed; you are signed out everywhere else")) {
      setOld("");
      setFresh("");
      setAgain("");
    }
  };
  return (
    <section class="card padded stack" aria-label="Password">
      <h2>Password</h2>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <input type="text" class="hidden" autocomplete="username" value={me()} readOnly tabIndex={-1} aria-hidden="true" />
        <div class="account-fields">
          <Field label="Old password">
            <input type="password" required autocomplete="current-password" value={old} onInput={(event) => setOld(event.currentTarget.value)} />
          </Field>
          <Field label="New password">
            <input type="password" required autocomplete="new-password" value={fresh} onInput={(event) => setFresh(event.currentTarget.value)} />
          </Field>
          <Field label="New password again" error={differs ? "The two differ" : undefined}>
            <input type="password" required autocomplete="new-password" value={again} onInput={(event) => setAgain(event.currentTarget.value)} />
          </Field>
        </div>
        <div class="row">
          <Button type="submit">Change the password</Button>
        </div>
      </form>
    </section>
  );
}

function Sessions() {
  const loaded = useLoad<OwnSchemas["OpenSession"][]>("sessions", (signal) => get("/api/v1/sessions", undefined, { signal }), ["credentials"]);
  const end = async (one: OwnSchemas["OpenSession"]) => {
    if (await attempt(() => remove(`/api/v1/sessions/${encodeURIComponent(one.id)}`), "Signed out there")) loaded.reload();
  };
  const endOthers = async (count: number) => {
    const sure = await confirm({ title: `Sign out in ${count} other browser${count === 1 ? "" : "s"}?`, confirm: "Sign out there", danger: true });
    if (sure !== null && (await attempt(() => remove("/api/v1/sessions"), "Signed out everywhere else"))) loaded.reload();
  };
  return (
    <section class="card padded stack" aria-label="Where you are signed in">
      <h2>Where you are signed in</h2>
      <Shown of={loaded} lines={2}>
        {(sessions) => {
          const others = sessions.filter((one) => !one.current).length;
          return (
            <>
              <ul role="list" class="account-list">
                {sessions.map((one) => (
                  <li key={one.id} class="row">
                    <Monitor size={18} aria-hidden="true" />
                    <div class="grow">
                      <p>
                        {browserName(one.userAgent)} {one.current && <Pill tone="green">This browser</Pill>}
                      </p>
                      <p class="small muted">
                        {one.address && `${one.address} · `}seen <When at={one.lastSeen} /> · since <When at={one.created} />
                      </p>
                    </div>
                    {!one.current && (
                      <Button icon={LogOut} onClick={() => void end(one)}>
                        Sign out
                      </Button>
                    )}
                  </li>
                ))}
              </ul>
              {others > 1 && (
                <div class="row">
                  <Button look="danger" onClick={() => void endOthers(others)}>
                    Sign out everywhere else
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Shown>
    </section>
  );
}

function Tokens() {
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<OwnSchemas["NewToken"] | null>(null);
  const loaded = useLoad<OwnSchemas["Token"][]>("tokens", (signal) => get("/api/v1/token", undefined, { signal }), ["credentials"]);
  const revoke = async (token: OwnSchemas["Token"]) => {
    const sure = await confirm({
      title: `Delete the token “${token.name}”?`,
      text: "Programs that use it can do nothing here any more.",
      confirm: "Delete it",
      danger: true,
      reason: true,
    });
    if (sure !== null && (await attempt(() => remove(`/api/v1/token/${encodeURIComponent(token.id)}`, { reason: sure }), `“${token.name}” is deleted`))) loaded.reload();
  };
  return (
    <section class="card padded stack" aria-label="API tokens">
      <div class="row between">
        <h2>API tokens</h2>
        <Button icon={Plus} onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <p class="muted">A program that shows a token acts in your name, with your permissions.</p>
      {made && (
        <div class="notice stack" role="status">
          <p>
            This is the token “{made.name}”. Copy it now: it is never shown again.
          </p>
          <div class="row">
            <code class="token">{made.token}</code>
            <Button onClick={() => void navigator.clipboard.writeText(made.token).then(() => copied("the token"))}>Copy</Button>
            <Button look="quiet" onClick={() => setMade(null)}>
              I have it
            </Button>
          </div>
        </div>
      )}
      <Shown of={loaded} lines={2}>
        {(tokens) =>
          tokens.length === 0 ? (
            <Empty icon={KeyRound} title="No tokens">
              Make one for the command line, a worker, or a script.
            </Empty>
          ) : (
            <ul role="list" class="account-list">
              {tokens.map((token) => (
                <li key={token.id} class="row">
                  <KeyRound size={18} aria-hidden="true" />
                  <div class="grow">
                    <p>
                      {token.name} {token.readOnly && <Pill tone="grey">Only reads</Pill>}
                    </p>
                    <p class="small muted">
                      made <When at={token.created} /> · {token.lastUsed ? <>used <When at={token.lastUsed} /></> : "never used"} ·{" "}
                      {token.expires ? <>expires <When at={token.expires} late /></> : "never expires"}
                    </p>
                  </div>
                  <Button look="danger" icon={Trash2} aria-label={`Delete ${token.name}`} onClick={() => void revoke(token)} />
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
      {making && (
        <NewToken
          close={() => setMaking(false)}
          done={(token) => {
            setMaking(false);
            setMade(token);
            loaded.reload();
          }}
        />
      )}
    </section>
  );
}

function NewToken({ close, done }: { close: () => void; done: (token: OwnSchemas["NewToken"]) => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState("90");
  const [readOnly, setReadOnly] = useState(false);
  const [busy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    const expires = days === "0" ? null : serverDate(new Date(Date.now() + Number(days) * 86_400_000));
    await attempt(async () => done(await post<OwnSchemas["NewToken"]>("/api/v1/token", { name: name.trim(), expires, readOnly })));
    setBusy(false);
  };
  return (
    <Dialog title="New API token" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <Field label="Name" hint="What it is for">
          <input required maxLength={100} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </Field>
        <Field label="Valid for">
          <select value={days} onChange={(event) => setDays(event.currentTarget.value)}>
            <option value="7">7 days</option>
            <option value="30">30 days</option>
            <option value="90">90 days</option>
            <option value="365">A year</option>
            <option value="0">Ever</option>
          </select>
        </Field>
        <label class="row">
          <input type="checkbox" checked={readOnly} onChange={(event) => setReadOnly(event.currentTarget.checked)} /> Only for reading
        </label>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy}>
            Make it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const THEMES: readonly [Preferences["theme"], string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function Liking() {
  const { theme, density, letters, advance } = preferences.value;
  return (
    <section class="card padded stack" aria-label="What you like">
      <h2>What you like</h2>
      <p class="muted">For this browser.</p>
      <div class="account-fields">
        <Field label="Colours">
          <select value={theme} onChange={(event) => prefer({ theme: event.currentTarget.value as Preferences["theme"] })}>
            {THEMES.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        <Field label="Lists">
          <select value={density} onChange={(event) => prefer({ density: event.currentTarget.value as Preferences["density"] })}>
            <option value="comfortable">Comfortable</option>
            <option value="compact">Compact</option>
          </select>
        </Field>
      </div>
      <label class="row">
        <input type="checkbox" checked={advance} onChange={(event) => prefer({ advance: event.currentTarget.checked })} /> Open the next task when one is completed
      </label>
      <label class="row">
        <input type="checkbox" checked={letters} onChange={(event) => prefer({ letters: event.currentTarget.checked })} /> Single letters are keys
      </label>
      <div class="row">
        <Button onClick={() => (prefer({ theme: "system", density: "comfortable", letters: true, advance: true }), tell("As at the beginning"))}>As at the beginning</Button>
      </div>
    </section>
  );
}
