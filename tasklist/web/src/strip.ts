/** Rows of links or tabs that may be wider than the page, as on a phone. */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { RefObject } from "preact";

/** For such a row: moves it sideways, and nothing else, until what `selector` finds in it is seen; again when `key` changes. */
export function useStrip(selector: string, key: string): RefObject<HTMLDivElement> {
  const strip = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const row = strip.current;
    const wanted = row?.querySelector(selector)?.getBoundingClientRect();
    if (!row || !wanted) return;
    const seen = row.getBoundingClientRect();
    if (wanted.left < seen.left) row.scrollLeft += wanted.left - seen.left;
    else if (wanted.right > seen.right) row.scrollLeft += wanted.right - seen.right;
  }, [selector, key]);
  return strip;
}
