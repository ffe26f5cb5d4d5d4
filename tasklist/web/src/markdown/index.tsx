/** What people and models write, as Markdown. The reader is loaded when there is something to read. */

import { useEffect, useState } from "preact/hooks";
import type { show } from "./show";
import "./markdown.css";

interface Shown {
  text: string;
  /** Each line of the text is one of its own, as in what people type. */
  lines?: boolean;
}

let reader: typeof show | null = null;

export function Markdown({ text, lines = false }: Shown) {
  const [, ready] = useState(reader !== null);
  useEffect(() => {
    if (reader) return;
    let here = true;
    import("./show").then(
      (loaded) => {
        reader = loaded.show;
        if (here) ready(true);
      },
      () => undefined, // it stays as it was written
    );
    return () => {
      here = false;
    };
  }, []);
  return (
    <div class="markdown" dir="auto">
      {reader ? reader(text, lines) : <p class="as-written">{text}</p>}
    </div>
  );
}
