/** The open incidents of one version of a process. */

import type { Model } from "../../diagram/model";
import { Groups } from "../incidents/groups";
import type { Definition } from "./definition";

export function IncidentsTab({ definition, model, element }: { definition: Definition; model: Model | null; element: string | null }) {
  return (
    <div class="card">
      <Groups asked={{ processDefinitionId: definition.id, activityId: element }} model={model} quiet />
    </div>
  );
}
