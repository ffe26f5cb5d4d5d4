/** The versions of a decision, and what is different between two of them, rule by rule. */

import { useMemo } from "preact/hooks";
import { useAddress } from "../../address";
import { useLoad } from "../../api/load";
import { Shown } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { Differences } from "../../components/differences";
import { ComparedPicker, useCompared, VersionTable } from "../../components/versions";
import { compareDecisions } from "../../decisions/differences";
import { dmnOf } from "../../decisions/files";
import { readModel, type Decision } from "../../decisions/model";
import { DecisionLogic } from "../../decisions/table";
import type { Difference } from "../../diagram/differences";
import type { DecisionDefinition } from "./shapes";

export function VersionsTab({ definition, versions }: { definition: DecisionDefinition; versions: readonly DecisionDefinition[] }) {
  const { set } = useAddress();
  return (
    <div class="card">
      <VersionTable
        versions={versions}
        shown={definition}
        choose={(version) => set({ version, evaluation: null, page: null, tab: null }, true)}
        comparison={(one, close) => <Comparison one={one} other={definition} versions={versions} close={close} />}
      />
    </div>
  );
}

/** Two versions beside each other, the older one at the left, with what is different. */
function Comparison({ one, other, versions, close }: { one: DecisionDefinition; other: DecisionDefinition; versions: readonly DecisionDefinition[]; close: () => void }) {
  const [ids, setIds] = useCompared(one, other);
  const found = useLoad(`${ids.from} ${ids.to}`, async () => {
    const [from, to] = (await Promise.all([dmnOf(ids.from), dmnOf(ids.to)])).map((xml) => readModel(xml).decisions.get(other.key));
    if (!from || !to) throw new Error("The file of one of them does not hold this decision.");
    return { from, to, differences: compareDecisions(from, to) };
  });
  const version = (id: string) => versions.find((each) => each.id === id)?.version;
  return (
    <Dialog title={`What is different in ${other.name ?? other.key}`} whole close={close}>
      <ComparedPicker versions={versions} ids={ids} choose={setIds} />
      <Shown of={found}>
        {({ from, to, differences }) => (
          <>
            <div class="decision-sides">
              <Side title={`Version ${version(ids.from)}`} decision={from} differences={differences} without="added" />
              <Side title={`Version ${version(ids.to)}`} decision={to} differences={differences} without="removed" />
            </div>
            <Differences differences={differences} />
          </>
        )}
      </Shown>
    </Dialog>
  );
}

function Side({ title, decision, differences, without }: { title: string; decision: Decision; differences: readonly Difference[]; without: Difference["kind"] }) {
  const marks = useMemo(() => Object.fromEntries(differences.filter(({ kind }) => kind !== without).map(({ id, kind }) => [id, kind])), [differences, without]);
  return (
    <section class="card" aria-label={title}>
      <h3>{title}</h3>
      <DecisionLogic decision={decision} marks={marks} />
    </section>
  );
}
