/** Reading again without flooding: changes come in crowds, and what they lead to is done now and then. */

/** Changes that come at once are one. */
export const CALM_MS = 150;
/** After reading there is quiet for as long as the reading took, so many times; at least and at most for so long. */
const TIMES = 3;
export const LEAST_MS = 1_000;
export const MOST_MS = 10_000;

interface Pace {
  timer: ReturnType<typeof setTimeout> | null;
  running: boolean;
  again: boolean;
  free: number;
}

const paces = new WeakMap<() => unknown, Pace>();

/**
 * Runs `run` soon: never twice at the same time, and not before it has rested from the last time. However often it is
 * asked for meanwhile, it runs once more. `wanted` is asked when the time has come.
 */
export function soon(run: () => unknown, wanted: () => boolean): void {
  const pace = paces.get(run) ?? { timer: null, running: false, again: false, free: 0 };
  paces.set(run, pace);
  if (pace.timer !== null) return;
  if (pace.running) {
    pace.again = true;
    return;
  }
  pace.timer = setTimeout(
    () => {
      pace.timer = null;
      if (wanted()) void once(run, pace, wanted);
    },
    Math.max(CALM_MS, pace.free - performance.now()),
  );
}

async function once(run: () => unknown, pace: Pace, wanted: () => boolean): Promise<void> {
  const begun = performance.now();
  pace.running = true;
  try {
    await run();
  } finally {
    const now = performance.now();
    pace.running = false;
    pace.free = now + Math.min(MOST_MS, Math.max(LEAST_MS, TIMES * (now - begun)));
    if (pace.again) {
      pace.again = false;
      soon(run, wanted);
    }
  }
}
