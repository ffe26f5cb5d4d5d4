/** Every request of the app: one function, typed answers, and errors that can be shown to a person. */

import { signal } from "@preact/signals";
import type { components as Engine } from "./engine";
import type { components as Own } from "./own";

/** The shapes of the engine's REST API, made from its OpenAPI document. */
export type Schemas = Engine["schemas"];
/** The shapes of Baton's own REST API, made from its OpenAPI document. */
export type OwnSchemas = Own["schemas"];

export const ENGINE = "/engine-rest";
export const OWN = "/api/v1";

type Parameter = string | number | boolean | null | undefined | readonly string[];
export type Query = Record<string, Parameter>;

export interface Asked {
  query?: Query;
  json?: unknown;
  body?: BodyInit;
  /** Why: goes into the audit log. */
  reason?: string;
  signal?: AbortSignal;
  /** The answer as text, or as bytes, instead of JSON. */
  as?: "json" | "text" | "blob";
  /** It only reads, whatever its method. */
  reads?: boolean;
}

/** What went wrong, in the server's words, with what a person needs to report it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    readonly details: unknown = null,
    readonly request = "",
  ) {
    super(message);
    this.name = "ApiError";
  }

  /** Somebody else was faster, or the thing is gone. */
  get conflict(): boolean {
    return this.status === 409 || this.status === 404 || /OptimisticLocking|TaskAlreadyClaimed/.test(this.type);
  }
}

/** Set when the server could not be reached at the last request; the frame shows it. */
export const offline = signal(false);

/** Set when the session of this page has ended: what is on it stays, until the person has signed in again. */
export const signedOut = signal(false);

/** Set while the person signs out: what the page reads by itself would be refused from now on. */
export const leaving = signal(false);

/** What was asked and is not answered yet. */
const asked = new Set<Promise<Response>>();

/** Waits until all is answered that was asked. */
export async function quiet(): Promise<void> {
  while (asked.size > 0) await Promise.allSettled(asked);
}

/** Set when the page knows who is signed in. */
let inside = false;

/** The person is signed in: from now on the page stays where it is if the session ends. */
export function enter(): void {
  inside = true;
  signedOut.value = false;
}

/** What changes with every session, for pages to see whether there is another one. */
export function sessionMark(): string | null {
  return cookie("XSRF-TOKEN");
}

/** A request that changes something. */
export interface Change {
  method: string;
  url: string;
  json?: unknown;
}

/** The last change that was asked for, for "Copy as curl". */
export const lastChange = signal<Change | null>(null);

export function get<T>(path: string, query?: Query, options: Asked = {}): Promise<T> {
  return ask<T>("GET", path, { ...options, query });
}

export function post<T = void>(path: string, json: unknown = {}, options: Asked = {}): Promise<T> {
  return ask<T>("POST", path, { ...options, json });
}

export function put<T = void>(path: string, json: unknown = {}, options: Asked = {}): Promise<T> {
  return ask<T>("PUT", path, { ...options, json });
}

export function remove<T = void>(path: string, options: Asked = {}): Promise<T> {
  return ask<T>("DELETE", path, options);
}

/** Asks the server. A path that begins with neither prefix is one of the engine's REST API. Throws ApiError. */
export async function ask<T>(method: string, path: string, options: Asked = {}): Promise<T> {
  const url = address(path, options.query);
  const headers: Record<string, string> = { Accept: options.as === "text" ? "*/*" : "application/json" };
  let body = options.body;
  if (options.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(options.json);
  }
  if (method !== "GET") {
    const token = cookie("XSRF-TOKEN");
    if (token) headers["X-XSRF-TOKEN"] = token;
    if (options.reason) headers["X-Baton-Reason"] = encodeURIComponent(options.reason);
    if (!options.reads) lastChange.value = { method, url, json: options.json };
  }
  const response = await fetched(url, { method, headers, body, signal: options.signal, credentials: "same-origin" });
  if (!response.ok) throw await problem(response, `${method} ${path}`);
  if (options.as === "blob") return (await whole(response)) as T;
  if (options.as === "text") return (await response.text()) as T;
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

export function address(path: string, query: Query = {}): string {
  const whole = path.startsWith(ENGINE) || path.startsWith(OWN) ? path : ENGINE + path;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    parameters.set(name, Array.isArray(value) ? value.join(",") : String(value));
  }
  const text = parameters.toString();
  return text ? `${whole}?${text}` : whole;
}

/** The last change as a command for a terminal, with a place for the token. */
export function curl(change: Change): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = ["curl", "-X", change.method, "-H", quoted("Authorization: Bearer $BATON_TOKEN")];
  if (change.json !== undefined) {
    parts.push("-H", quoted("Content-Type: application/json"), "-d", quoted(JSON.stringify(change.json)));
  }
  return [...parts, quoted(location.origin + change.url)].join(" ");
}

async function whole(response: Response): Promise<Blob> {
  try {
    return await response.blob();
  } catch {
    throw new ApiError(0, "Broken", "Something went wrong before all of it was here. Try again.");
  }
}

async function fetched(url: string, init: RequestInit): Promise<Response> {
  const asking = fetch(url, init);
  asked.add(asking);
  try {
    const response = await asking;
    offline.value = false;
    return response;
  } catch (reason) {
    if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
    offline.value = true;
    throw new ApiError(0, "Offline", "The server cannot be reached. Check the connection, then try again.");
  } finally {
    asked.delete(asking);
  }
}

async function problem(response: Response, request: string): Promise<ApiError> {
  if (response.status === 401 && inside) signedOut.value = true;
  else if (response.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  try {
    const told = (await response.json()) as { type?: string; message?: string; details?: unknown };
    return new ApiError(response.status, told.type ?? "", told.message ?? response.statusText, told.details, request);
  } catch {
    return new ApiError(response.status, "", `The server answered ${response.status} ${response.statusText}`, null, request);
  }
}

function cookie(name: string): string | null {
  for (const part of document.cookie.split("; ")) {
    const [key, ...value] = part.split("=");
    if (key === name) return decodeURIComponent(value.join("="));
  }
  return null;
}
