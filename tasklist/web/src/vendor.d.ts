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
