/** The operator's inbox: what has failed, in groups that say the same, or one by one. */

import { useRef } from "preact/hooks";
import { CircleCheck } from "lucide-preact";
import { useAddress } from "../../address";
import { Button, Empty, Field, TabPanel, Tabs } from "../../components/basics";
import { Filters } from "../../components/list";
import { useKeys } from "../../keys";
import { containing } from "../../paging";
import { Groups } from "./groups";
import { IncidentList } from "./list";

export default function Incidents() {
  const { query, set } = useAddress();
  const search = useRef<HTMLInputElement>(null);
  const tab = query.tab === "each" ? "each" : "groups";
  useKeys("Incidents", [{ keys: "/", does: "Search", run: () => search.current?.focus() }]);
  return (
    <main class="page">
      <h1>Incidents</h1>
      <div>
        <Tabs
          label="Incidents"
          tabs={[
            { id: "groups", label: "In groups" },
            { id: "each", label: "One by one" },
          ]}
          chosen={tab}
          choose={(id) => set({ tab: id === "groups" ? null : id, first: null, "incidents-page": null })}
        />
        <TabPanel id={tab}>
          <section class="card" aria-label={tab === "each" ? "Incidents one by one" : "Groups of incidents"}>
            <div class="list-head">
              <Filters label="Find incidents">
                <Field label="Search">
                  <input
                    ref={search}
                    type="search"
                    placeholder={tab === "each" ? "Message" : "Message, element or process"}
                    value={query.search ?? ""}
                    onInput={(event) => set({ search: event.currentTarget.value, first: null, "incidents-page": null })}
                  />
                </Field>
                {query.process && (
                  <Button look="quiet" onClick={() => set({ process: null, first: null, "incidents-page": null })}>
                    Only {query.process}: show all
                  </Button>
                )}
              </Filters>
            </div>
            {tab === "each" ? (
              <IncidentList
                query={{ incidentMessageLike: containing(query.search ?? ""), processDefinitionKeyIn: query.process }}
                topics={["incidents"]}
                empty={<Empty icon={CircleCheck} title={query.search || query.process ? "No incident here" : "No incident is open"} />}
              />
            ) : (
              <Groups asked={{ search: query.search, processDefinitionKey: query.process }} />
            )}
          </section>
        </TabPanel>
      </div>
    </main>
  );
}
