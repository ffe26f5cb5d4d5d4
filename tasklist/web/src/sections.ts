/** The sections of the app: where they are, which key leads there, and who may see them. */

import { AlertTriangle, Boxes, CheckSquare, Layers, PenTool, Play, Settings, Table2, Workflow, type LucideIcon } from "lucide-preact";
import { may } from "./session";

export interface Section {
  path: string;
  label: string;
  icon: LucideIcon;
  /** The second of two keys: "g" and then this one. */
  key: string;
  /** The capability without which the section is not shown; none for what everybody has. */
  capability?: string;
}

export const SECTIONS: readonly Section[] = [
  { path: "/tasks", label: "Tasks", icon: CheckSquare, key: "t" },
  { path: "/start", label: "Start", icon: Play, key: "s" },
  { path: "/processes", label: "Processes", icon: Workflow, key: "p", capability: "processes" },
  { path: "/incidents", label: "Incidents", icon: AlertTriangle, key: "i", capability: "processes" },
  { path: "/decisions", label: "Decisions", icon: Table2, key: "d", capability: "decisions" },
  { path: "/modeler", label: "Modeler", icon: PenTool, key: "m", capability: "modeler" },
  { path: "/deployments", label: "Deployments", icon: Boxes, key: "y", capability: "deployments" },
  { path: "/batches", label: "Batches", icon: Layers, key: "b", capability: "batches" },
  { path: "/admin", label: "Admin", icon: Settings, key: "a", capability: "admin" },
];

export function visibleSections(): readonly Section[] {
  return SECTIONS.filter((section) => !section.capability || may(section.capability));
}
