/** The groups: candidates of tasks, and who holds permissions together. */

import { useState } from "preact/hooks";
import { Pencil, Plus, Trash2 } from "lucide-preact";
import { get, post, put, remove, type Schemas } from "../../api/client";
import { Button, Empty, Field, Shown } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { Pager } from "../../components/list";
import { attempt } from "../../components/toasts";
import { containing, PAGE, usePage, useParameter } from "../../paging";
import { personName } from "../../session";
import { Membership } from "./membership";

type Group = Schemas["Group"];

export function Groups() {
  const [search, setSearch] = useParameter("search");
  const list = usePage<Group>("/group", { nameLike: containing(search), sortBy: "id", sortOrder: "asc" });
  const [editing, setEditing] = useState<Group | "new" | null>(null);
  const changed = () => {
    setEditing(null);
    list.reload();
  };
  const drop = async (group: Group) => {
    const reason = await confirm({
      title: `Delete the group ${group.name || group.id}?`,
      text: "Its members stay, without what they may do by it. Tasks that wait for the group wait for nobody then.",
      confirm: "Delete",
      danger: true,
      reason: true,
    });
    if (reason !== null && (await attempt(() => remove(`/group/${encodeURIComponent(group.id)}`, { reason }), `Deleted ${group.id}`))) changed();
  };
  return (
    <section class="stack" aria-label="Groups">
      <div class="row between">
        <input class="filter-input admin-search" type="search" aria-label="Search by name" placeholder="Search by name" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
          New group
        </Button>
      </div>
      <Shown of={list}>
        {({ rows, more }) =>
          rows.length === 0 ? (
            <Empty title="No such group">Groups are what models name as candidates of tasks.</Empty>
          ) : (
            <div class="card scroll-x">
              <table class="table">
                <thead>
                  <tr>
                    <th>Name</th>
                    <th>Id</th>
                    <th>Kind</th>
                    <th>
                      <span class="hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((group) => (
                    <tr key={group.id}>
                      <td>{group.name || group.id}</td>
                      <td class="mono">{group.id}</td>
                      <td>{group.type}</td>
                      <td class="number">
                        <Menu
                          label={`Actions for ${group.id}`}
                          actions={[
                            { label: "Edit, members", icon: Pencil, run: () => setEditing(group) },
                            { label: "Delete", icon: Trash2, danger: true, apart: true, run: () => void drop(group) },
                          ]}
                        />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <Pager first={list.first} size={PAGE} shown={rows.length} more={more} go={list.go} />
            </div>
          )
        }
      </Shown>
      {editing && <GroupDialog group={editing === "new" ? null : editing} close={() => setEditing(null)} done={changed} />}
    </section>
  );
}

function GroupDialog({ group, close, done }: { group: Group | null; close: () => void; done: () => void }) {
  const [values, setValues] = useState({ id: group?.id ?? "", name: group?.name ?? "", type: group?.type ?? "WORKFLOW" });
  const set = (name: keyof typeof values) => (event: Event) => setValues({ ...values, [name]: (event.currentTarget as HTMLInputElement).value });
  const save = async () => {
    const saved = await attempt(
      () => (group ? put(`/group/${encodeURIComponent(group.id)}`, values) : post("/group/create", values)),
      group ? `Saved ${values.id}` : `Made ${values.id}`,
    );
    if (saved) done();
  };
  return (
    <Dialog title={group ? `Group ${group.id}` : "New group"} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Id" hint={group ? undefined : "What models name; it cannot be changed later"}>
          <input value={values.id} required disabled={group !== null} onInput={set("id")} />
        </Field>
        <Field label="Name">
          <input value={values.name} required onInput={set("name")} />
        </Field>
        <Field label="Kind">
          <input value={values.type} onInput={set("type")} />
        </Field>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            {group ? "Save" : "Make group"}
          </Button>
        </div>
      </form>
      {group && (
        <Membership
          title="Members"
          thing="user"
          mine={() => get<Schemas["User"][]>("/user", { memberOfGroup: group.id, maxResults: 500 })}
          all={() => get<Schemas["User"][]>("/user", { maxResults: 500, sortBy: "userId", sortOrder: "asc" })}
          add={(user) => put(`/group/${encodeURIComponent(group.id)}/members/${encodeURIComponent(user)}`)}
          drop={(user) => remove(`/group/${encodeURIComponent(group.id)}/members/${encodeURIComponent(user)}`)}
          name={personName}
        />
      )}
    </Dialog>
  );
}
