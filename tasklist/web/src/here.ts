/** Whether somebody is still where they asked for something, when the answer comes. */

import { useCallback, useEffect, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";

/**
 * A question that says whether the person is still at the screen where it was drawn: who has gone elsewhere meanwhile is
 * not led away from there. A screen stays in place while the next one loads; the address is another by then.
 */
export function useHere(): () => boolean {
  const { path } = useLocation();
  const shown = useRef(true);
  const latest = useRef(path);
  latest.current = path;
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return useCallback(() => shown.current && latest.current === path, [path]);
}
