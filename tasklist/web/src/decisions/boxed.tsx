/** Boxed expressions as DMN draws them: tables within tables, read only. */

import type { ComponentChildren } from "preact";
import { partsOf } from "./logic";
import type { Boxed, Logic, Named, Table } from "./model";

/** How a decision table within is shown; `name` says where it stands. */
export type ShowTable = (table: Table, name: string) => ComponentChildren;

interface Given<T extends Logic> {
  logic: T;
  /** What people call the whole. */
  name: string;
  table: ShowTable;
}

/** Any expression within a box. */
function Inner({ logic, name, table }: Given<Logic>) {
  if (logic.kind === "table") return <>{table(logic, name)}</>;
  if (logic.kind === "other") return <span class="muted">{logic.word ? `A ${logic.word}, which is shown as XML only` : "-"}</span>;
  if (logic.kind !== "expression") return <BoxedTable logic={logic} name={name} table={table} />;
  return (
    <>
      <code class="boxed-text">{logic.text || "-"}</code>
      {logic.language !== "FEEL" && <span class="clause-more muted">{logic.language}</span>}
    </>
  );
}

export function BoxedTable({ logic, name, table }: Given<Boxed>) {
  if (logic.kind === "relation") {
    return (
      <table class="boxed" aria-label={name}>
        <thead>
          <tr>
            {logic.columns.map((column, index) => (
              <th key={index} scope="col">
                <Name of={column} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {logic.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column}>
                  <Inner logic={cell} name={`${name}, ${logic.columns[column]?.name ?? ""}`} table={table} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    );
  }
  return (
    <table class="boxed" aria-label={name}>
      <tbody>
        {logic.kind === "function" && (
          <tr>
            <th scope="row" class="boxed-word">
              Given
            </th>
            <td>
              {logic.parameters.length === 0 && <span class="muted">nothing</span>}
              <ul role="list" class="boxed-names">
                {logic.parameters.map((parameter, index) => (
                  <li key={index}>
                    <Name of={parameter} />
                  </li>
                ))}
              </ul>
              {logic.language.toUpperCase() !== "FEEL" && <span class="clause-more muted">{logic.language}</span>}
            </td>
          </tr>
        )}
        {partsOf(logic).map((part, index) => (
          <tr key={index}>
            <th scope="row" class={part.word ? "boxed-word" : undefined}>
              <Name of={{ name: part.label, type: part.type }} />
            </th>
            <td>
              <Inner logic={part.logic} name={`${name}, ${part.label}`} table={table} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Name({ of: { name, type } }: { of: Named }) {
  return (
    <>
      {name}
      {type && <span class="clause-more muted">{type}</span>}
    </>
  );
}
