/** Versions of a definition, of a process or of a decision: a table of them, one to be shown, two to be compared. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { GitCompareArrows } from "lucide-preact";
import { Button, Field, Pill } from "./basics";
import { Table, type Column } from "./table";
import "./versions.css";

interface Version {
  readonly id: string;
  readonly version: number;
  readonly versionTag?: string | null;
}

interface Deployed extends Version {
  readonly key: string;
  readonly name: string | null;
  readonly deploymentId: string | null;
  readonly suspended?: boolean;
}

interface VersionTableProps<V> {
  /** They begin with the newest one. */
  versions: readonly V[];
  /** The one that the page shows, with which the others are compared. */
  shown: V;
  /** Shows another one; null stands for the newest. */
  choose: (version: number | null) => void;
  /** What there is to know of each besides. */
  more?: readonly Column<V>[];
  comparison: (one: V, close: () => void) => ComponentChildren;
}

export function VersionTable<V extends Deployed>({ versions, shown, choose, more = [], comparison }: VersionTableProps<V>) {
  const [compared, setCompared] = useState<V | null>(null);
  const columns: readonly Column<V>[] = [
    {
      id: "version",
      label: "Version",
      show: (one) => (
        <>
          <button type="button" class="link" aria-label={`Show version ${one.version}`} onClick={() => choose(one.version === versions[0]?.version ? null : one.version)}>
            {one.version}
          </button>{" "}
          {one.version === versions[0]?.version && <Pill tone="blue">Newest</Pill>} {one.suspended && <Pill tone="grey">Suspended</Pill>}
        </>
      ),
    },
    { id: "versionTag", label: "Tag", show: (one) => one.versionTag },
    { id: "name", label: "Name", show: (one) => one.name ?? one.key },
    ...more,
    { id: "deployment", label: "Deployment", show: (one) => <a href={`/deployments?deployment=${one.deploymentId}`}>Open</a> },
  ];
  return (
    <>
      <div class="scroll-x" role="group" aria-label="Versions" tabIndex={0}>
        <Table
          label="Versions"
          columns={columns}
          rows={versions}
          keyOf={(one) => one.id}
          rowProps={(one) => ({ "aria-current": one.id === shown.id || undefined })}
          actions={(one) =>
            one.id !== shown.id && (
              <Button look="quiet" icon={GitCompareArrows} onClick={() => setCompared(one)}>
                Compare with {shown.version}
              </Button>
            )
          }
        />
      </div>
      {compared && comparison(compared, () => setCompared(null))}
    </>
  );
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
