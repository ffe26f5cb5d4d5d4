/** A BPMN diagram on the page, drawn by bpmn-js; loaded when the first diagram is shown. */

import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import type Canvas from "diagram-js/lib/core/Canvas";
import type ElementRegistry from "diagram-js/lib/core/ElementRegistry";
import type EventBus from "diagram-js/lib/core/EventBus";
import type Overlays from "diagram-js/lib/features/overlays/Overlays";
import { laidOut } from "./automatic";
import { diagramOf, isDrawn, parse, processOf } from "./model";
import { pngOf } from "./picture";
import type { Badges, Heat, Mark } from "./marks";

export interface Shown {
  badges: Readonly<Record<string, Badges>>;
  marks: Readonly<Record<string, Mark>>;
  heat: Readonly<Record<string, Heat>> | null;
  chosen: string | null;
  /** The call activities that lead somewhere. */
  calls: ReadonlySet<string>;
}

export interface Listener {
  element(id: string | null): void;
  call(id: string): void;
}

const SVG = "http://www.w3.org/2000/svg";
const PADDING = 24;
/** What the buttons take of the height. */
const TOOLS = 36;
const STEP = 1.25;
/** A diagram that would be drawn smaller is shown from its beginning first. */
const SMALLEST = 0.35;
const READABLE = 0.7;

interface Placed {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  waypoints?: unknown;
  businessObject: { id: string };
}

export class Drawing {
  private readonly viewer: NavigatedViewer;
  private readonly watcher: ResizeObserver;
  private readonly overlaid = new Map<string, { key: string; overlay: string }>();
  private readonly marked = new Map<string, string>();
  private shown: Shown | null = null;
  private moved = false;
  private opened = false;

  constructor(
    private readonly place: HTMLElement,
    private readonly listener: Listener,
  ) {
    const style = getComputedStyle(place);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    this.viewer = new NavigatedViewer({
      container: place,
      bpmnRenderer: {
        defaultFillColor: colour("--diagram-fill"),
        defaultStrokeColor: colour("--diagram-stroke"),
        defaultLabelColor: colour("--diagram-label"),
      },
    } as ConstructorParameters<typeof NavigatedViewer>[0]);
    const bus = this.service<EventBus>("eventBus");
    bus.on("element.click", ({ element }: { element: Placed & { parent?: unknown } }) => {
      const id = element.businessObject?.id;
      listener.element(element.parent && id ? id : null);
    });
    bus.on("canvas.viewbox.changing", () => (this.moved = this.opened));
    bus.on("root.set", () => this.opened && this.drawHeat());
    this.watcher = new ResizeObserver(() => {
      if (!place.clientWidth || !place.clientHeight) return;
      this.canvas.resized();
      if (!this.moved) this.begin();
    });
    this.watcher.observe(place);
  }

  private service<T>(name: string): T {
    return this.viewer.get<T>(name);
  }

  private get canvas(): Canvas {
    return this.service<Canvas>("canvas");
  }

  /** Draws the process of the file; lays it out if the file does not say how it is drawn. Throws an Error in words. */
  async open(xml: string, process?: string | null): Promise<void> {
    this.opened = false;
    const file = parse(xml);
    const chosen = processOf(file, process);
    if (isDrawn(file, chosen)) {
      await this.viewer.importXML(xml, diagramOf(file, chosen) ?? undefined);
    } else {
      await this.viewer.importXML(laidOut(file, chosen));
    }
    this.overlaid.clear();
    this.marked.clear();
    this.begin();
    this.opened = true;
    if (this.shown) this.show(this.shown);
  }

  /** Shows badges, marks and heat; what is as before is left alone. */
  show(shown: Shown): void {
    this.shown = shown;
    if (!this.opened) return;
    const wanted = new Map<string, string>(Object.entries(shown.marks).map(([id, mark]) => [id, `mark-${mark}`]));
    if (shown.chosen) wanted.set(shown.chosen, `${wanted.get(shown.chosen) ?? ""} mark-chosen`.trim());
    const registry = this.service<ElementRegistry>("elementRegistry");
    for (const [id, classes] of this.marked) {
      if (wanted.get(id) !== classes) for (const name of classes.split(" ")) this.canvas.removeMarker(id, name);
    }
    for (const [id, classes] of wanted) {
      if (!registry.get(id)) wanted.delete(id);
      else if (this.marked.get(id) !== classes) for (const name of classes.split(" ")) this.canvas.addMarker(id, name);
    }
    this.marked.clear();
    for (const [id, classes] of wanted) this.marked.set(id, classes);
    this.drawBadges(shown, registry);
    this.drawHeat();
  }

  private drawBadges(shown: Shown, registry: ElementRegistry): void {
    const overlays = this.service<Overlays>("overlays");
    const ids = new Set([...Object.keys(shown.badges), ...Object.keys(shown.heat ?? {}), ...shown.calls]);
    for (const [id, { overlay }] of this.overlaid) {
      if (ids.has(id)) continue;
      overlays.remove(overlay);
      this.overlaid.delete(id);
    }
    for (const id of ids) {
      if (!registry.get(id)) continue;
      const badges = shown.heat ? {} : (shown.badges[id] ?? {});
      const heat = shown.heat?.[id]?.text ?? "";
      const key = JSON.stringify([badges, heat, shown.calls.has(id), shown.marks[id] === "current"]);
      const before = this.overlaid.get(id);
      if (before?.key === key) continue;
      if (before) overlays.remove(before.overlay);
      const html = this.badgesOf(id, badges, heat, shown);
      const overlay = overlays.add(id, "badges", { position: { top: -14, left: -10 }, html, scale: { min: 0.75, max: 1.25 } });
      this.overlaid.set(id, { key, overlay });
    }
  }

