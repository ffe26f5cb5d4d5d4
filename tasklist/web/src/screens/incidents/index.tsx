/** The operator's inbox: what has failed, in groups that say the same, or one by one. */

import { CircleCheck } from "lucide-preact";
import { useAddress } from "../../address";
import { Button, Empty, TabPanel, Tabs } from "../../components/basics";
import { Search } from "../../components/list";
import { containing } from "../../like";
import { Groups } from "./groups";
import { IncidentList } from "./list";

export default function Incidents() {
  const { query, set } = useAddress();
  const tab = query.tab === "each" ? "each" : "groups";
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
              <Search
                of="Incidents"
                placeholder={tab === "each" ? "Message" : "Message, element or process"}
                value={query.search}
                search={(text) => set({ search: text, first: null, "incidents-page": null })}
              >
                {query.process && (
                  <Button look="quiet" onClick={() => set({ process: null, first: null, "incidents-page": null })}>
                    Only {query.process}: show all
                  </Button>
                )}
              </Search>
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
