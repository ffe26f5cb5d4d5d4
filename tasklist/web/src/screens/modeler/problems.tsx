/** What the server would say about the model: errors that refuse it, and warnings. */

import { CircleAlert, CircleCheck, TriangleAlert, X } from "lucide-preact";
import type { OwnSchemas } from "../../api/client";
import { Button } from "../../components/basics";

type Found = OwnSchemas["FoundProblem"];

/** `several`: the file of each problem is named. */
export function Problems({ report, several, show, close }: { report: OwnSchemas["Report"] | null; several: boolean; show: (problem: Found) => void; close: () => void }) {
  return (
    <section class="modeler-pane" aria-label="Problems">
      <div class="row between modeler-pane-head">
        <h2>Problems</h2>
        <Button look="quiet" icon={X} aria-label="Close the problems" onClick={close} />
      </div>
      {report && report.problems.length === 0 && (
        <p class="row">
          <CircleCheck size={16} aria-hidden="true" /> The server would deploy this as it is.
        </p>
      )}
      <ul class="problem-list" role="list">
        {report?.problems.map((problem, index) => {
          const Icon = problem.severity === "error" ? CircleAlert : TriangleAlert;
          const id = problem.elementIds[0];
          return (
            <li key={index}>
              <button type="button" class={`problem ${problem.severity}`} disabled={!id && !problem.line} onClick={() => show(problem)}>
                <Icon size={15} aria-hidden="true" />
                <span>
                  <span class="hidden">{problem.severity}: </span>
                  {problem.message}
                  <span class="muted small">
                    {" "}
                    {[several && problem.file, id, problem.line ? `line ${problem.line}` : "", problem.rule].filter(Boolean).join(" · ")}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
