import { describe, expect, it } from "vitest";
import { translate } from "./links";

describe("addresses of Camunda's apps", () => {
  it.each([
    ["cockpit/default/", "#/process-instance/42", "/instances/42"],
    ["cockpit/default/", "#/process-instance/42/runtime?viewbox=1", "/instances/42"],
    ["cockpit/default/", "#/process-definition/order:3:77/runtime", "/processes/order?version=3"],
    ["cockpit/default/", '#/repository?deploymentsQuery=%5B%7B%22type%22:%22id%22,%22operator%22:%22eq%22,%22value%22:%2242%22%7D%5D', "/deployments?deployment=42"],
    ["cockpit/default/", "#/repository?deploymentsQuery=nonsense", "/deployments"],
    ["cockpit/default/", "#/decision-definition/dish:2:5?searchQuery=[]", "/decisions/dish?version=2"],
    ["cockpit/default/", "#/decision-instance/42", "/decisions"],
    ["cockpit/default/", "#/decisions", "/decisions"],
    ["cockpit/default/", "#/dashboard", "/processes"],
    ["tasklist/default/", "#/?task=9", "/tasks?task=9"],
    ["tasklist/default/", "", "/tasks"],
    ["admin/default/", "#/users", "/admin"],
  ])("%s%s leads to %s", (path, hash, here) => expect(translate(`/camunda/app/${path}`, hash)).toBe(here));
});
