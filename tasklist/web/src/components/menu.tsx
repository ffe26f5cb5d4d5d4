/** A button that opens a list of actions, by WAI-ARIA's menu button. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { EllipsisVertical, type LucideIcon } from "lucide-preact";

export interface Action {
  label: string;
  run: () => void;
  icon?: LucideIcon;
  danger?: boolean;
  disabled?: boolean;
  /** Of what is switched on or off: whether it is on. */
  chosen?: boolean;
  /** A line above it. */
  apart?: boolean;
  /** The menu stays open, for more of them. */
  stays?: boolean;
}

const ITEMS = "[role^=menuitem]:not([disabled])";

export function Menu({ label, actions, children, icon: Icon = EllipsisVertical }: { label: string; actions: readonly (Action | false | null | undefined)[]; children?: ComponentChildren; icon?: LucideIcon }) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const known = actions.filter((one): one is Action => Boolean(one));

  useEffect(() => {
    if (!open) return;
    place.current?.querySelector<HTMLElement>(ITEMS)?.focus();
    const outside = (event: PointerEvent) => !place.current?.contains(event.target as Node) && setOpen(false);
    window.addEventListener("pointerdown", outside);
    return () => window.removeEventListener("pointerdown", outside);
  }, [open]);

  const onKeyDown = (event: KeyboardEvent) => {
    const items = [...(place.current?.querySelectorAll<HTMLElement>(ITEMS) ?? [])];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items[(to + items.length) % items.length]?.focus();
    } else if (event.key === "Escape" || event.key === "Tab") {
      setOpen(false);
      if (event.key === "Escape") {
        event.stopPropagation();
        place.current?.querySelector<HTMLElement>("button")?.focus();
      }
    }
  };

  return (
    <div class="menu" ref={place} onKeyDown={open ? onKeyDown : undefined}>
      <button type="button" class={children ? "button quiet" : "button quiet square"} aria-haspopup="menu" aria-expanded={open} aria-label={label} title={label} onClick={() => setOpen(!open)}>
        {children ?? <Icon size={16} aria-hidden="true" />}
      </button>
      {open && (
        <div class="menu-list" role="menu" aria-label={label}>
          {known.map((action) => (
            <button
              key={action.label}
              type="button"
              role={action.chosen === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked={action.chosen}
              tabIndex={-1}
              class={[action.danger && "danger", action.apart && "apart"].filter(Boolean).join(" ")}
              disabled={action.disabled}
              onClick={() => {
                if (!action.stays) setOpen(false);
                action.run();
              }}
            >
              {action.icon ? <action.icon size={15} aria-hidden="true" /> : <span class="no-icon" />}
              {action.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
