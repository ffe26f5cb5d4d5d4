/** Which columns a list shows, and the list as a file: the same columns for both. */

import type { ComponentChildren } from "preact";
import { Check, Columns3, Download } from "lucide-preact";
import { useAddress } from "../address";
import { csv } from "../csv";
import { save } from "../save";
import { counted } from "./process";
import { Menu } from "./menu";
import { attempt, tell } from "./toasts";

export interface Column<Row> {
  id: string;
  label: string;
  /** What the server sorts by; absent for what cannot be sorted. */
  sortBy?: string;
  number?: boolean;
  show: (row: Row) => ComponentChildren;
  /** The same in a file. */
  text: (row: Row) => string | null;
  /** Shown only when somebody wants it. */
  extra?: boolean;
}

/** So many rows are saved at most. */
const MOST = 10_000;

/** The columns that are shown, which stand in the address, and the menu that chooses them. */
export function useColumns<Row>(columns: readonly Column<Row>[]): { shown: readonly Column<Row>[]; menu: ComponentChildren } {
  const { query, set } = useAddress();
  const usual = columns.filter((one) => !one.extra).map((one) => one.id);
  const wanted = query.columns ? query.columns.split(".") : usual;
  const shown = columns.filter((one) => wanted.includes(one.id));
  const toggle = (id: string) => {
    const next = columns.map((one) => one.id).filter((one) => (one === id ? !wanted.includes(id) : wanted.includes(one)));
    if (next.length) set({ columns: next.join(".") === usual.join(".") ? null : next.join(".") });
  };
  const menu = (
    <Menu
      label="Columns"
      icon={Columns3}
      actions={columns.map((one) => ({ label: one.label, icon: wanted.includes(one.id) ? Check : undefined, chosen: wanted.includes(one.id), run: () => toggle(one.id) }))}
    />
  );
  return { shown, menu };
}

/** A menu that saves all rows of a list, not only those of the page. `read` gives them from a first one on, as many as it likes. */
export function Export<Row>({ name, columns, read }: { name: string; columns: readonly Column<Row>[]; read: (first: number) => Promise<{ rows: readonly Row[]; more: boolean }> }) {
  const all = async () => {
    const rows: Row[] = [];
    for (let more = true; more && rows.length < MOST; ) {
      const page = await read(rows.length);
      rows.push(...page.rows);
      more = page.more && page.rows.length > 0;
      if (more && rows.length >= MOST) tell(`Saved the first ${counted(rows.length, "row")}: narrow the list to save others`);
    }
    return rows;
  };
  const asCsv = async () => {
    const lines = (await all()).map((row) => columns.map((one) => one.text(row)));
    save(`${name}.csv`, csv([columns.map((one) => one.label), ...lines]), "text/csv");
  };
  const asJson = async () => save(`${name}.json`, JSON.stringify(await all(), null, 2), "application/json");
  return (
    <Menu
      label="Save the list"
      icon={Download}
      actions={[
        { label: "As CSV", run: () => void attempt(asCsv) },
        { label: "As JSON", run: () => void attempt(asJson) },
      ]}
    />
  );
}
