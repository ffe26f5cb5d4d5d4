/** The users: who can sign in, what they are called, and which groups they are in. */

import { useState } from "preact/hooks";
import { KeyRound, LockOpen, Pencil, Trash2, UserPlus } from "lucide-preact";
import { get, post, put, remove, type Schemas } from "../../api/client";
import { Avatar, Button, Empty, Field, SearchField } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { Listed, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { containing } from "../../like";
import { usePage, useParameter } from "../../paging";
import { personName } from "../../session";
import { Membership } from "./membership";
import { UserSignIns } from "./sign-ins";

type User = Schemas["User"];

const COLUMNS: readonly Column<User>[] = [
  {
    id: "name",
    label: "Name",
    sortBy: "lastName",
    show: (user) => (
      <span class="row">
        <Avatar name={personName(user)} /> {personName(user)}
      </span>
    ),
    inFile: [
      { label: "First name", path: ["firstName"] },
      { label: "Last name", path: ["lastName"] },
    ],
  },
  { id: "id", label: "Id", sortBy: "userId", mono: true, show: (user) => user.id },
  { id: "email", label: "Mail", sortBy: "email", show: (user) => user.email },
];

export function Users() {
  const [search, setSearch] = useParameter("search");
  const list = usePage<User>("/user", { nameOrIdLike: containing(search) }, { columns: COLUMNS, by: "userId", keyOf: (user) => user.id, topics: ["users"] });
  const [editing, setEditing] = useState<User | "new" | null>(null);
  const [password, setPassword] = useState<User | null>(null);
  const changed = () => {
    setEditing(null);
    list.changed();
  };

  const drop = async (user: User) => {
    const reason = await confirm({
      title: `Delete ${personName(user)}?`,
      text: `${user.id} can then not sign in any more. Tasks stay with that name; their permissions and tokens go.`,
      confirm: "Delete",
      danger: true,
      reason: true,
    });
    if (reason !== null && (await attempt(() => remove(`/user/${encodeURIComponent(user.id)}`, { reason }), `Deleted ${user.id}`))) changed();
  };

  return (
    <section class="stack" aria-label="Users">
      <Listed
        name="users"
        label="Users"
        of={list}
        columns={COLUMNS}
        add={
          <Button look="primary" icon={UserPlus} onClick={() => setEditing("new")}>
            New user
          </Button>
        }
        empty={<Empty title="No such user">{search ? "Search for something else." : "Make the first one."}</Empty>}
        actions={(user) => (
          <Menu
            label={`Actions for ${user.id}`}
            actions={[
              { label: "Edit, groups", icon: Pencil, run: () => setEditing(user) },
              { label: "Set a password", icon: KeyRound, run: () => setPassword(user) },
              {
                label: "Unlock",
                icon: LockOpen,
                run: () => void attempt(() => post(`/user/${encodeURIComponent(user.id)}/unlock`), `${user.id} can try to sign in at once`),
              },
              { label: "Delete", icon: Trash2, danger: true, apart: true, run: () => void drop(user) },
            ]}
          />
        )}
      >
        <SearchField class="admin-search" label="Search by name or id" placeholder="Search by name or id" value={search} apply={setSearch} />
      </Listed>
      {editing && <UserDialog user={editing === "new" ? null : editing} close={() => setEditing(null)} done={changed} />}
      {password && <PasswordDialog user={password} close={() => setPassword(null)} />}
    </section>
  );
}

function UserDialog({ user, close, done }: { user: User | null; close: () => void; done: () => void }) {
  const [profile, setProfile] = useState({ id: user?.id ?? "", firstName: user?.firstName ?? "", lastName: user?.lastName ?? "", email: user?.email ?? "" });
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const set = (name: keyof typeof profile) => (event: Event) => setProfile({ ...profile, [name]: (event.currentTarget as HTMLInputElement).value });
  const save = async () => {
    setBusy(true);
    const done_ = await attempt(
      () => (user ? put(`/user/${encodeURIComponent(user.id)}/profile`, profile) : post("/user/create", { profile, credentials: { password } })),
      user ? `Saved ${profile.id}` : `Made ${profile.id}`,
    );
    setBusy(false);
    if (done_) done();
  };
  return (
    <Dialog title={user ? `User ${user.id}` : "New user"} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Id" hint={user ? undefined : "What the person signs in with; it cannot be changed later"}>
          <input value={profile.id} required disabled={user !== null} autocomplete="off" onInput={set("id")} />
        </Field>
        <Field label="First name">
          <input value={profile.firstName} onInput={set("firstName")} />
        </Field>
        <Field label="Last name">
          <input value={profile.lastName} onInput={set("lastName")} />
        </Field>
        <Field label="Mail">
          <input type="email" value={profile.email} onInput={set("email")} />
        </Field>
        {!user && <PasswordField value={password} set={setPassword} />}
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" busy={busy}>
            {user ? "Save" : "Make user"}
          </Button>
        </div>
      </form>
      {user && (
        <Membership
          title="Groups"
          thing="group"
          mine={() => get<Schemas["Group"][]>("/group", { member: user.id, maxResults: 500 })}
          all={() => get<Schemas["Group"][]>("/group", { maxResults: 500, sortBy: "id", sortOrder: "asc" })}
          add={(group) => put(`/group/${encodeURIComponent(group)}/members/${encodeURIComponent(user.id)}`)}
          drop={(group) => remove(`/group/${encodeURIComponent(group)}/members/${encodeURIComponent(user.id)}`)}
          name={(group) => group.name || group.id}
        />
      )}
      {user && <UserSignIns user={user.id} />}
    </Dialog>
  );
}

function PasswordDialog({ user, close }: { user: User; close: () => void }) {
  const [password, setPassword] = useState("");
  const [revoking, setRevoking] = useState(false);
  const save = async () => {
    const id = encodeURIComponent(user.id);
    const set = async () => {
      await put(`/user/${id}/credentials`, { password });
      if (revoking) await remove(`/api/v1/user/${id}/token`);
    };
    if (await attempt(set, `${user.id} has a new password and must sign in again`)) close();
  };
  return (
    <Dialog title={`Password of ${user.id}`} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <PasswordField value={password} set={setPassword} />
        <label class="row">
          <input type="checkbox" checked={revoking} onChange={(event) => setRevoking(event.currentTarget.checked)} /> Delete their API tokens too
        </label>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            Set the password
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function PasswordField({ value, set }: { value: string; set: (value: string) => void }) {
  return (
    <Field label="Password" hint="Several words are better than one with odd signs">
      <input type="password" value={value} required autocomplete="new-password" onInput={(event) => set(event.currentTarget.value)} />
    </Field>
  );
}
