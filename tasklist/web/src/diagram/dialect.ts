/** Which of the two dialects of Camunda a model is written in. */

export type Dialect = "platform" | "cloud";

/** Camunda 8 if the file says so or speaks only `zeebe:`; else Camunda 7. */
export function dialect(xml: string): Dialect {
  const platform = /executionPlatform="([^"]*)"/.exec(xml)?.[1];
  if (platform) return /cloud/i.test(platform) ? "cloud" : "platform";
  const speaks = (namespace: string) => xml.includes(namespace);
  return speaks("http://camunda.org/schema/zeebe/1.0") && !speaks("http://camunda.org/schema/1.0/bpmn") ? "cloud" : "platform";
}
