/** Files that a person keeps. */

/** Lets the person keep something as a file. */
export function save(name: string, content: string | Blob, type = "application/xml"): void {
  const blob = typeof content === "string" ? new Blob([content], { type }) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000); // some browsers begin to read only later
}
