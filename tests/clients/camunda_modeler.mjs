// What Camunda Modeler does when its "Deploy" and "Start" buttons are pressed (its Camunda 7 connector): the same
// requests by the same `fetch` and `FormData`. Prints what it was answered, as JSON.
//
//     node camunda_modeler.mjs URL FILE none|basic|bearer [SECRET]

import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const [url, file, kind, secret] = process.argv.slice(2);
const authorization = {
  none: {},
  basic: { Authorization: `Basic ${Buffer.from(secret ?? "").toString("base64")}` },
  bearer: { Authorization: `Bearer ${secret}` },
}[kind];

async function ask(path, options = {}) {
  const response = await fetch(`${url}${path}`, {
    ...options,
    headers: { Accept: "application/json", ...authorization, ...options.headers },
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, body: await response.json().catch(() => null) };
}

const told = {
  connection: await ask("/deployment?maxResults=0"),
  version: await ask("/version"),
};

const form = new FormData();
form.append("deployment-name", "diagram");
form.append("deployment-source", "Camunda Modeler");
form.append("enable-duplicate-filtering", "true");
form.append(basename(file), new Blob([await readFile(file)]), basename(file));
told.deployed = await ask("/deployment/create", { method: "POST", body: form });

const [definition] = Object.values(told.deployed.body?.deployedProcessDefinitions ?? {});
if (definition) {
  told.started = await ask(`/process-definition/${definition.id}/start`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ businessKey: "from the modeler", variables: { amount: { value: 5, type: "Integer" } } }),
  });
}

const { protocol, host } = new URL(url);
const webapps = await fetch(`${protocol}//${host}/.well-known/camunda-automation-platform/webapps`);
told.webapps = await webapps.json();
console.log(JSON.stringify(told));
