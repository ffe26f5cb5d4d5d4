/** Who is signed in, and what they may see. */

import { signal } from "@preact/signals";
import { ApiError, enter, get, leaving, quiet, remove } from "./api/client";

export interface Session {
  user: { id: string; firstName?: string | null; lastName?: string | null; email?: string | null } | null;
  groups: { id: string; name?: string | null; type?: string | null }[];
  tenants: { id: string; name?: string | null }[];
  administrator: boolean;
  /** Which screens and actions may be shown; the server decides again on every request. */
  capabilities: Record<string, boolean>;
  authentication: "on" | "off";
  version: string;
  demo: boolean;
}

export const session = signal<Session | null>(null);

/** Reads the session; sends whoever is not signed in to the sign-in page (by the client's answer to 401). */
export async function loadSession(): Promise<void> {
  session.value = await get<Session>("/api/v1/session");
  enter();
}

/** Goes on after somebody has signed in again in another tab; with another person's session everything is read anew. */
export async function comeBack(): Promise<void> {
  const before = me();
  await loadSession();
  if (me() !== before) location.reload();
}

export async function signOut(): Promise<void> {
  leaving.value = true;
  try {
    await quiet();
    await remove("/api/v1/session");
  } catch (problem) {
    if (!(problem instanceof ApiError) || problem.status !== 401) {
      leaving.value = false;
      throw problem;
    }
  }
  location.assign("/login");
}

/** The id that tasks are claimed with; "" while nobody is signed in because nobody must be. */
export function me(): string {
  return session.value?.user?.id ?? "";
}

export function may(capability: string): boolean {
  const known = session.value;
  return known !== null && (known.administrator || known.capabilities[capability] === true);
}

export function personName(user: { id: string; firstName?: string | null; lastName?: string | null }): string {
  const name = [user.firstName, user.lastName].filter(Boolean).join(" ");
  return name || user.id;
}
