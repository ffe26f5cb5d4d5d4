import { describe, expect, it } from "vitest";
import { csv } from "../../csv";
import { words } from "./words";

describe("CSV", () => {
  it("quotes what would break the table", () => {
    expect(csv([["a", 'say "hi"', "1,5", null, "two\nlines"]])).toBe('a,"say ""hi""","1,5",,"two\nlines"\r\n');
  });

  it.each(["=1+1", "+1", "-1", "@cmd", "\tx"])("takes the sting out of %j", (text) => {
    expect(csv([[text]]).replaceAll('"', "")).toBe(`'${text}\r\n`);
  });
});

describe("names of permissions", () => {
  it.each([
    ["CREATE_INSTANCE", "create instance"],
    ["ProcessDefinition", "Process definition"],
    ["Group membership", "Group membership"],
  ])("%s is %s", (name, text) => expect(words(name)).toBe(text));
});
