/** Who or what belongs together: the members that there are, each with a way out, and a way in for more. */

import { useState } from "preact/hooks";
import { Plus, X } from "lucide-preact";
import { useLoad } from "../../api/load";
import { Button, Shown } from "../../components/basics";
import { attempt } from "../../components/toasts";

export function Membership<T extends { id: string }>({
  title,
  thing,
  mine,
  all,
  add,
  drop,
  name,
}: {
  title: string;
  thing: string;
  mine: () => Promise<T[]>;
  all: () => Promise<T[]>;
  add: (id: string) => Promise<unknown>;
  drop: (id: string) => Promise<unknown>;
  name: (one: T) => string;
}) {
  const [chosen, setChosen] = useState("");
  const loaded = useLoad(`membership ${title}`, async () => {
    const [members, everything] = await Promise.all([mine(), all()]);
    return { members, others: everything.filter((one) => !members.some((member) => member.id === one.id)) };
  }, [`${thing}s`]);
  const change = async (run: () => Promise<unknown>, told: string) => {
    if (await attempt(run, told)) loaded.reload();
  };
  return (
    <section class="stack" aria-label={title}>
      <h3>{title}</h3>
      <Shown of={loaded} lines={2}>
        {({ members, others }) => (
          <>
            {members.length === 0 && <p class="muted">None yet.</p>}
            <ul class="row" role="list">
              {members.map((one) => (
                <li key={one.id} class="pill blue">
                  {name(one)}
                  <button type="button" class="pill-button" aria-label={`Remove ${name(one)}`} onClick={() => void change(() => drop(one.id), `Removed ${name(one)}`)}>
                    <X size={12} aria-hidden="true" />
                  </button>
                </li>
              ))}
            </ul>
            {others.length > 0 && (
              <div class="row">
                <select class="filter-input grow" aria-label={`Choose a ${thing}`} value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
                  <option value="">Choose a {thing}…</option>
                  {others.map((one) => (
                    <option key={one.id} value={one.id}>
                      {name(one)}
                    </option>
                  ))}
                </select>
                <Button
                  icon={Plus}
                  disabled={!chosen}
                  onClick={() => {
                    setChosen("");
                    void change(() => add(chosen), `Added ${chosen}`);
                  }}
                >
                  Add
                </Button>
              </div>
            )}
          </>
        )}
      </Shown>
    </section>
  );
}
