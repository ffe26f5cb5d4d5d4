/** How a tab hears of changes: by the worker that all tabs share, else by one of few streams, else not at all. */

import { Hub, type Word } from "./hub";

/** What a tab tells the worker: the topics it wants, none while nobody looks at it, null when it is closed. */
export interface Wish {
  topics: readonly string[] | null;
}

/** A tab that the worker has not heard for so long is not there any more. */
export const SILENT_MS = 90_000;
const SPEAK_MS = 30_000;
/** Without a shared worker so many tabs have a stream, where they can agree on it: a browser has six connections. */
const STREAMS = 2;

export interface Line {
  want(topics: readonly string[]): void;
}

export function openLine(tell: (word: Word) => void): Line {
  if (typeof SharedWorker === "undefined") return own(tell);
  try {
    return shared(tell);
  } catch {
    return own(tell);
  }
}

function shared(tell: (word: Word) => void): Line {
  const worker = new SharedWorker(new URL("./live-worker.ts", import.meta.url), { name: "baton live" });
  let topics: readonly string[] = [];
  let instead: Line | null = null;
  const say = (wish: Wish) => worker.port.postMessage(wish);
  worker.onerror = () => {
    instead ??= own(tell);
    instead.want(topics);
  };
  worker.port.onmessage = (message: MessageEvent<Word>) => tell(message.data);
  window.setInterval(() => topics.length > 0 && !instead && say({ topics }), SPEAK_MS);
  window.addEventListener("pagehide", () => say({ topics: null }));
  window.addEventListener("pageshow", (event) => event.persisted && say({ topics }));
  return {
    want(wanted) {
      topics = wanted;
      if (instead) instead.want(wanted);
      else say({ topics });
    },
  };
}

/** A stream of this tab's own, if not too many others have one. */
function own(tell: (word: Word) => void): Line {
  const hub = new Hub((address) => new EventSource(address), tell);
  let topics: readonly string[] = [];
  let place: "none" | "asked" | "taken" = navigator.locks ? "none" : "taken";
  let leave: (() => void) | null = null;
  const ask = async (number: number): Promise<void> => {
    if (number > STREAMS || place !== "asked") {
      if (place === "asked") place = "none";
      return;
    }
    const taken = await navigator.locks.request(`baton stream ${number}`, { ifAvailable: true }, async (lock) => {
      if (!lock || topics.length === 0) return lock !== null;
      place = "taken";
      hub.want(topics);
      await new Promise<void>((resolve) => (leave = resolve));
      return true;
    });
    if (!taken) await ask(number + 1);
    else if (place === "asked") place = "none";
  };
  const look = () => {
    if (place === "none" && topics.length > 0) {
      place = "asked";
      void ask(1);
    }
  };
  window.setInterval(look, SPEAK_MS / 3);
  return {
    want(wanted) {
      topics = wanted;
      if (place === "taken") hub.want(topics);
      if (topics.length === 0 && leave) {
        leave();
        leave = null;
        place = "none";
      }
      look();
    },
  };
}
