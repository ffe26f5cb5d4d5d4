/** Errors of the page itself, told to the person in words. */

import { Component, type ComponentChildren } from "preact";
import { Button } from "./basics";
import { tellProblem } from "./toasts";

export class Boundary extends Component<{ children: ComponentChildren; resetOn: string }, { problem: Error | null }> {
  override state = { problem: null as Error | null };

  override componentDidCatch(problem: Error): void {
    console.error(problem);
    this.setState({ problem });
  }

  override componentDidUpdate(before: { resetOn: string }): void {
    if (before.resetOn !== this.props.resetOn && this.state.problem) this.setState({ problem: null });
  }

  override render() {
    const { problem } = this.state;
    if (!problem) return this.props.children;
    return (
      <main class="page" role="alert">
        <h1>This page has failed</h1>
        <p>Nothing that you saved is lost. Load the page again; if it fails again, tell your administrator this:</p>
        <pre class="code">{`${problem.name}: ${problem.message}\n${location.pathname}`}</pre>
        <Button look="primary" onClick={() => location.reload()}>
          Load again
        </Button>
      </main>
    );
  }
}

/** Errors outside of what is drawn: in handlers and promises. */
export function watchForProblems(): void {
  window.addEventListener("error", (event) => {
    if (/ResizeObserver loop/.test(event.message)) return; // a notice of the browser, not an error
    tellProblem(event.error ?? new Error(event.message));
  });
  window.addEventListener("unhandledrejection", (event) => {
    if (event.reason instanceof DOMException && event.reason.name === "AbortError") return;
    tellProblem(event.reason);
  });
}
