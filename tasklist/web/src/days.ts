/** Days as people choose them, and as they stand in addresses. */

/** When a day begins where the person is, or so many days later, as the REST API reads it; nothing for what is no day. */
export function midnight(day: string | undefined, later = 0): string | undefined {
  const begin = new Date(`${day ?? ""}T00:00:00`);
  begin.setDate(begin.getDate() + later);
  return Number.isNaN(begin.getTime()) ? undefined : begin.toISOString().replace("Z", "+0000");
}
