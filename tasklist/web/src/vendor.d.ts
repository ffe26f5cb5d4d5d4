/** Packages that bring no types of their own, as far as the app uses them. */

declare module "bpmn-js-properties-panel" {
  type Module = Record<string, unknown>;
  export const BpmnPropertiesPanelModule: Module;
  export const BpmnPropertiesProviderModule: Module;
  export const CamundaPlatformPropertiesProviderModule: Module;
  export const ZeebePropertiesProviderModule: Module;
}
declare module "camunda-bpmn-js-behaviors/lib/camunda-platform" {
  const module: Record<string, unknown>;
  export default module;
}
declare module "camunda-bpmn-js-behaviors/lib/camunda-cloud" {
  const module: Record<string, unknown>;
  export default module;
}
declare module "diagram-js-minimap" {
  const module: Record<string, unknown>;
  export default module;
}
declare module "bpmn-js-differ" {
  export function diff(before: unknown, after: unknown): unknown;
}
declare module "bpmn-moddle" {
  export class BpmnModdle {
    constructor(packages: Record<string, unknown>);
    fromXML(xml: string): Promise<{ rootElement: unknown }>;
  }
}
declare module "dmn-js/lib/Modeler" {
  import type { View } from "./screens/modeler/decisions";
  type Element = View["element"];
  interface Viewer {
    on(event: string, listener: () => void): void;
    get<T>(service: string, strict?: boolean): T;
  }
  export default class Modeler {
    constructor(options: object);
    on(event: "viewer.created", listener: (event: { viewer: Viewer }) => void): void;
    on(event: "views.changed", listener: (event: { views: View[]; activeView?: View }) => void): void;
    importXML(xml: string, options: { open: boolean }): Promise<{ warnings: { message: string }[] }>;
    saveXML(options: { format: boolean }): Promise<{ xml: string }>;
    open(view: View): Promise<unknown>;
    getViews(): View[];
    getActiveView(): View | undefined;
    getActiveViewer(): Viewer;
    getDefinitions(): { $model: { ids: { assigned(id: string): Element | false } } } | undefined;
    destroy(): void;
  }
}
declare module "dmn-js-properties-panel" {
  type Module = Record<string, unknown>;
  export const DmnPropertiesPanelModule: Module;
  export const DmnPropertiesProviderModule: Module;
  export const CamundaPropertiesProviderModule: Module;
  export const ZeebePropertiesProviderModule: Module;
}
