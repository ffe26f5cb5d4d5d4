/** Files that are dropped somewhere: those who take them say so, and nowhere else do they replace the page. */

/** The files of an event, if it brings any. */
export function filesOf(event: DragEvent): readonly File[] {
  return [...(event.dataTransfer?.files ?? [])];
}

/** A browser opens a file that nobody takes in place of the page, and with the page goes what was not saved. */
export function keepPage(): void {
  window.addEventListener("dragover", (event) => {
    if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });
  window.addEventListener("drop", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
}
