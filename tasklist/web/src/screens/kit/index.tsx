/** Every shared part on one page, for looking at and for the tests of their looks. */

import { Check, Inbox, Trash2 } from "lucide-preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { Avatar, Button, Empty, Failure, Field, Id, Pill, Skeleton, TabPanel, Tabs, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { tell } from "../../components/toasts";

export default function Kit() {
  const [tab, setTab] = useState("one");
  return (
    <main class="page">
      <h1>Parts</h1>
      <section class="card padded stack" aria-label="Buttons">
        <h2>Buttons</h2>
        <div class="row">
          <Button look="primary" icon={Check} keys="c">
            Complete
          </Button>
          <Button>Plain</Button>
          <Button look="quiet">Quiet</Button>
          <Button look="danger" icon={Trash2}>
            Delete
          </Button>
          <Button disabled>Disabled</Button>
          <Button busy>Busy</Button>
          <Menu label="Actions" actions={[{ label: "First", run: () => tell("First") }, { label: "Delete", danger: true, apart: true, run: () => tell("Deleted") }]} />
        </div>
      </section>
      <section class="card padded stack" aria-label="States">
        <h2>States</h2>
        <div class="row">
          <Pill tone="blue">Running</Pill>
          <Pill tone="green">Completed</Pill>
          <Pill tone="amber">Waiting</Pill>
          <Pill tone="red">Incident</Pill>
          <Pill tone="grey">Suspended</Pill>
          <Avatar name="Ada Lovelace" />
          <Id value="7401234567890123456" />
          <When at={new Date(Date.now() - 7_200_000).toISOString()} />
        </div>
      </section>
      <section class="card padded stack" aria-label="Fields">
        <h2>Fields</h2>
        <Field label="Amount" hint="In euros">
          <input type="number" value="120" />
        </Field>
        <Field label="Reason" error="Say why">
          <textarea rows={2} />
        </Field>
      </section>
      <section class="card padded" aria-label="Tabs">
        <Tabs label="Tabs" tabs={[{ id: "one", label: "One" }, { id: "two", label: "Two", count: 3 }]} chosen={tab} choose={setTab} />
        <TabPanel id={tab}>The panel of {tab}</TabPanel>
      </section>
      <section class="card padded stack" aria-label="Messages">
        <h2>Messages</h2>
        <div class="row">
          <Button onClick={() => tell("Claimed “Check invoice”", { action: { label: "Undo", run: () => tell("Undone") } })}>Toast</Button>
          <Button onClick={() => void confirm({ title: "Cancel 3 instances?", text: "Their open tasks disappear.", confirm: "Cancel them", danger: true, reason: true })}>Ask</Button>
        </div>
        <Failure error={new ApiError(409, "TaskAlreadyClaimedException", "Somebody else has claimed this task", null, "POST /task/1/claim")} retry={() => undefined} />
        <Skeleton lines={2} />
        <Empty icon={Inbox} title="Nothing to do">
          Tasks that are given to you or to your groups appear here at once.
        </Empty>
      </section>
    </main>
  );
}
