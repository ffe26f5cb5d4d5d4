/** The renderer of forms, in a part of the app that is loaded when the first form is opened. */

import "./forms.css";

export { Form } from "@bpmn-io/form-js";
