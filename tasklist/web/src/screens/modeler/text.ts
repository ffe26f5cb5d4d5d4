/** CodeMirror as the modeler uses it, in a part of the app that is loaded when the first text is shown. */

import { defaultKeymap, history, historyKeymap, redo, undo } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { xml } from "@codemirror/lang-xml";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";

export interface Remark {
  /** Counted from 1; 0 where it is not known. */
  line: number;
  column: number;
  severity: "error" | "warning";
  message: string;
}

/** A field for text that has lines with numbers, and what is said about them. */
export class TextField {
  private readonly view: EditorView;

  constructor(place: HTMLElement, label: string, name: string, text: string, changed: (text: string) => void) {
    const language = /\.(json|form)$/i.test(name) ? [json()] : /\.(bpmn\d*|xml|dmn|html?)$/i.test(name) ? [xml()] : [];
    this.view = new EditorView({
      parent: place,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers(),
          foldGutter(),
          lintGutter(),
          history(),
          drawSelection(),
          bracketMatching(),
          indentOnInput(),
          highlightActiveLine(),
          highlightActiveLineGutter(),
          search({ top: true }),
          syntaxHighlighting(classHighlighter),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false" }),
          EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
          // without the key that shows the problems
          keymap.of([...defaultKeymap, ...searchKeymap.filter(({ key }) => key !== "Mod-Shift-l"), ...historyKeymap, ...foldKeymap]),
          ...language,
        ],
      }),
    });
    this.view.scrollDOM.tabIndex = 0; // so that it scrolls by the arrow keys too
  }

  remark(remarks: readonly Remark[]): void {
    const { doc } = this.view.state;
    const found = remarks
      .filter(({ line }) => line > 0 && line <= doc.lines)
      .map(({ line, column, severity, message }): Diagnostic => {
        const at = doc.line(line);
        const from = Math.min(at.from + Math.max(0, column - 1), at.to);
        return { from: at.text.trim() && column <= 1 ? at.from + at.text.search(/\S/) : from, to: at.to, severity, message };
      });
    this.view.dispatch(setDiagnostics(this.view.state, found));
  }

  goTo(line: number): void {
    const at = this.view.state.doc.line(Math.max(1, Math.min(line, this.view.state.doc.lines)));
    this.view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
    this.view.focus();
  }

  undo(): void {
    undo(this.view);
  }

  redo(): void {
    redo(this.view);
  }

  close(): void {
    this.view.destroy();
  }
}
