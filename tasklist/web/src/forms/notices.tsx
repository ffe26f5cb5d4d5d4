/** What stands above a form: the draft that was restored, and what is wrong with what was filled in. */

import "./notices.css";
import type { RefObject } from "preact";
import { ApiError } from "../api/client";
import { Button, When } from "../components/basics";
import type { Draft } from "./drafts";
import type { FormHandle } from "./form-view";

export function DraftBar({ draft, discard }: { draft: Draft; discard: () => void }) {
  return (
    <div class="row between draft-bar">
      <span>
        Your draft of <When at={draft.savedAt} /> was restored.
      </span>
      <Button onClick={discard}>Discard the draft</Button>
    </div>
  );
}

export function FormProblems({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return (
    <div class="failure form-problems" role="alert">
      {problems.map((problem) => (
        <p key={problem}>{problem}</p>
      ))}
    </div>
  );
}

/** That so many fields are not as the form wants them. */
export function attention(wrong: number): string {
  return wrong === 1 ? "One field needs your attention." : `${wrong} fields need your attention.`;
}

/** What the server says is wrong: each field tells its own part, the rest is given. Null for any other problem. */
export function refusal(problem: unknown, form: RefObject<FormHandle>): string[] | null {
  if (!(problem instanceof ApiError) || problem.type !== "InvalidFormException") return null;
  const rest = form.current?.complain((problem.details ?? {}) as Record<string, string[]>) ?? [];
  return [problem.message, ...rest];
}
