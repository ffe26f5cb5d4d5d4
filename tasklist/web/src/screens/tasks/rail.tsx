/** The lists on the left, each with the number of its tasks. */

import { Plus } from "lucide-preact";
import type { OwnSchemas } from "../../api/client";
import type { Loaded } from "../../api/load";
import { hrefOf, type Place, type View } from "./views";

export type Counts = OwnSchemas["Counts"];

export function countText(counts: Counts | null, id: string): string {
  const count = counts?.counts[id];
  if (count === undefined || counts === null) return "";
  return count >= counts.limit ? `${counts.limit - 1}+` : String(count);
}

export function Rail({ place, known, counts }: { place: Place; known: readonly View[]; counts: Loaded<Counts> }) {
  const saved = known.filter((view) => view.saved);
  return (
    <nav class="task-rail" aria-label="Lists of tasks">
      <Lists of={known.filter((view) => !view.saved)} place={place} counts={counts} />
      <div class="rail-heading">
        <span>Saved filters</span>
        <a href="/tasks/filter">
          <Plus size={14} aria-hidden="true" /> New
        </a>
      </div>
      <Lists of={saved} place={place} counts={counts} />
    </nav>
  );
}

function Lists({ of, place, counts }: { of: readonly View[]; place: Place; counts: Loaded<Counts> }) {
  return (
      <ul role="list">
        {of.map((view) => {
          const count = countText(counts.data, view.id);
          return (
            <li key={view.id}>
              <a
                href={hrefOf({ ...place, filter: view.id, page: 1, search: "", task: null })}
                aria-current={place.filter === view.id ? "page" : undefined}
              >
                {view.saved ? <span class="filter-colour" style={{ background: view.colour ?? "var(--line-strong)" }} /> : <view.icon size={16} aria-hidden="true" />}
                <span class="grow cut">{view.label}</span>
                {count !== "" && count !== "0" && <span class={`count ${view.id === "overdue" ? "alarming" : ""}`}>{count}</span>}
              </a>
            </li>
          );
        })}
      </ul>
  );
}
