/** The variables of an instance by where they live: read, changed, added, deleted, and what they were before. */

import { useState } from "preact/hooks";
import { Braces, Download, History, Pencil, Plus, Trash2 } from "lucide-preact";
import { address, get, put, remove, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Empty, Field, Shown, When } from "../../components/basics";
import { confirm, Dialog } from "../../components/dialogs";
import { attempt } from "../../components/toasts";
import type { Model } from "../../diagram/model";
import { lineDiff } from "../../diff";
import { editable, typed, TYPES } from "./values";

type Variable = Schemas["HistoricVariable"];

const MOST = 500;

/** A value with its type. */
interface Typed {
  type: string;
  value: unknown;
}

interface Scope {
  label: string;
  /** Where the REST API has the variables of this scope. */
  path: string;
  variables: Variable[];
}

export function VariablesTab({ instance, model, live }: { instance: Schemas["HistoricProcessInstance"]; model: Model | null; live: boolean }) {
  const [editing, setEditing] = useState<{ path: string; variable: Variable | null } | null>(null);
  const [history, setHistory] = useState<Variable | null>(null);
  const found = useLoad(
    instance.id,
    (signal) =>
      get<Variable[]>(
        "/history/variable-instance",
        { processInstanceId: instance.id, deserializeValues: false, sortBy: "variableName", sortOrder: "asc", maxResults: MOST },
        { signal },
      ),
    [`instance:${instance.id}`],
  );
  const erase = async (scope: Scope, variable: Variable) => {
    const reason = await confirm({ title: `Delete ${variable.name}?`, text: "What reads it afterwards finds nothing.", confirm: "Delete", danger: true, reason: true });
    if (reason !== null && (await attempt(() => remove(`${scope.path}/${encodeURIComponent(variable.name)}`, { reason }), `Deleted ${variable.name}`))) found.reload();
  };
  return (
    <div class="card">
      <Shown of={found}>
        {(all) => {
          const scopes = scopesOf(all.filter((one) => one.state !== "DELETED"), instance.id, model);
          return (
            <>
              {scopes.map((scope) => (
                <section key={scope.path} aria-label={`Variables of ${scope.label}`}>
                  <div class="row between scope-head">
                    <h2>{scope.label}</h2>
                    {live && (
                      <Button icon={Plus} onClick={() => setEditing({ path: scope.path, variable: null })}>
                        Add
                      </Button>
                    )}
                  </div>
                  {scope.variables.length === 0 ? (
                    <Empty icon={Braces} title="No variables" />
                  ) : (
                    <div class="scroll-x">
                      <table class="table variable-table">
                        <thead>
                          <tr>
                            <th>Name</th>
                            <th>Value</th>
                            <th>Type</th>
                            <th>
                              <span class="hidden">Actions</span>
                            </th>
                          </tr>
                        </thead>
                        <tbody>
                          {scope.variables.map((one) => (
                            <tr key={one.id}>
                              <td class="mono strong-text">{one.name}</td>
                              <td>
                                <ShownValue variable={one} />
                              </td>
                              <td class="muted">{one.type}</td>
                              <td>
                                <div class="row end nowrap">
                                  <Button look="quiet" icon={History} aria-label={`What ${one.name} was before`} title="What it was before" onClick={() => setHistory(one)} />
                                  {live && !isFile(one) && (
                                    <Button look="quiet" icon={Pencil} aria-label={`Change ${one.name}`} title="Change" onClick={() => setEditing({ path: scope.path, variable: one })} />
                                  )}
                                  {live && (
                                    <Button look="quiet" icon={Trash2} aria-label={`Delete ${one.name}`} title="Delete" onClick={() => void erase(scope, one)} />
                                  )}
                                </div>
                              </td>
                            </tr>
                          ))}
                        </tbody>
                      </table>
                    </div>
                  )}
                </section>
              ))}
              {all.length >= MOST && <p class="notice">These are the first {MOST} variables by name.</p>}
            </>
          );
        }}
      </Shown>
      {editing && (
        <Edit
          path={editing.path}
          variable={editing.variable}
          close={(done) => {
            setEditing(null);
            if (done) found.reload();
          }}
        />
      )}
      {history && <Changes variable={history} close={() => setHistory(null)} />}
    </div>
  );
}

function isFile(variable: { type: string }): boolean {
  return variable.type === "File" || variable.type === "Bytes";
}

export function ShownValue({ variable }: { variable: { type: string; value: unknown; id?: string } }) {
  if (isFile(variable)) {
    return variable.id ? (
      <a class="row" href={address(`/history/variable-instance/${variable.id}/data`)} download>
        <Download size={14} aria-hidden="true" /> Download
      </a>
    ) : (
      <span class="muted">A file</span>
    );
  }
  if (variable.value === null || variable.value === undefined) return <span class="muted">null</span>;
  const text = editable(variable.value);
  return text.includes("\n") || text.length > 120 ? <pre class="code value" tabIndex={0}>{text}</pre> : <span class="mono value">{text === "" ? <span class="muted">empty</span> : text}</span>;
}