  private badgesOf(id: string, badges: Badges, heat: string, shown: Shown): HTMLElement {
    const row = document.createElement("div");
    row.className = "diagram-badges";
    const add = (name: string, text: string | number, title: string) => {
      const badge = document.createElement("span");
      badge.className = `diagram-badge ${name}`;
      badge.textContent = String(text);
      badge.title = title;
      row.append(badge);
    };
    if (badges.tokens) add(shown.marks[id] === "current" ? "tokens pulse" : "tokens", badges.tokens, `${badges.tokens} waiting here`);
    if (badges.incidents) add("incidents", badges.incidents, `${badges.incidents} ${badges.incidents === 1 ? "incident" : "incidents"}`);
    if (badges.finished) add("finished", badges.finished, `${badges.finished} finished here`);
    if (badges.cancelled) add("cancelled", badges.cancelled, `${badges.cancelled} cancelled here`);
    if (badges.pair) add("pair", badges.pair, `Belongs to number ${badges.pair} of the other diagram`);
    if (heat) add("heat", heat, heat);
    if (shown.calls.has(id)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "diagram-call";
      button.textContent = "↘";
      button.title = "Open what this calls";
      button.setAttribute("aria-label", button.title);
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        this.listener.call(id);
      });
      row.append(button);
    }
    return row;
  }

  /** One soft spot per element of the plane that is shown, under the pointer's reach. */
  private drawHeat(): void {
    const layer = this.canvas.getLayer("baton-heat", 1);
    layer.replaceChildren();
    const heat = this.shown?.heat;
    if (!heat) return;
    layer.setAttribute("class", "diagram-heat");
    const definitions = document.createElementNS(SVG, "defs");
    layer.append(definitions);
    const registry = this.service<ElementRegistry>("elementRegistry");
    const root = this.canvas.getRootElement();
    const levels = new Set<number>();
    for (const [id, { level }] of Object.entries(heat)) {
      const element = registry.get(id) as Placed | undefined;
      if (!element || element.waypoints || level <= 0) continue;
      if (this.canvas.findRoot(element as never) !== root) continue;
      const step = Math.max(1, Math.ceil(level * 10));
      levels.add(step);
      const spot = document.createElementNS(SVG, "ellipse");
      const reach = 14 + 3 * step;
      const at = { cx: element.x + element.width / 2, cy: element.y + element.height / 2 };
      const size = { rx: element.width / 2 + reach, ry: element.height / 2 + reach };
      for (const [name, value] of Object.entries({ ...at, ...size, fill: `url(#baton-heat-${step})` })) spot.setAttribute(name, String(value));
      layer.append(spot);
    }
    for (const step of levels) {
      const gradient = document.createElementNS(SVG, "radialGradient");
      gradient.id = `baton-heat-${step}`;
      const colour = `hsl(${Math.round(205 - step * 20)} 95% 52%)`;
      for (const [offset, opacity] of [[0, 0.32 + step * 0.05], [0.55, 0.22 + step * 0.03], [1, 0]] as const) {
        const stop = document.createElementNS(SVG, "stop");
        stop.setAttribute("offset", String(offset));
        stop.setAttribute("stop-color", colour);
        stop.setAttribute("stop-opacity", String(opacity));
        gradient.append(stop);
      }
      definitions.append(gradient);
    }
  }

  /** Shows the whole diagram if it can be read then, else where it begins. */
  private begin(): void {
    this.fit();
    const { inner, outer, scale } = this.canvas.viewbox();
    if (scale >= SMALLEST || !inner.width) return;
    const first = this.service<ElementRegistry>("elementRegistry").find((element) => (element as { type?: string }).type === "bpmn:StartEvent");
    const start = first as Placed | undefined;
    const at = start ? { x: start.x, y: start.y + start.height / 2 } : { x: inner.x, y: inner.y + inner.height / 2 };
    this.canvas.viewbox({
      x: at.x - (2 * PADDING) / READABLE,
      y: at.y - outer.height / READABLE / 2,
      width: outer.width / READABLE,
      height: outer.height / READABLE,
    });
    this.moved = false;
  }

  /** Shows the whole diagram, never larger than it was drawn. */
  fit(): void {
    const { inner, outer } = this.canvas.viewbox();
    if (!outer.width || !outer.height || !inner.width) return;
    const scale = Math.min(1, (outer.width - 2 * PADDING) / inner.width, (outer.height - 2 * PADDING - TOOLS) / inner.height);
    const width = outer.width / scale;
    const height = outer.height / scale;
    const below = inner.y + inner.height / 2 - (outer.height + TOOLS) / scale / 2;
    this.canvas.viewbox({ x: inner.x + inner.width / 2 - width / 2, y: below, width, height });
    this.moved = false;
  }

  zoom(by: 1 | -1): void {
    const now = this.canvas.zoom();
    this.canvas.zoom(Math.min(4, Math.max(0.1, by > 0 ? now * STEP : now / STEP)));
  }

  pan(across: number, down: number): void {
    this.canvas.scroll({ dx: across, dy: down });
  }

  /** Shows the plane that the element is on, with the element in sight. */
  reveal(id: string): void {
    const element = this.service<ElementRegistry>("elementRegistry").get(id);
    if (!element || !this.opened) return;
    this.canvas.scrollToElement(element as never, { top: 60, bottom: 60, left: 60, right: 60 });
  }

  async svg(): Promise<string> {
    return (await this.viewer.saveSVG()).svg;
  }

  /** The diagram as a picture with twice the points, on the colour of the page. */
  async png(): Promise<Blob> {
    return pngOf(await this.svg(), getComputedStyle(this.place).backgroundColor);
  }

  close(): void {
    this.watcher.disconnect();
    this.viewer.destroy();
  }
}
