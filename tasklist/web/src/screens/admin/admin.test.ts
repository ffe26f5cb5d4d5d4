import { describe, expect, it } from "vitest";
import { words } from "./words";

describe("names of permissions", () => {
  it.each([
    ["CREATE_INSTANCE", "create instance"],
    ["ProcessDefinition", "Process definition"],
    ["Group membership", "Group membership"],
  ])("%s is %s", (name, text) => expect(words(name)).toBe(text));
});
