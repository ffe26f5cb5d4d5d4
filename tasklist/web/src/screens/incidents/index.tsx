/** The operator's inbox: what has failed, in groups that say the same. */

import { useRef } from "preact/hooks";
import { useAddress } from "../../address";
import { Button, Field } from "../../components/basics";
import { Filters } from "../../components/list";
import { useKeys } from "../../keys";
import { Groups } from "./groups";

export default function Incidents() {
  const { query, set } = useAddress();
  const search = useRef<HTMLInputElement>(null);
  useKeys("Incidents", [{ keys: "/", does: "Search", run: () => search.current?.focus() }]);
  return (
    <main class="page">
      <h1>Incidents</h1>
      <section class="card" aria-label="Groups of incidents">
        <div class="list-head">
          <Filters label="Find incidents">
            <Field label="Search">
              <input
                ref={search}
                type="search"
                placeholder="Message, element or process"
                value={query.search ?? ""}
                onInput={(event) => set({ search: event.currentTarget.value, first: null })}
              />
            </Field>
            {query.process && (
              <Button look="quiet" onClick={() => set({ process: null, first: null })}>
                Only {query.process}: show all
              </Button>
            )}
          </Filters>
        </div>
        <Groups asked={{ search: query.search, processDefinitionKey: query.process }} />
      </section>
    </main>
  );
}
