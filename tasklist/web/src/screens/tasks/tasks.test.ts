import { describe, expect, it } from "vitest";
import { queryOf, wantedOf } from "./wanted";
import { merged } from "./merged";
import type { TaskRow } from "./views";

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

const row = (id: string) => ({ id }) as TaskRow;

describe("rows that stay where they are", () => {
  it("counts what is new and marks what is gone", () => {
    const { rows, fresh } = merged({ tasks: [row("1"), row("2")], more: false }, { tasks: [row("3"), row("2")], more: false });
    expect(fresh).toBe(1);
    expect(rows.map((one) => [one.id, one.gone ?? false])).toEqual([["1", true], ["2", false]]);
  });

  it("does not take for gone what was pushed to the next page", () => {
    const { rows } = merged({ tasks: [row("1"), row("2")], more: true }, { tasks: [row("3"), row("1")], more: true });
    expect(rows.map((one) => one.gone ?? false)).toEqual([false, false]);
  });
});
