/** What people may do: authorizations by kind of thing. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Globe, Minus, Pencil, Plus, Trash2 } from "lucide-preact";
import { get, post, put, remove, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Pill, Shown } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { Listed, type Column } from "../../components/table";
import { attempt } from "../../components/toasts";
import { usePage } from "../../paging";
import { CheckAccess } from "./access";
import { GLOBAL, GRANT, REVOKE, who, words, type Authorization } from "./words";

type Permitted = OwnSchemas["Permitted"];

const PROCESS_DEFINITION = 6;

const COLUMNS: readonly Column<Authorization>[] = [
  {
    id: "who",
    label: "Who",
    show: (one) => (
      <span class="row">
        {one.type === GLOBAL && <Globe size={15} aria-hidden="true" />}
        {who(one)}
      </span>
    ),
    inFile: [
      { label: "User", path: ["userId"] },
      { label: "Group", path: ["groupId"] },
    ],
  },
  {
    id: "resourceId",
    label: "On",
    sortBy: "resourceId",
    show: (one) => (one.resourceId === "*" ? "all" : <span class="mono">{one.resourceId}</span>),
  },
  {
    id: "permissions",
    label: "May",
    show: (one) => (
      <span class="row">
        {one.type === REVOKE && (
          <Pill tone="red" icon={Minus}>
            not
          </Pill>
        )}
        {one.permissions.map((name) => (
          <Pill key={name} tone={one.type === REVOKE ? "red" : "green"}>
            {words(name)}
          </Pill>
        ))}
      </span>
    ),
    inFile: [
      { label: "Kind (1 granted, 2 taken away, 0 everybody's)", path: ["type"] },
      { label: "Permissions", path: ["permissions"] },
    ],
  },
];

export function Authorizations() {
  const known = useLoad("permissions", (signal) => get<Permitted[]>("/api/v1/permission", {}, { signal }));
  return <Shown of={known}>{(kinds) => <OfKind kinds={kinds} />}</Shown>;
}

function OfKind({ kinds }: { kinds: readonly Permitted[] }) {
  const { query, route } = useLocation();
  const kind = kinds.find((one) => String(one.resourceType) === query.kind) ?? kinds.find((one) => one.resourceType === PROCESS_DEFINITION) ?? kinds[0];
  if (!kind) return null;
  return (
    <section class="stack" aria-label="Permissions">
      <p class="muted">
        Nothing is permitted unless it is granted here; administrators may do everything. Whoever a task is given or offered to may always see it. What is said of a user goes before what is said of their
        groups, and that before what is said of everybody.
      </p>
      <Field label="About">
        <select value={kind.resourceType} onChange={(event) => route(`/admin/authorizations?kind=${event.currentTarget.value}`)}>
          {kinds.map((one) => (
            <option key={one.resourceType} value={one.resourceType}>
              {words(one.name)}
            </option>
          ))}
        </select>
      </Field>
      <List key={kind.resourceType} kind={kind} />
      <CheckAccess key={`check ${kind.resourceType}`} kind={kind} />
    </section>
  );
}

function List({ kind }: { kind: Permitted }) {
  const list = usePage<Authorization>("/authorization", { resourceType: kind.resourceType }, { columns: COLUMNS, by: "resourceId", keyOf: (one) => one.id, topics: ["authorizations"] });
  const [editing, setEditing] = useState<Authorization | "new" | null>(null);
  const changed = () => {
    setEditing(null);
    list.changed();
  };
  const drop = async (one: Authorization) => {
    const reason = await confirm({
      title: "Delete this permission?",
      text: `${who(one)}: ${one.permissions.join(", ")} on ${one.resourceId === "*" ? "all" : one.resourceId}`,
      confirm: "Delete",
      danger: true,
      reason: true,
    });
    if (reason !== null && (await attempt(() => remove(`/authorization/${one.id}`, { reason }), "Deleted"))) changed();
  };
  return (
    <>
      <Listed
        name="permissions"
        label={`Permissions on ${words(kind.name)}`}
        of={list}
        columns={COLUMNS}
        add={
          <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
            New permission
          </Button>
        }
        empty={<Empty title="Nothing is granted here">Only administrators may do anything of this kind.</Empty>}
        actions={(one) => (
          <Menu
            label={`Actions for the permission of ${who(one)}`}
            actions={[
              { label: "Edit", icon: Pencil, run: () => setEditing(one) },
              { label: "Delete", icon: Trash2, danger: true, apart: true, run: () => void drop(one) },
            ]}
          />
        )}
      />
      {editing && <AuthorizationDialog kind={kind} authorization={editing === "new" ? null : editing} close={() => setEditing(null)} done={changed} />}
    </>
  );
}

function AuthorizationDialog({ kind, authorization, close, done }: { kind: Permitted; authorization: Authorization | null; close: () => void; done: () => void }) {
  const [type, setType] = useState(authorization?.type ?? GRANT);
  const [holder, setHolder] = useState<"user" | "group">(authorization?.userId && authorization.userId !== "*" ? "user" : "group");
  const [id, setId] = useState(authorization?.groupId ?? authorization?.userId ?? "");
  const [thing, setThing] = useState(authorization?.resourceId ?? "*");
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set(authorization?.permissions ?? []));
  const everybody = type === GLOBAL;

  const toggle = (name: string) => {
    const next = new Set(name === "ALL" ? [] : [...chosen].filter((one) => one !== "ALL"));
    if (chosen.has(name)) next.delete(name);
    else next.add(name);
    setChosen(next);
  };
  const save = async () => {
    const body = {
      type,
      permissions: [...chosen],
      userId: everybody ? "*" : holder === "user" ? id : null,
      groupId: everybody || holder === "user" ? null : id,
      resourceType: kind.resourceType,
      resourceId: thing,
    };
    const saved = await attempt(() => (authorization ? put(`/authorization/${authorization.id}`, body) : post("/authorization/create", body)), "Saved");
    if (saved) done();
  };
  return (
    <Dialog title={authorization ? "Permission" : "New permission"} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="What it does">
          <select value={type} disabled={authorization !== null} onChange={(event) => setType(Number(event.currentTarget.value))}>
            <option value={GRANT}>Grants to one</option>
            <option value={REVOKE}>Takes away from one</option>
            <option value={GLOBAL}>Grants to everybody</option>
          </select>
        </Field>
        {!everybody && (
          <div class="admin-who">
            <Field label="To a">
              <select value={holder} onChange={(event) => setHolder(event.currentTarget.value as "user" | "group")}>
                <option value="group">group</option>
                <option value="user">user</option>
              </select>
            </Field>
            <Field label={holder === "group" ? "Group id" : "User id"}>
              <input value={id} required onInput={(event) => setId(event.currentTarget.value)} />
            </Field>
          </div>
        )}
        <Field label={`On which ${words(kind.name).toLowerCase()}`} hint="Its id or key, or * for all">
          <input value={thing} required onInput={(event) => setThing(event.currentTarget.value)} />
        </Field>
        <fieldset class="admin-permissions">
          <legend>Permissions</legend>
          {["ALL", ...kind.permissions].map((name) => (
            <label key={name}>
              <input type="checkbox" checked={chosen.has(name)} onChange={() => toggle(name)} /> {words(name)}
            </label>
          ))}
        </fieldset>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" disabled={chosen.size === 0}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
