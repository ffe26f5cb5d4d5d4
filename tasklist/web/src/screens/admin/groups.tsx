/** Groups and tenants: what has an id, a name and members. */

import { useState } from "preact/hooks";
import { Pencil, Plus, Trash2 } from "lucide-preact";
import { get, post, put, remove, type Schemas } from "../../api/client";
import { Button, Empty, Field, SearchField } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { Listed, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { containing } from "../../like";
import { usePage, useParameter } from "../../paging";
import { personName } from "../../session";
import { Membership } from "./membership";

interface One {
  id: string;
  name: string | null;
  type?: string | null;
}

/** What differs between groups and tenants. */
interface Kind {
  thing: "group" | "tenant";
  /** Whether each is of a type, which people may say. */
  typed: boolean;
  columns: readonly Column<One>[];
  empty: { title: string; text: string };
  idHint: string;
  /** What becomes of the rest when one is deleted. */
  gone: string;
  /** Who can be in it: by which filter they are found, and where they are put in. */
  members: readonly { title: string; thing: "user" | "group"; filter: string; path: string }[];
}

const called = (one: One) => one.name || one.id;

const COLUMNS: readonly Column<One>[] = [
  { id: "name", label: "Name", sortBy: "name", show: called },
  { id: "id", label: "Id", sortBy: "id", mono: true, show: (one) => one.id },
];

const GROUP: Kind = {
  thing: "group",
  typed: true,
  columns: [...COLUMNS, { id: "type", label: "Kind", sortBy: "type", show: (one) => one.type }],
  empty: { title: "No such group", text: "Groups are what models name as candidates of tasks." },
  idHint: "What models name; it cannot be changed later",
  gone: "Its members stay, without what they may do by it. Tasks that wait for the group wait for nobody then.",
  members: [{ title: "Members", thing: "user", filter: "memberOfGroup", path: "members" }],
};

const TENANT: Kind = {
  thing: "tenant",
  typed: false,
  columns: COLUMNS,
  empty: { title: "No such tenant", text: "You need none, unless several houses share this engine." },
  idHint: "What deployments name; it cannot be changed later",
  gone: "What belongs to it stays; only administrators see that then.",
  members: [
    { title: "Users", thing: "user", filter: "memberOfTenant", path: "user-members" },
    { title: "Groups", thing: "group", filter: "memberOfTenant", path: "group-members" },
  ],
};

export const Groups = () => <Wholes kind={GROUP} />;
export const Tenants = () => <Wholes kind={TENANT} />;

function Wholes({ kind }: { kind: Kind }) {
  const { thing } = kind;
  const [search, setSearch] = useParameter("search");
  const list = usePage<One>(`/${thing}`, { nameLike: containing(search) }, { columns: kind.columns, by: "id", keyOf: (one) => one.id, topics: [`${thing}s`] });
  const [editing, setEditing] = useState<One | "new" | null>(null);
  const changed = () => {
    setEditing(null);
    list.changed();
  };
  const drop = async (one: One) => {
    const reason = await confirm({ title: `Delete the ${thing} ${called(one)}?`, text: kind.gone, confirm: "Delete", danger: true, reason: true });
    if (reason !== null && (await attempt(() => remove(`/${thing}/${encodeURIComponent(one.id)}`, { reason }), `Deleted ${one.id}`))) changed();
  };
  return (
    <section class="stack" aria-label={`${thing}s`}>
      <Listed
        name={`${thing}s`}
        label={thing === "group" ? "Groups" : "Tenants"}
        of={list}
        columns={kind.columns}
        add={
          <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
            New {thing}
          </Button>
        }
        empty={<Empty title={kind.empty.title}>{kind.empty.text}</Empty>}
        actions={(one) => (
          <Menu
            label={`Actions for ${one.id}`}
            actions={[
              { label: "Edit, members", icon: Pencil, run: () => setEditing(one) },
              { label: "Delete", icon: Trash2, danger: true, apart: true, run: () => void drop(one) },
            ]}
          />
        )}
      >
        <SearchField class="admin-search" label="Search by name" placeholder="Search by name" value={search} apply={setSearch} />
      </Listed>
      {editing && <Editor kind={kind} one={editing === "new" ? null : editing} close={() => setEditing(null)} done={changed} />}
    </section>
  );
}

function Editor({ kind, one, close, done }: { kind: Kind; one: One | null; close: () => void; done: () => void }) {
  const { thing } = kind;
  const [values, setValues] = useState({ id: one?.id ?? "", name: one?.name ?? "", ...(kind.typed && { type: one?.type ?? "WORKFLOW" }) });
  const path = `/${thing}/${encodeURIComponent(values.id)}`;
  const set = (name: "id" | "name" | "type") => (event: Event) => setValues({ ...values, [name]: (event.currentTarget as HTMLInputElement).value });
  const save = async () => {
    if (await attempt(() => (one ? put(path, values) : post(`/${thing}/create`, values)), one ? `Saved ${values.id}` : `Made ${values.id}`)) done();
  };
  return (
    <Dialog title={one ? `${thing === "group" ? "Group" : "Tenant"} ${one.id}` : `New ${thing}`} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Id" hint={one ? undefined : kind.idHint}>
          <input value={values.id} required disabled={one !== null} onInput={set("id")} />
        </Field>
        <Field label="Name">
          <input value={values.name} required onInput={set("name")} />
        </Field>
        {kind.typed && (
          <Field label="Kind">
            <input value={values.type} onInput={set("type")} />
          </Field>
        )}
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            {one ? "Save" : `Make ${thing}`}
          </Button>
        </div>
      </form>
      {one &&
        kind.members.map((part) => (
          <Membership
            key={part.title}
            title={part.title}
            thing={part.thing}
            mine={() => get<Member[]>(`/${part.thing}`, { [part.filter]: one.id, maxResults: 500 })}
            all={() => get<Member[]>(`/${part.thing}`, { maxResults: 500, sortBy: part.thing === "user" ? "userId" : "id", sortOrder: "asc" })}
            add={(member) => put(`${path}/${part.path}/${encodeURIComponent(member)}`)}
            drop={(member) => remove(`${path}/${part.path}/${encodeURIComponent(member)}`)}
            name={(member) => ("name" in member ? called(member) : personName(member))}
          />
        ))}
    </Dialog>
  );
}

type Member = Schemas["User"] | Schemas["Group"];
