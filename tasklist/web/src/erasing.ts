/** Screens of things that can be deleted for good there: what they show meanwhile, and where who waited for it is led. */

import { useRef, useState } from "preact/hooks";
import { attempt } from "./components/toasts";
import { useHere } from "./here";

/** Deletes the thing with that id by `run`; then `lead` leads away, but only who is still at the same place. */
export type Erase = (id: string, run: () => Promise<unknown>, lead: () => void) => Promise<void>;

/**
 * The id of what is being deleted, or was: it is not asked for any more, as its end is told. `place` tells the things
 * apart that the screen shows one after the other.
 */
export function useErasing(place: string): { erased: string | null; erase: Erase } {
  const [erased, setErased] = useState<string | null>(null);
  const here = useHere();
  const shown = useRef(place);
  shown.current = place;
  const erase: Erase = async (id, run, lead) => {
    setErased(id);
    const done = await attempt(run, "Deleted");
    if (done && here() && shown.current === place) lead();
    else setErased(null);
  };
  return { erased, erase };
}
