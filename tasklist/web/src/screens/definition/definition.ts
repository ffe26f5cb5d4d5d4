/** One version of a process. */

import type { Schemas } from "../../api/client";

export type Definition = Schemas["ProcessDefinition"] & { id: string };
