/** The names of things and permissions, as people read them. */

/** Camunda's names in words: "CREATE_INSTANCE" is "create instance", "ProcessDefinition" is "Process definition". */
export function words(name: string): string {
  if (/^[A-Z_]+$/.test(name)) return name.toLowerCase().replaceAll("_", " ");
  const spaced = name.replace("Catgeory", "Category").replaceAll(/([a-z])([A-Z])/g, (_, end: string, start: string) => `${end} ${start.toLowerCase()}`);
  return spaced;
}
