/** What stands around every screen: the bar with the sections, the person's menu, dialogs and messages. */

import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { CircleHelp, LogOut, Monitor, Moon, Search, Sun, User } from "lucide-preact";
import { offline } from "../api/client";
import { useKeys } from "../keys";
import { liveness } from "../live";
import { prefer, preferences } from "../preferences";
import { visibleSections } from "../sections";
import { me, personName, session, signOut } from "../session";
import { useStrip } from "../strip";
import { Avatar } from "./basics";
import { News } from "./bell";
import { attempt, copyCurl, Toasts, undoLast } from "./toasts";
import { Questions } from "./dialogs";
import { Help, helpOpen } from "./help";
import { Menu } from "./menu";
import { Palette, paletteOpen } from "./palette";
import { SignedOut } from "./signed-out";

export function Frame({ children }: { children: ComponentChildren }) {
  const { path, route } = useLocation();
  const sections = visibleSections();
  const strip = useStrip("[aria-current]", path);
  useKeys("Everywhere", [
    { keys: "$mod+k", does: "Search, go to, do", everywhere: true, run: () => (paletteOpen.value = true) },
    { keys: "Shift+?", does: "Show the keys", run: () => (helpOpen.value = true) },
    { keys: "z", does: "Undo", run: undoLast },
    ...sections.map((section) => ({
      keys: `g ${section.key}`,
      does: `Go to ${section.label}`,
      run: () => route(section.path),
    })),
  ]);
  return (
    <div class="frame">
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="bar">
        <a class="mark" href="/tasks" aria-label="Baton, tasks">
          <img src="/mark.svg" alt="" width="24" height="24" />
          <span>Baton</span>
        </a>
        <nav ref={strip} class="sections" aria-label="Sections">
          {sections.map((section) => (
            <a key={section.path} href={section.path} aria-current={isIn(section.path, path) ? "page" : undefined}>
              <section.icon size={16} aria-hidden="true" />
              <span>{section.label}</span>
            </a>
          ))}
        </nav>
        <div class="bar-end">
          <Liveness />
          <button type="button" class="button quiet search-button" aria-label="Search" onClick={() => (paletteOpen.value = true)}>
            <Search size={16} aria-hidden="true" />
            <span class="search-word">Search</span>
            <kbd aria-hidden="true">Ctrl K</kbd>
          </button>
          {me() && <News />}
          <PersonMenu />
        </div>
      </header>
      {offline.value && (
        <p class="offline-bar" role="alert">
          The server cannot be reached. What you see may be old; what you write is kept on this page.
        </p>
      )}
      <div id="content" class="content" tabIndex={-1}>
        {children}
      </div>
      {paletteOpen.value && <Palette />}
      {helpOpen.value && <Help />}
      <Questions />
      <SignedOut />
      <Toasts />
    </div>
  );
}

function Liveness() {
  if (offline.value) return <Dot word="offline" text="Offline: the server cannot be reached" />;
  if (liveness.value === "live") return <Dot word="live" text="Live: changes show at once" />;
  return <Dot word="polling" text="Changes are looked for every few seconds" />;
}

function Dot({ word, text }: { word: string; text: string }) {
  return (
    <span class={`liveness ${word}`} role="img" aria-label={text} title={text}>
      <span />
    </span>
  );
}


/** Instances belong to the processes. */
function isIn(section: string, path: string): boolean {
  return path.startsWith(section) || (section === "/processes" && path.startsWith("/instances"));
}

function PersonMenu() {
  const { route } = useLocation();
  const known = session.value;
  const name = known?.user ? personName(known.user) : "Nobody signed in";
  const { theme, density, letters } = preferences.value;
  return (
    <Menu
      label={`Account: ${name}`}
      icon={User}
      actions={[
        { label: name, icon: User, run: () => route("/account") },
        { label: "Light", icon: Sun, apart: true, disabled: theme === "light", run: () => prefer({ theme: "light" }) },
        { label: "Dark", icon: Moon, disabled: theme === "dark", run: () => prefer({ theme: "dark" }) },
        { label: "As the system", icon: Monitor, disabled: theme === "system", run: () => prefer({ theme: "system" }) },
        {
          label: density === "compact" ? "Comfortable lists" : "Compact lists",
          apart: true,
          run: () => prefer({ density: density === "compact" ? "comfortable" : "compact" }),
        },
        { label: letters ? "Turn single-letter keys off" : "Turn single-letter keys on", run: () => prefer({ letters: !letters }) },
        { label: "Keys", icon: CircleHelp, run: () => (helpOpen.value = true) },
        { label: "Copy the last change as curl", run: () => void copyCurl() },
        known?.user ? { label: "Sign out", icon: LogOut, apart: true, run: () => void attempt(signOut) } : null,
      ]}
    >
      {known?.user && (
        <span class="signed-in">
          <Avatar name={name} />
          <span class="signed-in-name">{name}</span>
        </span>
      )}
    </Menu>
  );
}
