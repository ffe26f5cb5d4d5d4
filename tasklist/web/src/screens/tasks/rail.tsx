/** The lists on the left, each with the number of its tasks. */

import type { OwnSchemas } from "../../api/client";
import type { Loaded } from "../../api/load";
import { hrefOf, views, type Place } from "./views";

export type Counts = OwnSchemas["Counts"];

export function countText(counts: Counts | null, id: string): string {
  const count = counts?.counts[id];
  if (count === undefined || counts === null) return "";
  return count >= counts.limit ? `${counts.limit - 1}+` : String(count);
}

export function Rail({ place, counts }: { place: Place; counts: Loaded<Counts> }) {
  return (
    <nav class="task-rail" aria-label="Lists of tasks">
      <ul role="list">
        {views().map((view) => {
          const count = countText(counts.data, view.id);
          return (
            <li key={view.id}>
              <a
                href={hrefOf({ ...place, filter: view.id, page: 1, search: "", task: null })}
                aria-current={place.filter === view.id ? "page" : undefined}
              >
                <view.icon size={16} aria-hidden="true" />
                <span class="grow cut">{view.label}</span>
                {count !== "" && count !== "0" && <span class={`count ${view.id === "overdue" ? "alarming" : ""}`}>{count}</span>}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
