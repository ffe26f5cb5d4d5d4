/** What is different between two models, as a list. */

import { useState } from "preact/hooks";
import { Button, Pill, type Tone } from "./basics";
import type { Difference } from "../diagram/differences";
import "./differences.css";

const TONES: Record<Difference["kind"], Tone> = { added: "green", removed: "red", changed: "amber", moved: "grey" };
const SHOWN = 30;

/** `choose` makes each a button that tells which one was chosen. */
export function Differences({ differences, chosen = null, choose }: { differences: readonly Difference[]; chosen?: string | null; choose?: (id: string) => void }) {
  const [all, setAll] = useState(false);
  if (differences.length === 0) return <p class="muted">Nothing is different.</p>;
  const shown = all ? differences : differences.slice(0, SHOWN);
  return (
    <ul class="differences" role="list">
      {shown.map((one) => (
        <li key={one.kind + one.id} class="row">
          <Pill tone={TONES[one.kind]}>{one.kind}</Pill>{" "}
          {choose ? (
            <button type="button" class="link" aria-pressed={one.id === chosen} onClick={() => choose(one.id)}>
              {one.name}
            </button>
          ) : (
            one.name
          )}
          {one.name !== one.id && <span class="muted small mono">{one.id}</span>}
        </li>
      ))}
      {shown.length < differences.length && (
        <li>
          <Button look="quiet" onClick={() => setAll(true)}>
            Show {differences.length - shown.length} more
          </Button>
        </li>
      )}
    </ul>
  );
}
