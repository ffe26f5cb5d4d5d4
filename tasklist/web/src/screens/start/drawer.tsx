/** The start form of a process, at the side of the page. */

import { useMemo, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { ask, get, type OwnSchemas, type Schemas } from "../../api/client";
import { useLoad, type Loaded } from "../../api/load";
import { Button, Empty, Field, Shown } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { tell, tellProblem } from "../../components/toasts";
import { readDraft, useDraft, type Draft } from "../../forms/drafts";
import { bodyOf, FormView, type Filled, type FormHandle } from "../../forms/form-view";
import { attention, DraftBar, FormProblems, refusal } from "../../forms/notices";
import { useHere } from "../../here";
import { Markdown } from "../../markdown";
import { may } from "../../session";
import { started } from "./recent";

type Definition = Schemas["ProcessDefinition"];
type StartForm = OwnSchemas["Form"];
type Started = OwnSchemas["StartedWithForm"];

export function StartDrawer({ of, process, close }: { of: Loaded<Definition[]>; process: string; close: () => void }) {
  const [tenant, setTenant] = useState(0);
  const definitions = of.data ?? [];
  const definition = definitions[tenant];
  return (
    <Dialog drawer title={definition ? `Start ${definition.name || definition.key}` : "Start"} close={close}>
      <Shown of={of}>
        {() =>
          definition ? (
            <>
              {definitions.length > 1 && (
                <Field label="Tenant">
                  <select value={tenant} onChange={(event) => setTenant(Number(event.currentTarget.value))}>
                    {definitions.map((one, index) => (
                      <option key={one.id} value={index}>
                        {one.tenantId ?? "None"}
                      </option>
                    ))}
                  </select>
                </Field>
              )}
              <Opened key={definition.id} definition={definition} close={close} />
            </>
          ) : (
            <Empty title="This cannot be started">
              There is no process “{process}” that you may start. <a href="/start">Show all</a>
            </Empty>
          )
        }
      </Shown>
    </Dialog>
  );
}

function Opened({ definition, close }: { definition: Definition; close: () => void }) {
  const base = `/api/v1/process-definition/${encodeURIComponent(definition.id ?? "")}`;
  const loaded = useLoad<{ form: StartForm; draft: Draft | null }>(`start form ${definition.id}`, async (signal) => {
    const [form, draft] = await Promise.all([get<StartForm>(`${base}/start-form`, undefined, { signal }), readDraft(`${base}/draft`, signal)]);
    return { form, draft };
  });
  return <Shown of={loaded}>{({ form, draft }) => <Filling definition={definition} base={base} form={form} draft={draft} close={close} />}</Shown>;
}

function Filling({ definition, base, form, draft, close }: { definition: Definition; base: string; form: StartForm; draft: Draft | null; close: () => void }) {
  const { route } = useLocation();
  const saving = useDraft(`${base}/draft`);
  const [restored, setRestored] = useState(draft);
  const [businessKey, setBusinessKey] = useState("");
  const [problems, setProblems] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const sending = useRef(false); // keys can be faster than what is drawn
  const here = useHere();
  const [shown, setShown] = useState(false);
  const handle = useRef<FormHandle | null>(null);
  const data = useMemo(() => ({ ...form.variables, ...(restored?.data ?? {}) }), [form, restored]);
  const name = definition.name || definition.key;

  const send = async (filled: Filled) => {
    sending.current = true;
    setBusy(true);
    setProblems([]);
    try {
      await saving.stop();
      const answer = await ask<Started>("POST", `${base}/start`, bodyOf(filled, businessKey.trim() || undefined));
      started(definition.key);
      if (restored || saving.state.value !== "no") await saving.forget().catch(tellProblem);
      told(name, answer, here());
      if (!here()) return;
      if (answer.next) route(`/tasks?task=${answer.next.id}`);
      else close();
    } catch (problem) {
      const refused = refusal(problem, handle);
      if (refused) setProblems(refused);
      else tellProblem(problem);
      sending.current = false;
      setBusy(false);
    }
  };
  const showing = (made: FormHandle | null) => {
    handle.current = made;
    setShown(made !== null);
  };
  const submit = (filled: Filled | null, wrong: number) => {
    if (filled) void send(filled);
    else setProblems([attention(wrong)]);
  };
  const run = () => !sending.current && (form.schema ? handle.current?.submit() : void send({ data: {}, files: new Map() }));
  return (
    <div class="stack start-form">
      {definition.description && <Markdown text={definition.description} />}
      {restored && (
        <DraftBar
          draft={restored}
          discard={() => {
            void saving.forget().catch(tellProblem);
            setRestored(null);
          }}
        />
      )}
      <FormProblems problems={problems} />
      {form.schema && <FormView schema={form.schema} data={data} readonly={busy} changed={saving.write} submit={submit} ready={showing} />}
      {form.kind === "external" && (form.url ? <p>The form of this process is elsewhere: <a href={form.url} target="_blank" rel="noopener noreferrer">{form.url}</a></p> : <p class="notice">The form of this process is at an address that this app does not open ({form.key}).</p>)}
      {form.kind === "html" && <p class="notice">The form of this process is a file of HTML ({form.key}), which this app does not run.</p>}
      {form.kind === "none" && <p class="muted">This process asks for nothing at its start.</p>}
      <Field label="Business key" hint="By which you find the instance again: the number of an order, for example. May be empty.">
        <input
          value={businessKey}
          maxLength={255}
          onInput={(event) => setBusinessKey(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && (event.preventDefault(), run())}
        />
      </Field>
      <div class="row">
        <Button look="primary" onClick={run} busy={busy} disabled={form.schema !== null && !shown}>
          Start
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
    </div>
  );
}

/** Says that it runs, with a way to it; and to its first task, if that is the person's. */
function told(name: string, answer: Started, led: boolean): void {
  const link = may("processes")
    ? { label: "Show the instance", href: `/instances/${answer.instance.id}` }
    : answer.next
      ? { label: "Its first task", href: `/tasks?task=${answer.next.id}` }
      : undefined;
  tell(answer.next && led ? `Started “${name}”. This is its first task.` : `Started “${name}”`, { tone: "good", link });
}
