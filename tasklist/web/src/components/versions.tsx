/** Versions of a definition, of a process or of a decision: one of them to be shown, two of them to be compared. */

import { useState } from "preact/hooks";
import { Field } from "./basics";
import "./versions.css";

interface Version {
  readonly id: string;
  readonly version: number;
  readonly versionTag?: string | null;
}

/** Chooses the version that a page shows; `versions` begin with the newest one, for which null is chosen. */
export function VersionPicker({ versions, version, choose }: { versions: readonly Version[]; version: number; choose: (version: string | null) => void }) {
  return (
    <label class="row version-picker">
      <span class="muted">Version</span>
      <select
        class="filter-input"
        value={String(version)}
        onChange={({ currentTarget: { value } }) => choose(Number(value) === versions[0]?.version ? null : value)}
      >
        {versions.map((one) => (
          <option key={one.id} value={String(one.version)}>
            {named(one)}
            {one === versions[0] ? " (newest)" : ""}
          </option>
        ))}
      </select>
    </label>
  );
}

export interface Compared {
  readonly from: string;
  readonly to: string;
}

/** The ids of two versions, the older one first, and how to set them. */
export function useCompared(one: Version, other: Version) {
  return useState<Compared>(one.version < other.version ? { from: one.id, to: other.id } : { from: other.id, to: one.id });
}

/** Chooses the two versions that are compared. */
export function ComparedPicker({ versions, ids, choose }: { versions: readonly Version[]; ids: Compared; choose: (ids: Compared) => void }) {
  const pick = (side: keyof Compared, label: string) => (
    <Field label={label}>
      <select value={ids[side]} onChange={(event) => choose({ ...ids, [side]: event.currentTarget.value })}>
        {versions.map((each) => (
          <option key={each.id} value={each.id}>
            {named(each)}
          </option>
        ))}
      </select>
    </Field>
  );
  return (
    <div class="row">
      {pick("from", "From version")}
      {pick("to", "To version")}
    </div>
  );
}

function named({ version, versionTag }: Version): string {
  return versionTag ? `${version} · ${versionTag}` : String(version);
}
