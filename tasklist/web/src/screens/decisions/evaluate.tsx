/** A form for what a decision wants to know, and what comes of it. Nothing of that is kept. */

import { useMemo, useState } from "preact/hooks";
import { Play, Plus } from "lucide-preact";
import { ApiError, post } from "../../api/client";
import { Button, Failure, Field } from "../../components/basics";
import { stamp } from "../../components/process";
import { wantedBy, type Wanted } from "../../decisions/inputs";
import type { Model } from "../../decisions/model";
import { TYPES, typed, type Given } from "../instance/values";
import { shown, type DecisionDefinition, type Trial } from "./shapes";

interface Props {
  definition: DecisionDefinition;
  model: Model;
  trial: Trial | null;
  evaluated: (trial: Trial) => void;
}

/** What was typed, by variables; kept while one looks at other versions. */
const kept = new Map<string, Record<string, string>>();

export function EvaluateForm({ definition, model, trial, evaluated }: Props) {
  const known = useMemo(() => wantedBy(model, definition.key), [model, definition.key]);
  const [more, setMore] = useState<Wanted[]>([]);
  const [types, setTypes] = useState<Record<string, string>>({});
  const [texts, setTexts] = useState<Record<string, string>>(kept.get(definition.key) ?? {});
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const [name, setName] = useState("");
  const wanted = [...known, ...more];
  const typeOf = (one: Wanted) => one.type || types[one.variable] || "String";
  const missing = wanted.filter((one) => !texts[one.variable]);
  const write = (variable: string, text: string) => {
    const next = { ...texts, [variable]: text };
    setTexts(next);
    kept.set(definition.key, next);
  };
  const add = () => {
    const variable = name.trim();
    setName("");
    if (variable && !wanted.some((one) => one.variable === variable)) setMore([...more, { variable, label: variable, type: "", examples: [] }]);
  };

  const evaluate = async () => {
    const variables: Record<string, Given> = {};
    const problems: Record<string, string> = {};
    for (const one of wanted) {
      const text = texts[one.variable];
      if (!text) continue;
      const value = valueOf(typeOf(one), text);
      if (value instanceof Error) problems[one.variable] = value.message;
      else variables[one.variable] = value;
    }
    setWrong(problems);
    if (Object.keys(problems).length) return;
    setBusy(true);
    setError(null);
    try {
      evaluated(await post<Trial>(`/api/v1/decision-definition/${encodeURIComponent(definition.id)}/try`, { variables }));
    } catch (problem) {
      setError(problem instanceof ApiError ? problem : new Error(String(problem)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <section class="card decision-form" aria-label="Try it">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void evaluate();
        }}
      >
        <h2>Try it</h2>
        {wanted.length === 0 && <p class="muted">It asks for nothing.</p>}
        {wanted.map((one) => (
          <div key={one.variable} class="decision-input">
            <Field label={one.label === one.variable ? one.variable : `${one.label} (${one.variable})`} error={wrong[one.variable]}>
              <Input wanted={one} type={typeOf(one)} value={texts[one.variable] ?? ""} write={(text) => write(one.variable, text)} />
            </Field>
            {!one.type && (
              <select class="filter-input" aria-label={`Type of ${one.variable}`} value={typeOf(one)} onChange={(event) => setTypes({ ...types, [one.variable]: event.currentTarget.value })}>
                {TYPES.filter((type) => type !== "Null").map((type) => (
                  <option key={type}>{type}</option>
                ))}
              </select>
            )}
          </div>
        ))}
        <div class="decision-input">
          <input
            class="filter-input"
            aria-label="Name of another variable"
            placeholder="Another variable"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key !== "Enter") return;
              event.preventDefault();
              add();
            }}
          />
          <Button icon={Plus} disabled={!name.trim()} onClick={add}>
            Add
          </Button>
        </div>
        {missing.length > 0 && (
          <p class="muted small" role="status">
            Not given: {missing.map((one) => one.variable).join(", ")}. What is not given is null to the rules.
          </p>
        )}
        <div class="row">
          <Button look="primary" type="submit" icon={Play} busy={busy}>
            Evaluate
          </Button>
          <span class="muted small">Nothing of it is kept.</span>
        </div>
      </form>
      {error ? <Failure error={error} /> : trial && <Result trial={trial} model={model} />}
    </section>
  );
}

function Input({ wanted, type, value, write }: { wanted: Wanted; type: string; value: string; write: (text: string) => void }) {
  const list = wanted.examples.length ? `examples-${wanted.variable}` : undefined;
  const given = { value, onInput: (event: { currentTarget: { value: string } }) => write(event.currentTarget.value) };
  if (type === "Boolean") {
    return (
      <select value={value} onChange={(event) => write(event.currentTarget.value)}>
        <option value="">Not given</option>
        <option value="true">true</option>
        <option value="false">false</option>
      </select>
    );
  }
  if (type === "Json") return <textarea rows={3} class="mono" {...given} />;
  if (type === "Date") return <input type="datetime-local" {...given} />;
  return (
    <>
      <input inputMode={type === "String" ? undefined : "decimal"} list={list} autocomplete="off" {...given} />
      {list && (
        <datalist id={list}>
          {wanted.examples.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
    </>
  );
}

function valueOf(type: string, text: string): Given | Error {
  return type === "Date" ? { value: stamp(new Date(text)), type } : typed(type, text);
}

/** What came of it: the rows of the result, and what the decisions said that this one required. */
function Result({ trial, model }: { trial: Trial; model: Model }) {
  const before = trial.decisions.slice(0, -1);
  const own = trial.decisions.at(-1);
  return (
    <div class="stack decision-result" role="status" aria-label="Result">
      <h3>Result</h3>
      {trial.result.length === 0 ? (
        <p>No rule matched.</p>
      ) : (
        trial.result.map((row, index) => (
          <dl key={index} class="facts">
            {Object.entries(row).map(([variable, { value }]) => (
              <div key={variable}>
                <dt>{variable || "Result"}</dt>
                <dd class="mono">{shown(value)}</dd>
              </div>
            ))}
          </dl>
        ))
      )}
      {own && <p class="muted small">{rulesOf(model, own)}</p>}
      {trial.warnings.length > 0 && (
        <ul class="notice" aria-label="Why something is null">
          {trial.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      {before.length > 0 && (
        <>
          <h3>Decided before</h3>
          <ul class="stack-small" role="list">
            {before.map((one) => (
              <li key={one.decisionKey}>
                <strong>{one.decisionName ?? one.decisionKey}</strong>: <span class="mono">{one.outputs.map(({ value }) => shown(value)).join(", ") || "nothing"}</span>{" "}
                <span class="muted small">{rulesOf(model, one)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** "By rules 1 and 3." */
function rulesOf(model: Model, made: Trial["decisions"][number]): string {
  const logic = model.decisions.get(made.decisionKey)?.logic;
  if (logic?.kind !== "table") return "";
  const ids = new Set(made.outputs.map(({ ruleId }) => ruleId));
  const numbers = logic.rules.flatMap((rule, index) => (ids.has(rule.id) ? [index + 1] : []));
  if (numbers.length === 0) return made.outputs.length ? "By the default outputs: no rule matched." : "";
  return `By ${numbers.length === 1 ? "rule" : "rules"} ${new Intl.ListFormat("en").format(numbers.map(String))}.`;
}
