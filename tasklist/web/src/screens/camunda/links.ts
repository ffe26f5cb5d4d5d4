/** The addresses of Camunda's web apps, as modelers and mails hold them, and where the same is here. */

/** Where an address of Camunda's apps leads: `path` is the app's, `hash` what follows it. */
export function translate(path: string, hash: string): string {
  const app = /\/app\/(\w+)/.exec(path)?.[1] ?? "tasklist";
  const [route = "", search = ""] = hash.replace(/^#?\/?/, "").split("?");
  const [first = "", id = ""] = route.split("/").map(decodeURIComponent);
  const query = new URLSearchParams(search);
  if (app === "tasklist") {
    const task = query.get("task");
    return task ? `/tasks?task=${encodeURIComponent(task)}` : "/tasks";
  }
  if (app === "admin") return "/admin";
  if (first === "process-instance" && id) return `/instances/${encodeURIComponent(id)}`;
  if (first === "process-definition" && id) return `/processes/${encodeURIComponent(id.split(":")[0] ?? id)}?version=${encodeURIComponent(id.split(":")[1] ?? "")}`;
  if (first === "decision-definition" && id) return `/decisions/${encodeURIComponent(id.split(":")[0] ?? id)}?version=${encodeURIComponent(id.split(":")[1] ?? "")}`;
  if (first === "decisions" || first === "decision-instance") return "/decisions";
  if (first === "repository") {
    const deployment = query.get("deployment") ?? deploymentOf(query.get("deploymentsQuery"));
    return deployment ? `/deployments?deployment=${encodeURIComponent(deployment)}` : "/deployments";
  }
  if (first === "incidents") return "/incidents";
  if (first === "batch") return "/batches";
  return "/processes";
}

/** The deployment that a search names: `[{"type":"id","operator":"eq","value":"42"}]`. */
function deploymentOf(search: string | null): string | null {
  try {
    const parts = JSON.parse(search ?? "[]") as { type?: string; value?: string }[];
    return parts.find((part) => part.type === "id")?.value ?? null;
  } catch {
    return null;
  }
}
