/** Whether somebody is still where they asked for something, when the answer comes. */

import { useCallback, useEffect, useRef } from "preact/hooks";

/** A question that says whether the component is still shown: who has gone elsewhere meanwhile is not led away from there. */
export function useHere(): () => boolean {
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  return useCallback(() => here.current, []);
}
