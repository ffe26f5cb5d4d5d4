/** Texts that count when the person has paused: until then news that come in do not touch them. */

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useLocation } from "preact-iso";

/** How long nothing must be typed. */
const PAUSE_MS = 200;

export interface Typed {
  value: string;
  onInput: (event: { currentTarget: HTMLInputElement }) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/**
 * A field that shows `value`, and gives what was typed to `apply` after a pause or by Enter, without spaces around it.
 * Whoever leaves the screen meanwhile stays where they went, also while the next screen loads and this one is still in
 * place; `apply` is the one of the latest drawing.
 */
export function useTyped(value: string, apply: (text: string) => void): Typed {
  const { path } = useLocation();
  const [typed, setTyped] = useState(value);
  const timer = useRef(0);
  const applied = useRef(value);
  const latest = useRef(apply);
  latest.current = apply;
  const stop = () => window.clearTimeout(timer.current);
  const give = (text: string) => {
    stop();
    applied.current = text.trim();
    latest.current(applied.current);
  };
  useEffect(() => {
    if (value === applied.current) return; // it comes from here, where more may have been typed since
    stop();
    applied.current = value;
    setTyped(value);
  }, [value]);
  useLayoutEffect(() => stop, [path]);
  return {
    value: typed,
    onInput: ({ currentTarget: { value: text } }) => {
      setTyped(text);
      stop();
      timer.current = window.setTimeout(() => give(text), PAUSE_MS);
    },
    onKeyDown: (event) => {
      if (event.key === "Enter") give((event.currentTarget as HTMLInputElement).value);
    },
  };
}
