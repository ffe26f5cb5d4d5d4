import { describe, expect, it } from "vitest";
import { queryOf, wantedOf } from "./wanted";
import { groupOf, valueText, variablesOf } from "./shown";
import { placeOf, type TaskRow } from "./views";

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

describe("what the address says", () => {
  it("is of an order that there is", () => {
    expect([{ sort: "oldest" }, { sort: "nothing" }, {}].map((query) => placeOf(query as Record<string, string>).sort)).toEqual(["oldest", "newest", "newest"]);
  });
});

describe("what a list shows", () => {
  const bounds = ["2030-01-01T12:00:00.000+0000", "2030-01-02T00:00:00.000+0000", "2030-01-03T00:00:00.000+0000", "2030-01-08T00:00:00.000+0000"];
  const task = (due: string | null) => ({ due }) as TaskRow;

  it.each([
    ["2030-01-01T11:59:59.000+0000", "Overdue"],
    ["2030-01-01T12:00:00.000+0000", "Today"],
    ["2030-01-02T23:00:00.000+0000", "Tomorrow"],
    ["2030-01-05T00:00:00.000+0000", "The next days"],
    ["2031-01-01T00:00:00.000+0000", "Later"],
    [null, "Without a due date"],
  ])("what is due at %s is in the group %s", (due, label) => expect(groupOf(task(due), { by: "due", bounds }).label).toBe(label));

  it.each([
    [0, "Low"],
    [50, "Normal"],
    [51, "High"],
    [100, "Urgent"],
  ])("priority %d is %s", (priority, label) => expect(groupOf({ priority } as TaskRow, { by: "priority", bounds: [50, 51, 100] }).label).toBe(label));

  it("understands what others have written into a filter, as far as that goes", () => {
    const variables = [{ name: "a", label: "A" }, { name: "b" }, { label: "c" }, "d", null, { name: 5 }];
    expect(variablesOf({ variables })).toEqual([
      { name: "a", label: "A" },
      { name: "b", label: "b" },
    ]);
    expect(variablesOf({ variables: "odd" })).toEqual([]);
    expect(variablesOf({})).toEqual([]);
  });

  it("shows values as people read them", () => {
    const shown = (type: string, value: string | number | boolean | null) => valueText({ type, value });
    expect([shown("Boolean", true), shown("Null", null), shown("Json", null), shown("String", "x"), valueText(undefined)]).toEqual(["yes", "none", "(Json)", "x", null]);
  });
});
