/** Tables that people shape: which columns they show, how they are sorted, what is done to rows, and the same as a file. */

import { Fragment, type ComponentChildren } from "preact";
import { Check, Columns3, Download, RotateCw } from "lucide-preact";
import { useAddress } from "../address";
import { ask, OWN, type Query } from "../api/client";
import type { Paged } from "../paging";
import { preferences, remember } from "../preferences";
import { save } from "../save";
import { rowClass, type SteadyRow } from "../steady";
import { Button, Shown } from "./basics";
import { Fresh, Pager, Sorted, type Order } from "./list";
import { Menu } from "./menu";
import { attempt } from "./toasts";

/** What of a row goes into a column of a file: its head, and the way to it from member to member. */
export interface InFile {
  label: string;
  path: readonly string[];
}

export interface Column<Row> {
  id: string;
  label: string;
  /** Said of the head where it is pointed at. */
  hint?: string;
  /** What the server sorts by; absent for what cannot be sorted. */
  sortBy?: string;
  number?: boolean;
  mono?: boolean;
  nowrap?: boolean;
  show: (row: Row) => ComponentChildren;
  /** The same in a file, if that is not the member that is called as the column is. */
  inFile?: readonly InFile[];
  /** Shown only when somebody wants it. */
  extra?: boolean;
}

/**
 * The columns that are shown, and the menu that chooses them: they stand in the address, and are remembered in this
 * browser for the list of that name. `parameter` tells several tables on a screen from one another.
 */
export function useColumns<Row>(name: string, columns: readonly Column<Row>[], parameter = "columns"): { shown: readonly Column<Row>[]; menu: ComponentChildren } {
  const { query, set } = useAddress();
  const usual = columns.filter((one) => !one.extra).map((one) => one.id);
  const wanted = (query[parameter] ?? preferences.value.columns[name])?.split(".") ?? usual;
  const known = columns.filter((one) => wanted.includes(one.id));
  const shown = known.length ? known : columns.filter((one) => !one.extra);
  const toggle = (id: string) => {
    const next = columns.map((one) => one.id).filter((one) => (one === id ? !wanted.includes(id) : wanted.includes(one)));
    if (next.length === 0) return;
    const text = next.join(".") === usual.join(".") ? null : next.join(".");
    remember(name, text);
    set({ [parameter]: text });
  };
  const menu = (
    <Menu
      label="Columns"
      icon={Columns3}
      actions={columns.map((one) => ({ label: one.label, icon: wanted.includes(one.id) ? Check : undefined, chosen: wanted.includes(one.id), stays: true, run: () => toggle(one.id) }))}
    />
  );
  return { shown, menu };
}

/** What is saved of a list: `of` is the path that lists it, `more` what its query alone does not say. */
export interface Savable {
  of: string;
  query: Query | Record<string, unknown>;
  more?: Record<string, unknown>;
}

/** A menu that saves all rows of a list, not only those of the page: the server writes the file. */
export function SaveList<Row>({ name, columns, of, query, more }: { name: string; columns: readonly Column<Row>[] } & Savable) {
  const write = (format: "csv" | "json") =>
    attempt(async () => {
      const chosen = columns.flatMap((one) => one.inFile ?? [{ label: one.label, path: [one.id] }]);
      const file = await ask<Blob>("POST", "/api/v1/export", { json: { of: of.replace(OWN, ""), query, ...more, format, name, columns: chosen }, as: "blob", reads: true });
      save(`${name}.${format}`, file);
    });
  return (
    <Menu
      label="Save the list"
      icon={Download}
      actions={[
        { label: "As CSV", run: () => void write("csv") },
        { label: "As JSON", run: () => void write("json") },
      ]}
    />
  );
}

export interface Group {
  id: string;
  label: string;
  /** How many there are of it in the whole list, if that is known. */
  count?: number;
}

interface Chosen<Row> {
  has: (row: Row) => boolean;
  toggle: (row: Row, range: boolean) => void;
  label: (row: Row) => string;
  /** The head above the boxes. */
  head: ComponentChildren;
}

interface TableProps<Row> {
  /** What a screen reader calls it. */
  label: string;
  /** A class of its own. */
  look?: string;
  columns: readonly Column<Row>[];
  rows: readonly SteadyRow<Row>[];
  keyOf: (row: Row) => string;
  order?: Order;
  sort?: (order: Order) => void;
  /** What can be done to one row. */
  actions?: (row: Row) => ComponentChildren;
  chosen?: Chosen<Row>;
  /** The group of a row; rows of one follow each other. */
  groupOf?: (row: Row) => Group;
  rowProps?: (row: SteadyRow<Row>) => { class?: string; onClick?: () => void; "data-task"?: string; "aria-current"?: boolean };
}

/** Whether Shift was held at the last click on a box: the change that follows does not tell. */
let shift = false;

