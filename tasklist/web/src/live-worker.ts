/** The one stream of a browser: a browser opens few connections to a server, and each tab with its own would use them up. */

import { Hub, type Word } from "./hub";
import { SILENT_MS, type Wish } from "./line";

/** What of the scope of a shared worker is used; its types do not go together with those of pages. */
interface Scope {
  onconnect: ((event: MessageEvent) => void) | null;
}

interface Tab {
  topics: readonly string[];
  heard: number;
}

const tabs = new Map<MessagePort, Tab>();
const hub = new Hub((address) => new EventSource(address), tellAll);

function tellAll(word: Word): void {
  for (const [port, tab] of tabs) if (!("topics" in word) || word.topics.some((topic) => tab.topics.includes(topic))) port.postMessage(word);
}

/** A tab that was closed may not say so: tabs that want something speak now and then. */
function forget(): void {
  const now = Date.now();
  for (const [port, tab] of tabs) if (tab.topics.length > 0 && now - tab.heard > SILENT_MS) tabs.delete(port);
  want();
}

function want(): void {
  hub.want(new Set([...tabs.values()].flatMap((tab) => tab.topics)));
}

(globalThis as unknown as Scope).onconnect = (event) => {
  const port = event.ports[0];
  if (!port) return;
  port.onmessage = (message: MessageEvent<Wish>) => {
    const { topics } = message.data;
    const before = tabs.get(port)?.topics ?? [];
    if (topics === null) tabs.delete(port);
    else tabs.set(port, { topics, heard: Date.now() });
    want();
    port.postMessage({ live: hub.isLive } satisfies Word);
    const missed = hub.lately((topics ?? []).filter((topic) => !before.includes(topic)));
    if (missed.length > 0) port.postMessage({ topics: missed } satisfies Word);
  };
};
setInterval(forget, SILENT_MS);
