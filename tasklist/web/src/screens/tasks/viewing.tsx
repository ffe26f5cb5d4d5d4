/** What a person chooses about how a list of tasks is shown. */

import { useState } from "preact/hooks";
import { LayoutList, Rows3, Table2, Check, Tags } from "lucide-preact";
import { get } from "../../api/client";
import { useLoad } from "../../api/load";
import { Button, Field } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { prefer, preferences, type TaskPreferences } from "../../preferences";
import { GROUPINGS, IN_ROW, type By, type Mode, type ShownVariable } from "./shown";
import type { Place, View } from "./views";

export function ViewMenu({ view, mode, group, sample, go }: { view: View; mode: Mode; group: By | ""; sample?: string; go: (change: Partial<Place>) => void }) {
  const [asking, ask] = useState(false);
  // Both are written into the address, for others, and remembered here, for the next time.
  const choose = (change: Partial<Pick<TaskPreferences, "mode" | "group">>) => {
    prefer({ tasks: { ...preferences.value.tasks, ...change } });
    go({ ...change, page: 1 });
  };
  const grouped = (id: By | "none", label: string) => {
    const chosen = id === (group || "none");
    return { label, chosen, icon: chosen ? Check : undefined, run: () => choose({ group: id }) };
  };
  return (
    <>
      <Menu
        label="How the list is shown"
        icon={LayoutList}
        actions={[
          { label: "Rows", icon: mode === "rows" ? Check : Rows3, chosen: mode === "rows", run: () => choose({ mode: "rows" }) },
          { label: "Table", icon: mode === "table" ? Check : Table2, chosen: mode === "table", run: () => choose({ mode: "table" }) },
          { ...grouped("none", "Not grouped"), apart: true },
          ...GROUPINGS.map((one) => grouped(one.id, one.label)),
          !view.saved && { label: "Variables…", icon: Tags, apart: true, run: () => ask(true) },
        ]}
      />
      {asking && <VariablesDialog sample={sample} close={() => ask(false)} />}
    </>
  );
}

/** Which variables the built-in lists show; those of a saved filter are saved with it. */
function VariablesDialog({ sample, close }: { sample?: string; close: () => void }) {
  const { tasks } = preferences.value;
  const [chosen, choose] = useState<readonly ShownVariable[]>(tasks.variables);
  return (
    <Dialog title="Variables beside each task" close={close}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          prefer({ tasks: { ...tasks, variables: cleaned(chosen) } });
          close();
        }}
      >
        <p class="muted">These are shown in all lists but saved filters, which have their own.</p>
        <VariableFields chosen={chosen} choose={choose} sample={sample} />
        <div class="row end">
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit">
            Show them
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The variables that are named, with their labels. */
export function cleaned(chosen: readonly ShownVariable[]): ShownVariable[] {
  return chosen.map(({ name, label }) => ({ name: name.trim(), label: label.trim() || name.trim() })).filter(({ name }) => name);
}

/** Fields for the first variables; `sample` is a task whose variables are offered. */
export function VariableFields({ chosen, choose, sample }: { chosen: readonly ShownVariable[]; choose: (chosen: ShownVariable[]) => void; sample?: string }) {
  const known = useLoad(`names ${sample}`, async (signal) => {
    if (!sample) return [];
    return Object.keys(await get<Record<string, unknown>>(`/task/${sample}/variables`, { deserializeValues: false }, { signal })).sort();
  });
  const set = (index: number, change: Partial<ShownVariable>) => {
    const next = Array.from({ length: Math.max(chosen.length, IN_ROW) }, (_, at) => chosen[at] ?? { name: "", label: "" });
    next[index] = { ...next[index]!, ...change };
    choose(next);
  };
  return (
    <>
      {Array.from({ length: IN_ROW }, (_, index) => {
        const one = chosen[index] ?? { name: "", label: "" };
        const which = index === 0 ? "First" : "Second";
        return (
          <div key={index} class="variable-fields">
            <Field label={`${which} variable`}>
              <input value={one.name} maxLength={200} list="variable-names" autocomplete="off" onInput={(event) => set(index, { name: event.currentTarget.value })} />
            </Field>
            <Field label={`${which} label`}>
              <input value={one.label} maxLength={200} placeholder={one.name} onInput={(event) => set(index, { label: event.currentTarget.value })} />
            </Field>
          </div>
        );
      })}
      <datalist id="variable-names">
        {known.data?.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </>
  );
}
