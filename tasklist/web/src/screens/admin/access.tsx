/** Who may do what with a thing, and why: what the server decides by, told for one user. */

import { useState } from "preact/hooks";
import { Check, X } from "lucide-preact";
import { get, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Field, Pill, Shown } from "../../components/basics";
import { who, words } from "./words";

type Explanation = OwnSchemas["Explanation"];
type Access = OwnSchemas["Access"];
type Permitted = OwnSchemas["Permitted"];

interface Asked {
  user: string;
  id: string;
}

export function CheckAccess({ kind }: { kind: Permitted }) {
  const [given, setGiven] = useState<Asked>({ user: "", id: "" });
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <section class="card padded stack" aria-label="Check access">
      <h2>Who may do what, and why?</h2>
      <form
        class="admin-check"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked({ ...given });
        }}
      >
        <Field label="User id">
          <input value={given.user} required onInput={(event) => setGiven({ ...given, user: event.currentTarget.value.trim() })} />
        </Field>
        <Field label={`Id of one ${words(kind.name).toLowerCase()}`} hint="Or key; nothing for all">
          <input value={given.id} onInput={(event) => setGiven({ ...given, id: event.currentTarget.value.trim() })} />
        </Field>
        <Button look="primary" type="submit">
          Check access
        </Button>
      </form>
      {asked && <Answer asked={asked} kind={kind} />}
    </section>
  );
}

function Answer({ asked, kind }: { asked: Asked; kind: Permitted }) {
  const loaded = useLoad<Explanation>(`access ${kind.resourceType} ${JSON.stringify(asked)}`, (signal) =>
    get("/api/v1/access", { user: asked.user, resource: String(kind.resourceType), id: asked.id || undefined }, { signal }),
  );
  return (
    <Shown of={loaded} lines={3}>
      {(explained) => (
        <div class="stack" role="status">
          <p class="muted">
            {explained.userId} is in {explained.groups.length ? `the groups ${explained.groups.join(", ")}` : "no group"}
            {explained.tenants.length > 0 && `, of the tenants ${explained.tenants.join(", ")}`}.{" "}
            {!explained.isThere && "For this user there is no such thing."}
          </p>
          <div class="scroll-x" role="region" aria-label="What may be done" tabIndex={0}>
            <table class="table">
              <thead>
                <tr>
                  <th>What</th>
                  <th>May</th>
                  <th>Why</th>
                </tr>
              </thead>
              <tbody>
                {explained.access.map((one) => (
                  <tr key={one.action}>
                    <td>{words(one.action)}</td>
                    <td>{one.permitted ? <Pill tone="green" icon={Check}>yes</Pill> : <Pill tone="red" icon={X}>no</Pill>}</td>
                    <td>{because(one)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </div>
      )}
    </Shown>
  );
}

function because({ because: reason, authorization, permission, resource }: Access): string {
  if (reason === "administrator") return "Administrators may do everything";
  if (reason === "own") return "It is the user's own";
  if (!authorization || !permission || !resource) return "Nothing grants it";
  const on = authorization.resourceId === "*" ? "all" : authorization.resourceId;
  return `${who(authorization)}: ${words(permission)} on ${words(resource)} ${on}`;
}
