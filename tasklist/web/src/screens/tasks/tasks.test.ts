import { describe, expect, it } from "vitest";
import { queryOf, wantedOf } from "./wanted";

describe("saved filters", () => {
  it("reads what it wrote", () => {
    const query = { assigneeExpression: "${currentUser()}", nameLike: "%check%", minPriority: 75, withoutDueDate: true };
    const wanted = wantedOf(query);
    expect(wanted).toMatchObject({ who: "me", name: "check", priority: "75", due: "none", order: "newest" });
    expect(wantedOf(queryOf(wanted, {}))).toEqual(wanted);
  });

  it("leaves alone what it does not know, and drops the empty lists that are always shown", () => {
    const before = { owner: "mary", processVariables: [], taskVariables: [{ name: "a", operator: "eq", value: 1 }], unassigned: true };
    const query = queryOf({ ...wantedOf(before), who: "anybody" }, before);
    expect(query).toEqual({ owner: "mary", taskVariables: before.taskVariables, sorting: query.sorting });
  });
});
