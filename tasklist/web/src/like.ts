/** Searching for a part of a text. */

/** What `like` filters of the server take for "contains this", letter by letter; nothing for an empty text. */
export function containing(text: string): string | undefined {
  return text ? `%${text.replace(/[\\%_]/g, "\\$&")}%` : undefined;
}
