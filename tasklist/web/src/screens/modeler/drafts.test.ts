import { beforeEach, describe, expect, it, vi } from "vitest";

const kept = new Map<string, string>();
vi.stubGlobal("document", { cookie: "", documentElement: { dataset: {} }, addEventListener: () => {} });
vi.stubGlobal("window", { setTimeout: () => 0, clearTimeout: () => {} });
vi.stubGlobal("localStorage", {
  setItem: (key: string, value: string) => kept.set(key, value),
  getItem: (key: string) => kept.get(key) ?? null,
  removeItem: (key: string) => kept.delete(key),
});

const { Keeper, same } = await import("./drafts");

type Answer = { status: number; body: unknown };
let asked: { method: string; url: string; body: unknown }[] = [];
let answers: Answer[] = [];

beforeEach(() => {
  kept.clear();
  asked = [];
  answers = [];
  vi.stubGlobal("location", { pathname: "/modeler", search: "", origin: "http://host", assign: () => {} });
  vi.stubGlobal("fetch", async (url: string, init: { method: string; body?: string }) => {
    asked.push({ method: init.method, url, body: init.body ? JSON.parse(init.body) : null });
    const answer = answers.shift();
    if (!answer) throw new TypeError("no network");
    return new Response(answer.status === 204 ? null : JSON.stringify(answer.body), { status: answer.status });
  });
});

const project = { id: null, name: "Order", files: { "order.bpmn": "<a/>" }, revision: 0 };

describe("a keeper", () => {
  it("makes a draft at the first change, and saves the same one from then on", async () => {
    let id = "";
    const keeper = new Keeper(project, (made) => (id = made));
    expect(keeper.state.value).toBe("fresh");
    keeper.change({ "order.bpmn": "<b/>" });
    expect(kept.size).toBe(1);
    answers = [{ status: 200, body: { id: "7", revision: 1 } }];
    await keeper.save();
    expect([id, keeper.id, keeper.state.value, kept.size]).toEqual(["7", "7", "saved", 0]);
    keeper.change({ "order.bpmn": "<c/>" });
    answers = [{ status: 200, body: { id: "7", revision: 2 } }];
    await keeper.save();
    expect(asked.map(({ method, url }) => [method, url])).toEqual([
      ["POST", "/api/v1/model-draft"],
      ["PUT", "/api/v1/model-draft/7"],
    ]);
    expect(asked[1]?.body).toEqual({ files: { "order.bpmn": "<c/>" }, revision: 1 });
  });

  it("keeps in the browser what the server cannot take now", async () => {
    const keeper = new Keeper({ ...project, id: "7", revision: 1 });
    keeper.change({ "order.bpmn": "<b/>" });
    await keeper.save();
    expect([keeper.state.value, keeper.waits, kept.size]).toEqual(["offline", true, 1]);
    answers = [{ status: 200, body: { id: "7", revision: 2 } }];
    await keeper.save();
    expect([keeper.state.value, kept.size]).toEqual(["saved", 0]);
  });

  it("writes over what was saved elsewhere only when it is told to", async () => {
    const keeper = new Keeper({ ...project, id: "7", revision: 1 });
    keeper.change({ "order.bpmn": "mine" });
    answers = [{ status: 409, body: { type: "DraftChangedException", message: "elsewhere" } }];
    await keeper.save();
    expect(keeper.state.value).toBe("conflict");
    keeper.change({ "order.bpmn": "mine too" });
    await keeper.save();
    expect([asked.length, keeper.state.value, kept.size]).toEqual([1, "conflict", 1]);
    answers = [
      { status: 200, body: { id: "7", revision: 5, files: {} } },
      { status: 200, body: { id: "7", revision: 6 } },
    ];
    await keeper.overwrite();
    expect(asked.at(-1)?.body).toEqual({ files: { "order.bpmn": "mine too" }, revision: 5 });
    expect([keeper.state.value, keeper.isBehind(6), kept.size]).toEqual(["saved", false, 0]);
  });

  it("is behind a later revision alone, and not while its own is on its way", async () => {
    const keeper = new Keeper({ ...project, id: "7", revision: 2 });
    expect([1, 2, 3].map((revision) => keeper.isBehind(revision))).toEqual([false, false, true]);
    keeper.change({ "order.bpmn": "<b/>" });
    expect(keeper.isBehind(3)).toBe(false);
  });

  it("keeps nothing any more of what was to be forgotten", async () => {
    const keeper = new Keeper({ ...project, id: "7", revision: 1 });
    keeper.change({ "order.bpmn": "mine" });
    keeper.collide();
    keeper.forget();
    keeper.change({ "order.bpmn": "mine, drawn just before" });
    await keeper.save();
    expect([asked.length, keeper.waits, kept.size]).toEqual([0, false, 0]);
  });

  it("makes a new draft of one that was thrown away elsewhere", async () => {
    const keeper = new Keeper({ ...project, id: "7", revision: 1 });
    keeper.change({ "order.bpmn": "<b/>" });
    answers = [
      { status: 404, body: { type: "", message: "gone" } },
      { status: 200, body: { id: "8", revision: 1 } },
    ];
    await keeper.save();
    await keeper.save();
    expect([keeper.id, keeper.state.value]).toEqual(["8", "saved"]);
  });

  it("sends another name with the next change", async () => {
    const keeper = new Keeper({ ...project, id: "7", revision: 1 });
    keeper.rename("Orders");
    answers = [
      { status: 204, body: null },
      { status: 200, body: { id: "7", revision: 2 } },
    ];
    await keeper.save();
    expect(asked[0]).toEqual({ method: "PUT", url: "/api/v1/model-draft/7/name", body: { name: "Orders" } });
    expect(keeper.state.value).toBe("saved");
  });

  it("says why something is refused", async () => {
    const keeper = new Keeper(project);
    keeper.change({ "order.bpmn": "x".repeat(10) });
    answers = [{ status: 400, body: { type: "", message: "too long" } }];
    await keeper.save();
    expect([keeper.state.value, keeper.problem.value, kept.size]).toEqual(["refused", "too long", 1]);
  });
});

describe("files", () => {
  it("are the same by names and texts", () => {
    expect(same({ a: "1", b: "2" }, { b: "2", a: "1" })).toBe(true);
    expect(same({ a: "1" }, { a: "1", b: "" })).toBe(false);
    expect(same({ a: "1" }, { a: "2" })).toBe(false);
  });
});
