/** The keys that work here and now, shown by `?`. */

import { signal } from "@preact/signals";
import { readable, shortcuts } from "../keys";
import { Dialog } from "./dialogs";

export const helpOpen = signal(false);

export function Help() {
  const groups = new Map<string, { keys: string; does: string }[]>();
  for (const { group = "Everywhere", keys, does } of shortcuts.value) {
    const known = groups.get(group) ?? [];
    if (!known.some((one) => one.keys === keys)) groups.set(group, [...known, { keys, does }]);
  }
  return (
    <Dialog title="Keys" close={() => (helpOpen.value = false)} wide>
      <div class="key-groups">
        {[...groups].map(([group, known]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl class="keys">
              {known.map(({ keys, does }) => (
                <div key={keys}>
                  <dt>
                    <kbd>{readable(keys)}</kbd>
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="small muted">Single letters can be turned off in the account menu; they never work inside text fields.</p>
    </Dialog>
  );
}
