/** Draws models that say nowhere how they are drawn. */

import { addLayout } from "./layout";
import { isDrawn, isNode, isScope, parse, processOf } from "./model";

/** The model, with a diagram of its first process if there was none. */
export async function withDiagram(xml: string): Promise<string> {
  const file = parse(xml);
  const process = processOf(file);
  return isDrawn(file, process) ? xml : await laidOut(file, process);
}

/** The file with a diagram: by bpmn-auto-layout where that draws all there is, else by our own layers. */
export async function laidOut(file: Document, process: Element): Promise<string> {
  if (isSimple(file, process)) {
    try {
      const { layoutProcess } = await import("bpmn-auto-layout");
      return await layoutProcess(withEnds(file));
    } catch {
      // a model that it cannot lay out: our own way draws anything
    }
  }
  addLayout(file, process);
  return new XMLSerializer().serializeToString(file);
}

/** One process of plain nodes: neither pools nor opened sub-processes nor remarks, which bpmn-auto-layout leaves out. */
function isSimple(file: Document, process: Element): boolean {
  const has = (name: string) => file.getElementsByTagNameNS(process.namespaceURI, name).length > 0;
  if (has("participant") || has("textAnnotation") || file.getElementsByTagNameNS(process.namespaceURI, "process").length > 1) return false;
  return ![...process.children].some((child) => isScope(child)) && [...process.children].some(isNode);
}

/** The file as text, in which every node names the flows at it: bpmn-auto-layout follows these, which may be left out. */
function withEnds(file: Document): string {
  const byId = new Map([...file.getElementsByTagName("*")].map((one) => [one.getAttribute("id"), one]));
  for (const flow of file.getElementsByTagName("*")) {
    if (flow.localName !== "sequenceFlow") continue;
    for (const [end, word] of [["sourceRef", "outgoing"], ["targetRef", "incoming"]] as const) {
      const node = byId.get(flow.getAttribute(end));
      const id = flow.getAttribute("id");
      if (!node || !id || [...node.children].some((child) => child.localName === word && child.textContent?.trim() === id)) continue;
      const named = file.createElementNS(flow.namespaceURI, flow.prefix ? `${flow.prefix}:${word}` : word);
      named.textContent = id;
      node.append(named);
    }
  }
  return new XMLSerializer().serializeToString(file);
}
