// A worker made with Camunda's own client: does as the variable `way` of each task says, and stops after the last one.
import { Client, Variables } from "camunda-external-task-client-js";

const [baseUrl, howMany] = process.argv.slice(2);
let left = Number(howMany);
const client = new Client({
  baseUrl,
  workerId: "node",
  maxTasks: 2,
  interval: 50,
  lockDuration: 20_000,
  asyncResponseTimeout: 10_000,
});

const ways = {
  async complete(task, service) {
    const variables = new Variables();
    variables.set("total", task.variables.get("amount") + 1);
    variables.set("items", ["a", "b"]);
    await service.complete(task, variables);
  },
  async fail(task, service) {
    const failure = { errorMessage: "No stock", errorDetails: "shelf 7", retries: 0, retryTimeout: 0 };
    await service.handleFailure(task, failure);
  },
  async error(task, service) {
    await service.extendLock(task, 30_000);
    await service.handleBpmnError(task, "E1", "Refused", new Variables().set("reason", "limit"));
  },
};

client.subscribe("work", { includeExtensionProperties: true }, async ({ task, taskService }) => {
  await ways[task.variables.get("way")](task, taskService);
  console.log(JSON.stringify({ businessKey: task.businessKey, where: task.extensionProperties?.where ?? null }));
  left -= 1;
  if (left === 0) {
    client.stop();
    process.exit(0);
  }
});
console.log("listening");
