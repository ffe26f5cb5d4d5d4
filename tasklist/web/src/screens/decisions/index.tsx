/** All decisions: in how many versions they are there, and how often they were evaluated. */

import { Table2 } from "lucide-preact";
import { useAddress } from "../../address";
import type { OwnSchemas } from "../../api/client";
import { Empty, Pill, When } from "../../components/basics";
import { Search } from "../../components/list";
import { Listed, type Column } from "../../components/table";
import { usePage } from "../../paging";
import "./decisions.css";

type Decision = OwnSchemas["Decision"];

const COLUMNS: readonly Column<Decision>[] = [
  {
    id: "name",
    label: "Name",
    sortBy: "name",
    show: (decision) => (
      <>
        <a class="strong" href={`/decisions/${encodeURIComponent(decision.key)}${decision.tenantId ? `?tenant=${encodeURIComponent(decision.tenantId)}` : ""}`}>
          {decision.name ?? decision.key}
        </a>{" "}
        {decision.tenantId && <Pill tone="grey">{decision.tenantId}</Pill>}
      </>
    ),
    inFile: [
      { label: "Name", path: ["name"] },
      { label: "Tenant", path: ["tenantId"] },
    ],
  },
  { id: "key", label: "Key", sortBy: "key", mono: true, show: (decision) => <span class="muted">{decision.key}</span> },
  { id: "versions", label: "Versions", sortBy: "versions", number: true, show: (decision) => decision.versions },
  { id: "versionTag", label: "Version tag", extra: true, show: (decision) => decision.versionTag },
  { id: "evaluations", label: "Evaluations", sortBy: "evaluations", number: true, show: (decision) => (decision.evaluations ? decision.evaluations.toLocaleString("en") : <span class="muted">0</span>) },
  { id: "evaluated", label: "Last evaluated", sortBy: "evaluated", show: (decision) => (decision.evaluated ? <When at={decision.evaluated} /> : <span class="muted">Never</span>) },
  { id: "deployed", label: "Last deployed", sortBy: "deployed", show: (decision) => <When at={decision.deployed} /> },
];

export default function DecisionList() {
  const { query, set } = useAddress();
  const list = usePage<Decision, OwnSchemas["Decisions"]>(
    "/api/v1/decision",
    { search: query.search },
    { columns: COLUMNS, by: "name", keyOf: (one) => one.key + one.tenantId, topics: ["decisions"], read: ({ decisions, total }) => ({ rows: decisions, total }) },
  );
  return (
    <main class="page">
      <h1>Decisions</h1>
      <section class="card" aria-label="List of decisions">
        <Listed plain name="decisions" label="Decisions" look="decision-list" of={list} columns={COLUMNS} empty={<Nothing searched={query.search} />}>
          <Search of="Decisions" placeholder="Name or key" value={query.search} search={(text) => set({ search: text, page: null })} />
        </Listed>
      </section>
    </main>
  );
}

function Nothing({ searched }: { searched: string | undefined }) {
  if (searched) return <Empty icon={Table2} title={`No decision is called “${searched}”`}>Search for a part of its name or of its key.</Empty>;
  return (
    <Empty icon={Table2} title="No decision is deployed yet">
      <a href="/modeler?new=discount">Draw a decision table</a>, or deploy a DMN file from Camunda Modeler or with <code>baton deploy</code>.
    </Empty>
  );
}
