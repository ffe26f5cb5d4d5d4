/** Says that the session has ended, and lets the person sign in again without losing what is on the page. */

import { useEffect, useState } from "preact/hooks";
import { LogIn } from "lucide-preact";
import { sessionMark, signedOut } from "../api/client";
import { comeBack } from "../session";
import { Dialog } from "./dialogs";

/** How often is looked whether there is a session again. */
const LOOK_MS = 500;

export function SignedOut() {
  return signedOut.value ? <Ended /> : null;
}

function Ended() {
  const [before] = useState(sessionMark);
  useEffect(() => {
    const timer = window.setInterval(() => {
      const now = sessionMark();
      if (now === null || now === before) return;
      window.clearInterval(timer);
      void comeBack().catch(() => location.reload());
    }, LOOK_MS);
    return () => window.clearInterval(timer);
  }, [before]);
  return (
    <Dialog title="You are signed out">
      <p>Your session has ended. What you have written is still on this page: sign in again in a new tab, then come back and go on.</p>
      <p class="row end">
        <a class="button primary" href="/login?next=/account" target="_blank" rel="noopener">
          <LogIn size={16} aria-hidden="true" />
          Sign in again
        </a>
      </p>
    </Dialog>
  );
}
