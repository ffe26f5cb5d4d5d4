/** What requires what, as DMN draws it: decisions, data, knowledge; a decision that can be opened is a link. */

import { useId } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Model, Node, NodeKind } from "./model";
import "./decisions.css";

const EDGE = 24;
const KINDS: Readonly<Record<NodeKind, string>> = {
  decision: "Decision",
  inputData: "Input",
  businessKnowledgeModel: "Knowledge",
  knowledgeSource: "Source of knowledge",
  decisionService: "Service",
};

/** `chosen` is emphasized; `href` gives where a decision is shown, null for nowhere. */
export function Requirements({ model, label, chosen, href }: { model: Model; label: string; chosen?: string; href?: (decision: string) => string | null }) {
  const { route } = useLocation();
  const arrow = useId().replaceAll(":", "");
  const points = [...model.nodes.flatMap((one) => [[one.x, one.y], [one.x + one.width, one.y + one.height]] as const), ...model.requirements.flatMap((one) => one.points)];
  const [left, top] = [Math.min(...points.map(([x]) => x)) - EDGE, Math.min(...points.map(([, y]) => y)) - EDGE];
  const [width, height] = [Math.max(...points.map(([x]) => x)) + EDGE - left, Math.max(...points.map(([, y]) => y)) + EDGE - top];
  return (
    <div class="requirements scroll-x" tabIndex={0} role="group" aria-label={label}>
      <svg viewBox={`${left} ${top} ${width} ${height}`} width={width} height={height} role="group" aria-label="What requires what">
        <defs>
          <marker id={`${arrow}full`} viewBox="0 0 10 10" refX="10" refY="5" markerWidth="9" markerHeight="9" orient="auto">
            <path d="M0 0 10 5 0 10z" class="arrow full" />
          </marker>
          <marker id={`${arrow}open`} viewBox="0 0 10 10" refX="10" refY="5" markerWidth="9" markerHeight="9" orient="auto">
            <path d="M0 0 10 5 0 10" class="arrow open" />
          </marker>
          <marker id={`${arrow}dot`} viewBox="0 0 10 10" refX="5" refY="5" markerWidth="8" markerHeight="8">
            <circle cx="5" cy="5" r="4" class="arrow full" />
          </marker>
        </defs>
        {model.requirements.map((one) => (
          <polyline
            key={`${one.from} ${one.to} ${one.kind}`}
            class={`requirement ${one.kind}`}
            points={one.points.map((point) => point.join(",")).join(" ")}
            marker-end={`url(#${arrow}${{ information: "full", knowledge: "open", authority: "dot" }[one.kind]})`}
          />
        ))}
        {model.nodes.map((node) => {
          const to = node.kind === "decision" ? (href?.(node.id) ?? null) : null;
          const drawn = <Drawn key={node.id} node={node} chosen={node.id === chosen} />;
          if (!to || node.id === chosen) return drawn;
          return (
            <a
              key={node.id}
              href={to}
              aria-label={`Open ${node.name}`}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                event.preventDefault();
                route(to);
              }}
            >
              {drawn}
            </a>
          );
        })}
      </svg>
    </div>
  );
}

function Drawn({ node, chosen }: { node: Node; chosen: boolean }) {
  const { x, y, width, height } = node;
  return (
    <g class={`requirements-node ${node.kind}${chosen ? " chosen" : ""}`}>
      <title>{`${KINDS[node.kind]}: ${node.name}`}</title>
      <Shape node={node} />
      {linesOf(node.name, Math.floor(width / 8)).map((line, index, all) => (
        <text key={index} x={x + width / 2} y={y + height / 2 + (index - (all.length - 1) / 2) * 16} text-anchor="middle" dominant-baseline="middle">
          {line}
        </text>
      ))}
    </g>
  );
}

function Shape({ node: { kind, x, y, width, height } }: { node: Node }) {
  if (kind === "inputData" || kind === "decisionService") return <rect x={x} y={y} width={width} height={height} rx={kind === "inputData" ? height / 2 : 16} />;
  if (kind === "businessKnowledgeModel") {
    const cut = Math.min(16, height / 4);
    return <path d={`M${x + cut} ${y}H${x + width}V${y + height - cut}L${x + width - cut} ${y + height}H${x}V${y + cut}z`} />;
  }
  if (kind === "knowledgeSource") {
    const foot = y + height - 8;
    return <path d={`M${x} ${y}H${x + width}V${foot}C${x + width * 0.75} ${foot - 16} ${x + width * 0.25} ${foot + 20} ${x} ${foot}z`} />;
  }
  return <rect x={x} y={y} width={width} height={height} />;
}

/** A name in lines of so many letters, three at most. */
function linesOf(name: string, letters: number): string[] {
  const lines: string[] = [""];
  for (const word of name.split(/\s+/)) {
    const last = lines[lines.length - 1] ?? "";
    if (!last || last.length + word.length < letters) lines[lines.length - 1] = last ? `${last} ${word}` : word;
    else lines.push(word);
  }
  const shown = lines.slice(0, 3).map((line) => (line.length > letters + 2 ? `${line.slice(0, letters)}…` : line));
  return lines.length > 3 ? [...shown.slice(0, 2), `${shown[2]}…`] : shown;
}