export function Table<Row extends object>({ label, look, columns, rows, keyOf, order, sort, actions, chosen, groupOf, rowProps }: TableProps<Row>) {
  const width = columns.length + (chosen ? 1 : 0) + (actions ? 1 : 0);
  return (
    <table class={look ? `table ${look}` : "table"} aria-label={label}>
      <thead>
        <tr>
          {chosen && <th class="pick">{chosen.head}</th>}
          {columns.map((column) => (
            <Head key={column.id} column={column} order={order} sort={sort} />
          ))}
          {actions && (
            <th>
              <span class="hidden">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      {inGroups(rows, groupOf).map((part) => (
        <tbody key={part.group?.id ?? ""}>
          {part.group && (
            <tr class="group-row">
              <th scope="rowgroup" colSpan={width}>
                <GroupName group={part.group} />
              </th>
            </tr>
          )}
          {part.rows.map((row) => {
            const { class: own, ...rest } = rowProps?.(row) ?? {};
            return (
              <tr key={keyOf(row)} class={[own, rowClass(row)].filter(Boolean).join(" ")} {...rest}>
                {chosen && (
                  <td class="pick">
                    <input
                      type="checkbox"
                      aria-label={chosen.label(row)}
                      checked={chosen.has(row)}
                      onClick={(event) => (shift = event.shiftKey)}
                      onChange={() => chosen.toggle(row, shift)}
                    />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.id} class={[column.number && "number", column.mono && "mono", column.nowrap && "nowrap"].filter(Boolean).join(" ")}>
                    {column.show(row)}
                  </td>
                ))}
                {actions && <td class="number">{!row.gone && actions(row)}</td>}
              </tr>
            );
          })}
        </tbody>
      ))}
    </table>
  );
}

function Head<Row>({ column, order, sort }: { column: Column<Row>; order?: Order; sort?: (order: Order) => void }) {
  if (column.sortBy && order && sort) {
    return (
      <Sorted by={column.sortBy} order={order} sort={sort} number={column.number}>
        {column.label}
      </Sorted>
    );
  }
  return (
    <th class={column.number ? "number" : undefined} title={column.hint}>
      {column.label}
    </th>
  );
}

export function GroupName({ group }: { group: Group }) {
  return (
    <Fragment>
      <span dir="auto">{group.label}</span>
      {group.count !== undefined && <span class="count">{group.count}</span>}
    </Fragment>
  );
}

/** Rows that follow each other, by their groups. */
export function inGroups<Row>(rows: readonly Row[], groupOf?: (row: Row) => Group): readonly { group: Group | null; rows: Row[] }[] {
  if (!groupOf) return [{ group: null, rows: [...rows] }];
  const parts: { group: Group; rows: Row[] }[] = [];
  for (const row of rows) {
    const group = groupOf(row);
    const part = parts.find((one) => one.group.id === group.id);
    if (part) part.rows.push(row);
    else parts.push({ group, rows: [row] });
  }
  return parts;
}

/** A page of a list with all that belongs to it: what narrows it, its columns, the file, the table, and the other pages. */
export function Listed<Row extends object>({
  name,
  of,
  label,
  look,
  columns,
  empty,
  actions,
  rowProps,
  children,
  add,
  plain,
}: {
  /** Of the file, and by which its columns are remembered. */
  name: string;
  of: Paged<Row>;
  label: string;
  /** A class of the table's own. */
  look?: string;
  columns: readonly Column<Row>[];
  /** What is shown instead of a table without rows. */
  empty: ComponentChildren;
  actions?: (row: Row) => ComponentChildren;
  rowProps?: TableProps<Row>["rowProps"];
  /** What narrows the list down. */
  children?: ComponentChildren;
  /** What makes another one. */
  add?: ComponentChildren;
  /** It stands in a card already. */
  plain?: boolean;
}) {
  const { shown, menu } = useColumns(name, columns, of.parameters.columns);
  return (
    <>
      <div class="list-bar">
        {children}
        <div class="row list-tools">
          {of.rows.some((row) => row.gone) && <Button look="quiet" icon={RotateCw} aria-label="Show what there is now" title="Show what there is now" onClick={of.apply} />}
          {menu}
          <SaveList name={name} columns={shown} of={of.path} query={of.asked} />
          {add}
        </div>
      </div>
      <Shown of={of} lines={8}>
        {() =>
          of.rows.length === 0 ? (
            empty
          ) : (
            <div class={plain ? "steady" : "card steady"}>
              <Fresh of={of} />
              <div class="scroll-x" role="group" aria-label={label} tabIndex={0}>
                <Table label={label} look={look} columns={shown} rows={of.rows} keyOf={of.keyOf} order={of.order} sort={of.sort} actions={actions} rowProps={rowProps} />
              </div>
              <Pager first={of.first} size={of.size} shown={of.rows.length} more={of.more} total={of.total} go={of.go} />
            </div>
          )
        }
      </Shown>
    </>
  );
}
