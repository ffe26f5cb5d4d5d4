/**
 * Markdown as elements of the page, made one by one: no text of anybody becomes markup. HTML in it is shown as it was
 * written, pictures are links, and links lead to web pages and mail addresses only.
 */

import type { ComponentChildren, JSX } from "preact";
import { Lexer, type MarkedToken, type Token, type Tokens } from "marked";

/** Longer texts, which might be read for seconds, and deeper nesting are shown as they were written. */
const LONGEST = 8_000;
const DEEPEST = 12;
const SCHEMES = ["http:", "https:", "mailto:"];

export function show(text: string, lines: boolean): ComponentChildren {
  if (text.length > LONGEST || isDeep(text)) return written(text);
  try {
    return all(new Lexer({ gfm: true, breaks: lines }).lex(outdented(text)), 0);
  } catch {
    return written(text);
  }
}

/** The address if it leads to a web page or a mail address, in full; else null. */
export function safeAddress(href: string): string | null {
  try {
    const address = new URL(href);
    return SCHEMES.includes(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

/** Without the space that all lines begin with: models are indented, which would make them code. */
export function outdented(text: string): string {
  const lines = text.replaceAll("\t", "    ").split("\n");
  const [first = "", ...rest] = lines;
  const margins = rest.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length);
  const margin = Math.min(...margins);
  if (!margins.length || margin === 0) return lines.join("\n").trim();
  return [first.trim(), ...rest.map((line) => line.slice(margin))].join("\n").trim();
}

/** Quotes in quotes in quotes, hundreds of them, would be read for seconds. */
function isDeep(text: string): boolean {
  return /(?:^|\n)[ \t]*(?:(?:>|[-*+]|\d+[.)])[ \t]*){13}/.test(text);
}

function written(text: string): ComponentChildren {
  return <p class="as-written">{text}</p>;
}

function all(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
  return (tokens ?? []).map((token) => one(token, depth + 1));
}

function one(any: Token, depth: number): ComponentChildren {
  if (depth > DEEPEST) return any.raw;
  const token = any as MarkedToken; // the other kinds are those of extensions, of which there are none
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "paragraph":
      return <p>{all(token.tokens, depth)}</p>;
    case "heading":
      return <p class={`heading heading-${Math.min(token.depth, 3)}`}>{all(token.tokens, depth)}</p>;
    case "blockquote":
      return <blockquote>{all(token.tokens, depth)}</blockquote>;
    case "list":
      return list(token, depth);
    case "list_item":
      return <li>{all(token.tokens, depth)}</li>;
    case "code":
      return (
        <pre>
          <code>{token.text}</code>
        </pre>
      );
    case "hr":
      return <hr />;
    case "table":
      return table(token, depth);
    case "strong":
      return <strong>{all(token.tokens, depth)}</strong>;
    case "em":
      return <em>{all(token.tokens, depth)}</em>;
    case "del":
      return <del>{all(token.tokens, depth)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return link(token.href, all(token.tokens, depth), token.raw);
    case "image":
      return link(token.href, token.text || token.href, token.raw);
    case "text":
      return "tokens" in token && token.tokens ? all(token.tokens, depth) : withMentions(token.text);
    case "escape":
      return token.text;
    case "checkbox":
      return token.checked ? "☑ " : "☐ ";
    default:
      return any.raw; // HTML
  }
}

/** People are named by `@` and their id, as the server reads it. */
const MENTION = /(?<![\w@/.])(@\w[^\s,;:!?()<>[\]"'`*]*)/;

function withMentions(text: string): ComponentChildren {
  return text.split(MENTION).map((part, index) => (index % 2 ? <span class="mention">{part}</span> : part));
}

function list(token: Tokens.List, depth: number): JSX.Element {
  const items = all(token.items, depth);
  return token.ordered ? <ol start={token.start === "" ? 1 : token.start}>{items}</ol> : <ul>{items}</ul>;
}

function table(token: Tokens.Table, depth: number): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="group" aria-label="Table">
      <table class="table">
        <thead>
          <tr>
            {token.header.map((cell, index) => (
              <th key={index} scope="col">
                {all(cell.tokens, depth)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place}>{all(cell.tokens, depth)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function link(href: string, inside: ComponentChildren, raw: string): ComponentChildren {
  const address = safeAddress(href);
  if (address === null) return raw;
  return (
    <a href={address} title={address} target="_blank" rel="noopener noreferrer nofollow">
      {inside}
    </a>
  );
}
