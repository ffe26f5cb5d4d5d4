/** What packages without types of their own give. */

declare module "bpmn-auto-layout" {
  /** Gives the file with a diagram in it. Throws for what it cannot lay out. */
  export function layoutProcess(xml: string): Promise<string>;
}
