/** The versions of a process: how much runs on each, and what is different between two of them. */

import { useMemo, useState } from "preact/hooks";
import { useAddress } from "../../address";
import { get, type Schemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Shown } from "../../components/basics";
import { Dialog } from "../../components/dialogs";
import { Differences } from "../../components/differences";
import { xmlOf } from "../../components/process";
import { ComparedPicker, useCompared, VersionTable } from "../../components/versions";
import { Diagram, type Mark } from "../../diagram";
import type { Difference } from "../../diagram/differences";
import type { Definition } from "./definition";
import "./versions.css";

export function VersionsTab({ definition, versions }: { definition: Definition; versions: readonly Definition[] }) {
  const { set } = useAddress();
  const counts = useLoad(definition.key, async (signal) => {
    const all = await get<Schemas["DefinitionStatistics"][]>("/process-definition/statistics", { incidents: true }, { signal });
    return new Map(all.map((one) => [one.id, { running: one.instances, incidents: one.incidents.reduce((sum, each) => sum + each.incidentCount, 0) }]));
  });
  return (
    <div class="card">
      <Shown of={counts}>
        {(found) => (
          <VersionTable
            versions={versions}
            shown={definition}
            choose={(version) => set({ version, element: null, first: null, tab: null }, true)}
            more={[
              { id: "running", label: "Running", number: true, show: (one) => found.get(one.id)?.running.toLocaleString("en") ?? 0 },
              { id: "incidents", label: "Incidents", number: true, show: (one) => found.get(one.id)?.incidents || "" },
            ]}
            comparison={(one, close) => <Comparison one={one} other={definition} versions={versions} close={close} />}
          />
        )}
      </Shown>
    </div>
  );
}

/** Two versions beside each other, the older one at the left, with what is different. */
function Comparison({ one, other, versions, close }: { one: Definition; other: Definition; versions: readonly Definition[]; close: () => void }) {
  const [ids, setIds] = useCompared(one, other);
  const [chosen, setChosen] = useState<string | null>(null);
  const found = useLoad(`${ids.from} ${ids.to}`, async () => {
    const [from, to, { compare }] = await Promise.all([xmlOf(ids.from), xmlOf(ids.to), import("../../diagram/differences")]);
    return { from, to, differences: await compare(from, to) };
  });
  return (
    <Dialog title={`What is different in ${other.name ?? other.key}`} whole close={close}>
      <ComparedPicker versions={versions} ids={ids} choose={setIds} />
      <Shown of={found}>
        {({ from, to, differences }) => (
          <>
            <div class="versions-sides">
              <Side xml={from} definition={versions.find((each) => each.id === ids.from)!} differences={differences} kinds={BEFORE} chosen={chosen} choose={setChosen} />
              <Side xml={to} definition={versions.find((each) => each.id === ids.to)!} differences={differences} kinds={AFTER} chosen={chosen} choose={setChosen} />
            </div>
            <Differences differences={differences} chosen={chosen} choose={(id) => setChosen(id === chosen ? null : id)} />
          </>
        )}
      </Shown>
    </Dialog>
  );
}

const BEFORE: readonly Difference["kind"][] = ["removed", "changed"];
const AFTER: readonly Difference["kind"][] = ["added", "changed"];

function Side({
  xml,
  definition,
  differences,
  kinds,
  chosen,
  choose,
}: {
  xml: string;
  definition: Definition;
  differences: readonly Difference[];
  kinds: readonly Difference["kind"][];
  chosen: string | null;
  choose: (id: string | null) => void;
}) {
  const marks = useMemo(() => {
    const shown = differences.filter((one) => kinds.includes(one.kind));
    return Object.fromEntries(shown.map((one) => [one.id, one.kind as Mark]));
  }, [differences, kinds]);
  return (
    <section aria-label={`Version ${definition.version}`}>
      <h3>Version {definition.version}</h3>
      <div class="versions-diagram">
        <Diagram
          xml={xml}
          process={definition.key}
          label={`Diagram of version ${definition.version}`}
          fileName={`${definition.key}-${definition.version}`}
          marks={marks}
          chosen={chosen}
          onElement={choose}
        />
      </div>
    </section>
  );
}
