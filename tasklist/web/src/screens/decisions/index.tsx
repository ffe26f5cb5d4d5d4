/** All decisions: in how many versions they are there, and how often they were evaluated. */

import { useRef } from "preact/hooks";
import { Table2 } from "lucide-preact";
import { useAddress } from "../../address";
import { get, type OwnSchemas } from "../../api/client";
import { useLoad } from "../../api/load";
import { Empty, Field, Pill, Shown, When } from "../../components/basics";
import { Filters, Fresh, Pager, Sorted } from "../../components/list";
import { useKeys } from "../../keys";
import { rowClass, useSteady, type SteadyRow } from "../../steady";

const PAGE = 50;

export default function DecisionList() {
  const { query, set } = useAddress();
  const search = useRef<HTMLInputElement>(null);
  const order = { by: query.sort ?? "name", down: query.order === "desc" };
  const first = Number(query.first ?? 0);
  const key = JSON.stringify([query.search, order, first]);
  const found = useLoad(
    key,
    (signal) =>
      get<OwnSchemas["Decisions"]>("/api/v1/decision", { search: query.search, sortBy: order.by, sortOrder: order.down ? "desc" : "asc", firstResult: first, maxResults: PAGE }, { signal }),
    ["decisions"],
  );
  const list = useSteady(key, found.data?.decisions, true, (one) => one.key + one.tenantId);
  const sort = (chosen: { by: string; down: boolean }) => set({ sort: chosen.by, order: chosen.down ? "desc" : null, first: null });
  useKeys("Decisions", [{ keys: "/", does: "Search", run: () => search.current?.focus() }]);

  return (
    <main class="page">
      <h1>Decisions</h1>
      <section class="card" aria-label="List of decisions">
        <div class="list-head">
          <Filters label="Find decisions">
            <Field label="Search">
              <input ref={search} type="search" placeholder="Name or key" value={query.search ?? ""} onInput={(event) => set({ search: event.currentTarget.value, first: null })} />
            </Field>
          </Filters>
        </div>
        <Shown of={found}>
          {(page) =>
            page.decisions.length === 0 ? (
              <Nothing searched={query.search} />
            ) : (
              <>
                <div class="scroll-x steady">
                  <Fresh of={list} />
                  <table class="table">
                    <thead>
                      <tr>
                        <Sorted by="name" order={order} sort={sort}>Name</Sorted>
                        <Sorted by="key" order={order} sort={sort}>Key</Sorted>
                        <Sorted by="versions" order={order} sort={sort} number>Versions</Sorted>
                        <Sorted by="evaluations" order={order} sort={sort} number>Evaluations</Sorted>
                        <Sorted by="evaluated" order={order} sort={sort}>Last evaluated</Sorted>
                        <Sorted by="deployed" order={order} sort={sort}>Last deployed</Sorted>
                      </tr>
                    </thead>
                    <tbody>
                      {list.rows.map((one) => (
                        <Row key={one.key + one.tenantId} decision={one} />
                      ))}
                    </tbody>
                  </table>
                </div>
                <Pager
                  first={first}
                  size={PAGE}
                  shown={page.decisions.length}
                  more={first + page.decisions.length < page.total}
                  total={page.total}
                  go={(start) => set({ first: start || null }, true)}
                />
              </>
            )
          }
        </Shown>
      </section>
    </main>
  );
}

function Row({ decision }: { decision: SteadyRow<OwnSchemas["Decision"]> }) {
  const tenant = decision.tenantId ? `?tenant=${encodeURIComponent(decision.tenantId)}` : "";
  return (
    <tr class={rowClass(decision)}>
      <td>
        <a class="strong" href={`/decisions/${encodeURIComponent(decision.key)}${tenant}`}>
          {decision.name ?? decision.key}
        </a>{" "}
        {decision.tenantId && <Pill tone="grey">{decision.tenantId}</Pill>}
      </td>
      <td class="mono muted">{decision.key}</td>
      <td class="number">{decision.versions}</td>
      <td class="number">{decision.evaluations ? decision.evaluations.toLocaleString("en") : <span class="muted">0</span>}</td>
      <td>{decision.evaluated ? <When at={decision.evaluated} /> : <span class="muted">Never</span>}</td>
      <td>
        <When at={decision.deployed} />
      </td>
    </tr>
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
