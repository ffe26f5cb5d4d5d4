/** Dialogs: the browser's own `<dialog>`, which keeps the focus inside and closes by Escape. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { X } from "lucide-preact";
import { Button, Field } from "./basics";

export function Dialog({
  title,
  close,
  children,
  wide,
  whole,
  drawer,
}: {
  title: string;
  /** Without it the dialog cannot be put away: what it says has to be dealt with. */
  close?: () => void;
  children: ComponentChildren;
  wide?: boolean;
  /** As large as the window lets it be. */
  whole?: boolean;
  /** At the side of the page, over its whole height. */
  drawer?: boolean;
}) {
  const element = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    element.current?.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog
      ref={element}
      class={["dialog", wide && "wide", whole && "whole", drawer && "drawer"].filter(Boolean).join(" ")}
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        close?.();
      }}
      onClick={(event) => event.target === element.current && close?.()}
    >
      <div class="dialog-inside">
        <header class="dialog-head">
          <h2 id={heading}>{title}</h2>
          {close && <Button look="quiet" icon={X} aria-label="Close" onClick={close} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}

interface Question {
  title: string;
  text?: ComponentChildren;
  confirm: string;
  danger?: boolean;
  /** Asks why; the answer goes into the audit log. */
  reason?: boolean;
  answer: (reason: string | null) => void;
}

const asked = signal<Question | null>(null);

/** Asks before something that cannot be undone. Gives the reason ("" when none was asked for or given), null for no. */
export function confirm(question: Omit<Question, "answer">): Promise<string | null> {
  return new Promise((resolve) => {
    asked.value = {
      ...question,
      answer: (reason) => {
        asked.value = null;
        resolve(reason);
      },
    };
  });
}

/** Where `confirm` shows its question; once, in the frame. */
export function Questions() {
  const question = asked.value;
  return question && <Asked key={question.title} question={question} />;
}

function Asked({ question }: { question: Question }) {
  const [reason, setReason] = useState("");
  return (
    <Dialog title={question.title} close={() => question.answer(null)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          question.answer(reason);
        }}
      >
        {question.text && <div>{question.text}</div>}
        {question.reason && (
          <Field label="Reason" hint="Goes into the audit log">
            <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} maxLength={500} />
          </Field>
        )}
        <div class="row end">
          <Button onClick={() => question.answer(null)}>Cancel</Button>
          <Button look={question.danger ? "danger" : "primary"} type="submit">
            {question.confirm}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
