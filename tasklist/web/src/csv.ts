/** Tables as files for spreadsheets. */

/** RFC 4180; what a spreadsheet would take for a formula gets an apostrophe in front (OWASP, "CSV Injection"). */
export function csv(rows: readonly (readonly (string | null | undefined)[])[]): string {
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}

function cell(value: string | null | undefined): string {
  const text = value ?? "";
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
