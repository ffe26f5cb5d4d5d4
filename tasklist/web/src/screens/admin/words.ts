/** The names of things and permissions, as people read them. */

import type { Schemas } from "../../api/client";

export type Authorization = Schemas["ShownAuthorization"];

/** The types of authorizations. */
export const GLOBAL = 0;
export const GRANT = 1;
export const REVOKE = 2;

/** Camunda's names in words: "CREATE_INSTANCE" is "create instance", "ProcessDefinition" is "Process definition". */
export function words(name: string): string {
  if (/^[A-Z_]+$/.test(name)) return name.toLowerCase().replaceAll("_", " ");
  const spaced = name.replace("Catgeory", "Category").replaceAll(/([a-z])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);
  return spaced;
}

/** Whom an authorization is about. */
export function who(one: Authorization): string {
  if (one.type === GLOBAL) return "Everybody";
  return one.groupId ? `Group ${one.groupId}` : `User ${one.userId}`;
}
