/** A filter that is saved: made, changed, deleted. What was saved by others' means stays in it. */

import { useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { get, post, put, remove } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Field, Shown } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { attempt } from "../../components/toasts";
import { useHere } from "../../here";
import { me } from "../../session";
import { changedHere } from "./actions";
import { colourOf, placeInList, type Saved } from "./saved";
import { variablesOf, type ShownVariable } from "./shown";
import "./tasks.css";
import { cleaned, VariableFields } from "./viewing";
import { ORDERS, type Query } from "./views";
import { queryOf, wantedOf, type Due, type Wanted, type Who } from "./wanted";

const NEW: Saved = { id: "", name: "", owner: null, resourceType: "Task", query: {}, properties: {} };

export default function FilterPage() {
  const { query } = useLocation();
  const id = query.id;
  const loaded = useLoad<Saved>(`filter ${id ?? ""}`, (signal) => (id ? get(`/filter/${encodeURIComponent(id)}`, undefined, { signal }) : Promise.resolve(NEW)));
  return (
    <main class="page filter-page">
      <h1>{id ? "Change a filter" : "New filter"}</h1>
      <Shown of={loaded}>{(saved) => <Editor key={saved.id} saved={saved} />}</Shown>
    </main>
  );
}

function Editor({ saved }: { saved: Saved }) {
  const { route } = useLocation();
  const properties = saved.properties as { description?: string };
  const [name, setName] = useState(saved.name);
  const [description, setDescription] = useState(properties.description ?? "");
  const [colour, setColour] = useState(colourOf(saved) ?? "#2458d3");
  const [place, setPlace] = useState(placeInList(saved));
  const [wanted, setWanted] = useState(() => wantedOf(saved.query as Query));
  const [variables, setVariables] = useState<readonly ShownVariable[]>(() => variablesOf(saved.properties));
  const [busy, setBusy] = useState(false);
  const change = (some: Partial<Wanted>) => setWanted({ ...wanted, ...some });

  const here = useHere();
  const save = async () => {
    setBusy(true);
    const body = {
      name: name.trim(),
      resourceType: "Task",
      owner: saved.id ? saved.owner : me() || null,
      query: queryOf(wanted, saved.query as Query),
      properties: { ...saved.properties, description: description.trim(), color: colour, priority: place, variables: cleaned(variables) },
    };
    let id = saved.id;
    const went = await attempt(async () => {
      if (id) await put(`/filter/${id}`, body);
      else ({ id } = await post<Saved>("/filter/create", body));
    }, "Saved");
    setBusy(false);
    changedHere();
    if (went && here()) route(`/tasks?filter=${id}`);
  };
  const take = async () => {
    const sure = await confirm({ title: `Delete the filter “${saved.name}”?`, text: "It disappears for everybody who uses it. The tasks stay.", confirm: "Delete it", danger: true, reason: true });
    if (sure === null || !(await attempt(() => remove(`/filter/${saved.id}`, { reason: sure }), `“${saved.name}” is deleted`))) return;
    changedHere();
    if (here()) route("/tasks");
  };
  return (
    <form
      class="card padded stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="filter-fields">
        <Field label="Name">
          <input required maxLength={200} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </Field>
        <Field label="Description">
          <input maxLength={1000} value={description} onInput={(event) => setDescription(event.currentTarget.value)} />
        </Field>
        <Field label="Colour">
          <input type="color" value={colour} onInput={(event) => setColour(event.currentTarget.value)} />
        </Field>
        <Field label="Place in the list" hint="Lower numbers come first">
          <input type="number" step="1" value={place} onInput={(event) => setPlace(Number(event.currentTarget.value) || 0)} />
        </Field>
      </div>
      <h2>Which tasks</h2>
      <div class="filter-fields">
        <Field label="Who has them">
          <select value={wanted.who} onChange={(event) => change({ who: event.currentTarget.value as Who })}>
            <option value="anybody">Anybody or nobody</option>
            <option value="me">Whoever looks</option>
            <option value="mine">Nobody; offered to a group of whoever looks</option>
            <option value="nobody">Nobody</option>
            <option value="person">A certain person</option>
          </select>
        </Field>
        {wanted.who === "person" && (
          <Field label="Person">
            <input required value={wanted.person} onInput={(event) => change({ person: event.currentTarget.value })} />
          </Field>
        )}
        {wanted.who !== "mine" && (
          <Field label="Offered to the group">
            <input value={wanted.group} onInput={(event) => change({ group: event.currentTarget.value })} />
          </Field>
        )}
        <Field label="Process" hint="Its key">
          <input value={wanted.process} onInput={(event) => change({ process: event.currentTarget.value })} />
        </Field>
        <Field label="Name contains">
          <input value={wanted.name} onInput={(event) => change({ name: event.currentTarget.value })} />
        </Field>
        <Field label="Business key contains">
          <input value={wanted.businessKey} onInput={(event) => change({ businessKey: event.currentTarget.value })} />
        </Field>
        <Field label="Priority at least">
          <input type="number" step="1" value={wanted.priority} onInput={(event) => change({ priority: event.currentTarget.value })} />
        </Field>
        <Field label="Due">
          <select value={wanted.due} onChange={(event) => change({ due: event.currentTarget.value as Due })}>
            <option value="any">Whenever</option>
            <option value="overdue">Overdue</option>
            <option value="none">Never</option>
          </select>
        </Field>
        <Field label="Order">
          <select value={wanted.order} onChange={(event) => change({ order: event.currentTarget.value })}>
            {ORDERS.map((order) => (
              <option key={order.id} value={order.id}>
                {order.label}
              </option>
            ))}
          </select>
        </Field>
      </div>
      <h2>What each task shows</h2>
      <VariableFields chosen={variables} choose={setVariables} />
      <div class="row between">
        <div class="row">
          <Button look="primary" type="submit" busy={busy}>
            Save
          </Button>
          <a class="button" href={saved.id ? `/tasks?filter=${saved.id}` : "/tasks"}>
            Cancel
          </a>
        </div>
        {saved.id && (
          <Button look="danger" onClick={() => void take()}>
            Delete
          </Button>
        )}
      </div>
    </form>
  );
}
