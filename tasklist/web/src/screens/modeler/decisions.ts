/** dmn-js with its properties panel, as the modeler uses it. Loaded only when the first file of decisions is opened. */

import "./decisions.css";
import DmnModeler from "dmn-js/lib/Modeler";
import { CamundaPropertiesProviderModule, DmnPropertiesPanelModule, DmnPropertiesProviderModule, ZeebePropertiesProviderModule } from "dmn-js-properties-panel";
import camundaDescriptor from "camunda-dmn-moddle/resources/camunda.json";
import zeebeDescriptor from "zeebe-dmn-moddle/resources/zeebe.json";
import { asReadable } from "../../decisions/version";
import type { Dialect } from "../../diagram/dialect";
import type { Drawing, Listener as DrawingListener } from "./drawing";
import { markShapes } from "./marks";
import type { Found, History, Stack } from "./parts";

/** One way of looking at the file: the diagram of its requirements, or one of its decisions. */
export interface View {
  id: string;
  name?: string;
  type: "drd" | "decisionTable" | "literalExpression" | "boxedExpression";
  element: Element;
}

interface Element {
  id?: string;
  $parent?: Element;
}

interface Listener extends DrawingListener {
  /** A view was opened, or others are there than before. */
  views(all: readonly View[], active: View | undefined): void;
}

/** An editor of decisions in two places of the page; it opens a file at the view with the id `at`, if it has such a one. */
export class DecisionEditor implements Drawing {
  private readonly modeler: DmnModeler;
  private problems: readonly Found[] = [];

  constructor(
    private readonly place: HTMLElement,
    panel: HTMLElement,
    dialect: Dialect,
    private readonly at: string | undefined,
    private readonly listener: Listener,
  ) {
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const cloud = dialect === "cloud";
    this.modeler = new DmnModeler({
      container: place,
      common: {
        expressionLanguages: {
          options: [{ value: "feel", label: "FEEL" }, ...(cloud ? [] : [{ value: "juel", label: "JUEL" }])],
          defaults: { editor: "feel" },
        },
      },
      drd: {
        propertiesPanel: { parent: panel, layout: { groups: { general: { open: true } } } },
        additionalModules: [DmnPropertiesPanelModule, DmnPropertiesProviderModule, cloud ? ZeebePropertiesProviderModule : CamundaPropertiesProviderModule],
        drdRenderer: {
          defaultFillColor: colour("--diagram-fill"),
          defaultStrokeColor: colour("--diagram-stroke"),
          defaultLabelColor: colour("--diagram-label"),
        },
      },
      moddleExtensions: cloud ? { zeebe: zeebeDescriptor } : { camunda: camundaDescriptor },
    });
    this.modeler.on("viewer.created", ({ viewer }) => {
      viewer.on("commandStack.changed", () => {
        this.listener.stepped(this.history());
        this.listener.changed();
        this.mark();
      });
    });
    this.modeler.on("views.changed", ({ views, activeView }) => {
      this.listener.views(views, activeView);
      this.listener.stepped(this.history());
      this.mark();
    });
  }

  async open(xml: string): Promise<readonly string[]> {
    const { warnings } = await this.modeler.importXML(asReadable(xml), { open: false });
    const views = this.modeler.getViews();
    const decisions = views.filter(({ type }) => type !== "drd");
    // a single decision is what one wants to see
    const first = views.find(({ id }) => id === this.at) ?? (decisions.length === 1 ? decisions[0] : views[0]);
    if (!first) throw new Error("There is nothing in it that could be shown.");
    await this.go(first);
    return warnings.map(({ message }) => message);
  }

  async go(view: View): Promise<void> {
    await this.modeler.open(view);
    this.fit();
  }

  fit(): void {
    if (this.modeler.getActiveView()?.type !== "drd") return;
    const canvas = this.modeler.getActiveViewer().get<{ resized(): void; viewbox(): { outer: { width: number } }; zoom(how: string, center: string): void }>("canvas");
    canvas.resized();
    if (canvas.viewbox().outer.width) canvas.zoom("fit-viewport", "auto");
  }

  async text(): Promise<string> {
    return (await this.modeler.saveXML({ format: true })).xml;
  }

  undo(): void {
    this.stack()?.undo();
  }

  redo(): void {
    this.stack()?.redo();
  }

  show(problem: Found): boolean {
    for (const id of problem.elementIds) {
      const view = this.viewOf(id);
      if (!view) continue;
      const opened = view.id === this.modeler.getActiveView()?.id ? Promise.resolve() : this.go(view);
      void opened.then(() => this.reach(id));
      return true;
    }
    return false;
  }

  remark(problems: readonly Found[]): void {
    this.problems = problems;
    this.mark();
  }

  close(): void {
    this.modeler.destroy();
  }

  private stack(): Stack | undefined {
    return this.modeler.getActiveViewer()?.get<Stack | undefined>("commandStack", false);
  }

  private history(): History {
    const stack = this.stack();
    return { undo: stack?.canUndo() ?? false, redo: stack?.canRedo() ?? false };
  }

  /** Where an element is shown: the decision that it is a part of, else the diagram. */
  private viewOf(id: string): View | undefined {
    const views = this.modeler.getViews();
    const ids = this.modeler.getDefinitions()?.$model.ids;
    for (let element = ids?.assigned(id) || undefined; element; element = element.$parent) {
      const view = views.find((one) => one.element === element);
      if (view) return view;
    }
    return undefined;
  }

  private reach(id: string): void {
    if (this.modeler.getActiveView()?.type === "drd") {
      const viewer = this.modeler.getActiveViewer();
      const element = viewer.get<{ get(id: string): object | undefined }>("elementRegistry").get(id);
      if (element) viewer.get<{ select(element: object): void }>("selection").select(element);
      return;
    }
    const cell = this.cells(id)[0];
    cell?.scrollIntoView({ block: "center", inline: "nearest" });
    (cell?.querySelector<HTMLElement>("[contenteditable]") ?? cell)?.focus();
  }

  /** The cells of a table that show an element: its own one, or those of a rule. */
  private cells(id: string): HTMLElement[] {
    const quoted = CSS.escape(id);
    return [...this.place.querySelectorAll<HTMLElement>(`.tjs-table [data-element-id="${quoted}"], .tjs-table td[data-row-id="${quoted}"]`)];
  }

  private mark(): void {
    // what is drawn anew after a change has to be there first
    requestAnimationFrame(() => {
      for (const head of this.place.querySelectorAll("th.index-column:empty")) head.append(hiddenText("Rule"));
      for (const heading of this.place.querySelectorAll("h3")) heading.ariaLevel = "2"; // below the one of the page
      for (const marked of this.place.querySelectorAll("[data-problem]")) {
        marked.removeAttribute("data-problem");
        marked.removeAttribute("title");
      }
      for (const problem of this.problems) {
        // the innermost that is shown
        const cells = problem.elementIds.map((id) => this.cells(id)).find((found) => found.length > 0) ?? [];
        for (const cell of cells) {
          cell.dataset.problem = problem.severity;
          cell.title = problem.message;
        }
      }
      if (this.modeler.getActiveView()?.type !== "drd") return;
      markShapes(this.modeler.getActiveViewer(), this.problems, ({ elementIds }) => elementIds.map((id) => this.viewOf(id)?.id ?? id));
    });
  }
}

/** The heads of columns say what stands below, also to who does not see it. */
function hiddenText(text: string): HTMLElement {
  const hidden = document.createElement("span");
  hidden.className = "hidden";
  hidden.textContent = text;
  return hidden;
}
