/** The tenants: who sees whose processes, where several houses share one engine. */

import { useState } from "preact/hooks";
import { Pencil, Plus, Trash2 } from "lucide-preact";
import { get, post, put, remove, type Schemas } from "../../api/client";
import { Button, Empty, Field, Shown } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { Pager } from "../../components/list";
import { attempt } from "../../components/toasts";
import { PAGE, usePage } from "../../paging";
import { personName } from "../../session";
import { Membership } from "./membership";

type Tenant = Schemas["Tenant"];

export function Tenants() {
  const list = usePage<Tenant>("/tenant", { sortBy: "id", sortOrder: "asc" });
  const [editing, setEditing] = useState<Tenant | "new" | null>(null);
  const changed = () => {
    setEditing(null);
    list.reload();
  };
  const drop = async (tenant: Tenant) => {
    const reason = await confirm({
      title: `Delete the tenant ${tenant.name || tenant.id}?`,
      text: "What belongs to it stays; only administrators see that then.",
      confirm: "Delete",
      danger: true,
      reason: true,
    });
    if (reason !== null && (await attempt(() => remove(`/tenant/${encodeURIComponent(tenant.id)}`, { reason }), `Deleted ${tenant.id}`))) changed();
  };
  return (
    <section class="stack" aria-label="Tenants">
      <div class="row end">
        <Button look="primary" icon={Plus} onClick={() => setEditing("new")}>
          New tenant
        </Button>
      </div>
      <Shown of={list}>
        {({ rows, more }) =>
          rows.length === 0 ? (
            <Empty title="There are no tenants">You need none, unless several houses share this engine.</Empty>
          ) : (
            <div class="card scroll-x">
              <table class="table">
                <thead>
                  <tr>
                    <th>Name</th>
                    <th>Id</th>
                    <th>
                      <span class="hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((tenant) => (
                    <tr key={tenant.id}>
                      <td>{tenant.name || tenant.id}</td>
                      <td class="mono">{tenant.id}</td>
                      <td class="number">
                        <Menu
                          label={`Actions for ${tenant.id}`}
                          actions={[
                            { label: "Edit, members", icon: Pencil, run: () => setEditing(tenant) },
                            { label: "Delete", icon: Trash2, danger: true, apart: true, run: () => void drop(tenant) },
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
      {editing && <TenantDialog tenant={editing === "new" ? null : editing} close={() => setEditing(null)} done={changed} />}
    </section>
  );
}

function TenantDialog({ tenant, close, done }: { tenant: Tenant | null; close: () => void; done: () => void }) {
  const [values, setValues] = useState({ id: tenant?.id ?? "", name: tenant?.name ?? "" });
  const path = `/tenant/${encodeURIComponent(values.id)}`;
  const save = async () => {
    if (await attempt(() => (tenant ? put(path, values) : post("/tenant/create", values)), tenant ? `Saved ${values.id}` : `Made ${values.id}`)) done();
  };
  return (
    <Dialog title={tenant ? `Tenant ${tenant.id}` : "New tenant"} close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Field label="Id">
          <input value={values.id} required disabled={tenant !== null} onInput={(event) => setValues({ ...values, id: event.currentTarget.value })} />
        </Field>
        <Field label="Name">
          <input value={values.name} required onInput={(event) => setValues({ ...values, name: event.currentTarget.value })} />
        </Field>
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            {tenant ? "Save" : "Make tenant"}
          </Button>
        </div>
      </form>
      {tenant && (
        <>
          <Membership
            title="Users"
            thing="user"
            mine={() => get<Schemas["User"][]>("/user", { memberOfTenant: tenant.id, maxResults: 500 })}
            all={() => get<Schemas["User"][]>("/user", { maxResults: 500, sortBy: "userId", sortOrder: "asc" })}
            add={(user) => put(`${path}/user-members/${encodeURIComponent(user)}`)}
            drop={(user) => remove(`${path}/user-members/${encodeURIComponent(user)}`)}
            name={personName}
          />
          <Membership
            title="Groups"
            thing="group"
            mine={() => get<Schemas["Group"][]>("/group", { memberOfTenant: tenant.id, maxResults: 500 })}
            all={() => get<Schemas["Group"][]>("/group", { maxResults: 500, sortBy: "id", sortOrder: "asc" })}
            add={(group) => put(`${path}/group-members/${encodeURIComponent(group)}`)}
            drop={(group) => remove(`${path}/group-members/${encodeURIComponent(group)}`)}
            name={(group) => group.name || group.id}
          />
        </>
      )}
    </Dialog>
  );
}
