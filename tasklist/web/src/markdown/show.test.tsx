import { describe, expect, it } from "vitest";
import type { ComponentChildren, VNode } from "preact";
import { outdented, safeAddress, show } from "./show";

/** The elements as text: "p(a b strong(c))". */
function told(shown: ComponentChildren): string {
  if (Array.isArray(shown)) return shown.map(told).join("");
  if (shown === null || shown === undefined || typeof shown === "boolean") return "";
  if (typeof shown !== "object") return String(shown);
  const { type, props } = shown as VNode<{ children?: ComponentChildren; href?: string }>;
  return `${String(type)}${props.href ? `[${props.href}]` : ""}(${told(props.children)})`;
}

describe("Markdown", () => {
  it.each([
    ["a **b** and _c_ `d`", "p(a strong(b) and em(c) code(d))"],
    ["- a\n- [x] b", "ul(li(a)li(☑ b))"],
    ["# A\n\n> b", "p(A)blockquote(p(b))"],
    ["[here](https://example.org/a)", "p(a[https://example.org/a](here))"],
    ["mail mary@example.org", "p(mail a[mailto:mary@example.org](mary@example.org))"],
    ["![a picture](https://example.org/a.png)", "p(a[https://example.org/a.png](a picture))"],
    ["ask @mary, not a@b", "p(ask span(@mary), not a@b)"],
    ["|a|b|\n|-|-|\n|1|2|", "div(table(thead(tr(th(a)th(b)))tbody(tr(td(1)td(2)))))"],
  ])("reads %s", (text, expected) => {
    expect(told(show(text, false))).toBe(expected);
  });

  it.each([
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "a <b onclick=alert(1)>b</b>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](data:text/html,x)",
    "[a](//example.org)",
    "[a](/admin)",
    "![a](javascript:alert(1))",
  ])("makes nothing of %s", (text) => {
    expect(told(show(text, false))).toMatch(/^(p\()?[^()[\]]*(\[a\])?[^\]]*$/);
    expect(told(show(text, false)).replace(/^p\((.*)\)$/s, "$1")).toBe(text);
  });

  it("keeps the lines that people type, and joins those of models", () => {
    expect(told(show("a\nb", true))).toBe("p(abr()b)");
    expect(told(show("\n      a\n      b\n    ", false))).toBe("p(a\nb)");
    expect(outdented("a\n\n    b\n      c")).toBe("a\n\nb\n  c");
  });

  it("shows what is too deep or too long as it was written", () => {
    for (const text of [">".repeat(4000) + "a", "- ".repeat(2000) + "a", "a".repeat(8_001)]) expect(told(show(text, true))).toBe(`p(${text})`);
  });

  it("leads to web pages and mail addresses only", () => {
    expect(safeAddress("http://example.org")).toBe("http://example.org/");
    for (const address of ["javascript:a", "java\nscript:a", "vbscript:a", "file:///etc/passwd", "ftp://example.org", "tasks", ""]) expect(safeAddress(address)).toBeNull();
  });
});
