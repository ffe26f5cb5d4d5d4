/** Parts of long lists: pages, columns that sort, a row of filters. */

import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight } from "lucide-preact";
import { useKeys } from "../keys";
import { useTyped } from "../typed";
import { Button, Field } from "./basics";
import "./list.css";

/** Which rows are shown, and steps to those before and after. `total` is left out where it is not known. */
export function Pager({ first, size, shown, more, total, go }: { first: number; size: number; shown: number; more: boolean; total?: number; go: (first: number) => void }) {
  if (first === 0 && !more) return null;
  return (
    <nav class="pager" aria-label="Pages">
      <Button look="quiet" icon={ChevronLeft} aria-label="Page before" disabled={first === 0} onClick={() => go(Math.max(0, first - size))} />
      <span>
        {shown === 0 ? "Nothing on this page" : `${first + 1}–${first + shown}`}
        {total !== undefined && ` of ${total}`}
      </span>
      <Button look="quiet" icon={ChevronRight} aria-label="Next page" disabled={!more} onClick={() => go(first + size)} />
    </nav>
  );
}

/** Says how many rows there are that are not shown yet; a click shows them. It covers rows, but moves none. */
export function Fresh({ of }: { of: { fresh: number; apply: () => void } }) {
  if (of.fresh === 0) return null;
  return (
    <button type="button" class="fresh" onClick={of.apply}>
      <ArrowUp size={14} aria-hidden="true" /> {of.fresh} new
    </button>
  );
}

export interface Order {
  by: string;
  down: boolean;
}

/** The head of a column; a click sorts by it, another one the other way round. */
export function Sorted({ by, order, sort, number, children }: { by: string; order: Order; sort: (order: Order) => void; number?: boolean; children: ComponentChildren }) {
  const mine = order.by === by;
  const Arrow = order.down ? ArrowDown : ArrowUp;
  return (
    <th class={number ? "number" : undefined} aria-sort={mine ? (order.down ? "descending" : "ascending") : undefined}>
      <button type="button" onClick={() => sort({ by, down: mine ? !order.down : Boolean(number) })}>
        {children}
        {mine && <Arrow size={12} aria-hidden="true" class="sort-arrow" />}
      </button>
    </th>
  );
}

/** Fields beside one another above a list. */
export function Filters({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <form class="filters" role="search" aria-label={label} onSubmit={(event) => event.preventDefault()}>
      {children}
    </form>
  );
}

/** Searches the list `of` while one types; "/" leads to it. */
export function Search({ of, placeholder, value, search, children }: { of: string; placeholder: string; value: string | undefined; search: (text: string) => void; children?: ComponentChildren }) {
  const field = useRef<HTMLInputElement>(null);
  const typed = useTyped(value ?? "", search);
  useKeys(of, [{ keys: "/", does: "Search", run: () => field.current?.focus() }]);
  return (
    <Filters label={`Find ${of.toLowerCase()}`}>
      <Field label="Search">
        <input ref={field} type="search" placeholder={placeholder} {...typed} />
      </Field>
      {children}
    </Filters>
  );
}
