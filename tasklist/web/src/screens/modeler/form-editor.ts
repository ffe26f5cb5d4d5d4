/** The editor for forms, in a part of the app that is loaded when the first form is edited. */

import "./form-editor.css";
import "../../forms/forms.css";
import { FormEditor } from "@bpmn-io/form-js-editor";

export type FormSchema = Record<string, unknown>;

/** An editor in a place of the page. */
export function createFormEditor(container: HTMLElement): FormEditor {
  return new FormEditor({ container, exporter: { name: "Baton", version: "1" } });
}

export type { FormEditor };