/** The instance first, then the activities that have variables of their own. */
function scopesOf(variables: readonly Variable[], instance: string, model: Model | null): Scope[] {
  const whole: Scope = { label: "The whole instance", path: `/process-instance/${instance}/variables`, variables: [] };
  const scopes = new Map<string, Scope>([[instance, whole]]);
  for (const variable of variables) {
    const place = variable.taskId ? `task ${variable.taskId}` : variable.activityInstanceId === instance ? instance : (variable.executionId ?? instance);
    let scope = scopes.get(place);
    if (!scope) {
      const element = variable.activityInstanceId?.replace(/:\d+$/, "") ?? "";
      const name = model?.elements.get(element.replace(/#.*$/, ""))?.name ?? element;
      scope = variable.taskId
        ? { label: `The task ${name}`, path: `/task/${variable.taskId}/localVariables`, variables: [] }
        : { label: name, path: `/execution/${variable.executionId}/localVariables`, variables: [] };
      scopes.set(place, scope);
    }
    scope.variables.push(variable);
  }
  return [...scopes.values()];
}

function Edit({ path, variable, close }: { path: string; variable: Variable | null; close: (done: boolean) => void }) {
  const [name, setName] = useState(variable?.name ?? "");
  const [type, setType] = useState<string>(variable ? (variable.type === "Object" ? "Json" : variable.type) : "String");
  const [text, setText] = useState(variable ? editable(variable.value) : "");
  const [reason, setReason] = useState("");
  const value = typed(type, text);
  const types: readonly string[] = (TYPES as readonly string[]).includes(type) ? TYPES : [...TYPES, type];
  const save = () => attempt(() => put(`${path}/${encodeURIComponent(name)}`, value, { reason }), `Set ${name}`);
  return (
    <Dialog title={variable ? `Change ${variable.name}` : "Add a variable"} close={() => close(false)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!(value instanceof Error)) void save().then((done) => done && close(true));
        }}
      >
        {!variable && (
          <Field label="Name">
            <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
          </Field>
        )}
        <Field label="Type">
          <select value={type} onChange={(event) => setType(event.currentTarget.value)}>
            {types.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </Field>
        {type === "Boolean" ? (
          <Field label="Value">
            <select value={text === "true" ? "true" : text === "false" ? "false" : ""} onChange={(event) => setText(event.currentTarget.value)}>
              <option value="">Choose</option>
              <option>true</option>
              <option>false</option>
            </select>
          </Field>
        ) : (
          type !== "Null" && (
            <Field label="Value" error={value instanceof Error && text !== "" ? value.message : undefined}>
              <textarea class="mono" rows={type === "Json" ? 10 : 3} value={text} onInput={(event) => setText(event.currentTarget.value)} />
            </Field>
          )
        )}
        <Field label="Reason" hint="Goes into the audit log">
          <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} />
        </Field>
        <div class="row end">
          <Button onClick={() => close(false)}>Cancel</Button>
          <Button look="primary" type="submit" disabled={value instanceof Error || !name}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A value, or where it is long what is different from the one before. */
export function Difference({ now, before }: { now: Typed; before: Typed | null | undefined }) {
  const [old, fresh] = [editable(before?.value), editable(now.value)];
  if (!before || isFile(now) || isFile(before) || !(old + fresh).includes("\n")) return <ShownValue variable={now} />;
  return (
    <pre class="code value diff" tabIndex={0} role="group" aria-label="What is different from the value before">
      {lineDiff(old, fresh).map((line, index) => (
        <span key={index} class={line.kind}>
          {{ same: "  ", added: "+ ", removed: "- " }[line.kind] + line.text}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

function Changes({ variable, close }: { variable: Variable; close: () => void }) {
  const found = useLoad(variable.id, (signal) => get<OwnSchemas["VariableChange"][]>(`/api/v1/variable/${variable.id}/changes`, {}, { signal }));
  return (
    <Dialog title={`What ${variable.name} was`} wide close={close}>
      <Shown of={found}>
        {(changes) =>
          changes.length === 0 ? (
            <p class="muted">No history is kept of it.</p>
          ) : (
            <table class="table">
              <thead>
                <tr>
                  <th>Since</th>
                  <th>By</th>
                  <th>Value</th>
                  <th>Type</th>
                </tr>
              </thead>
              <tbody>
                {changes.map((one, index) => (
                  <tr key={one.revision}>
                    <td>
                      <When at={one.time} />
                    </td>
                    <td>{one.user ?? <span class="muted">The process</span>}</td>
                    <td>
                      <Difference now={one} before={changes[index + 1]} />
                    </td>
                    <td class="muted">{one.type}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Shown>
    </Dialog>
  );
}
