import { describe, expect, it, vi } from "vitest";
import { address, curl } from "./client";

describe("addresses", () => {
  it("puts the engine's prefix before paths without one", () => {
    expect(address("/task", { maxResults: 10 })).toBe("/engine-rest/task?maxResults=10");
    expect(address("/api/v1/session")).toBe("/api/v1/session");
  });

  it("leaves out what is not asked, and joins lists", () => {
    expect(address("/task", { name: undefined, assignee: "", ids: ["1", "2"], active: false })).toBe(
      "/engine-rest/task?ids=1%2C2&active=false",
    );
  });
});

describe("curl", () => {
  it("quotes what a shell would take apart", () => {
    vi.stubGlobal("location", { origin: "http://host" });
    expect(curl({ method: "POST", url: "/engine-rest/task/1/claim", json: { userId: "o'neill" } })).toBe(
      `curl -X POST -H 'Authorization: Bearer $BATON_TOKEN' -H 'Content-Type: application/json' -d '{"userId":"o'\\''neill"}' 'http://host/engine-rest/task/1/claim'`,
    );
  });
});
