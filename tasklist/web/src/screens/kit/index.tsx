/** Every shared part on one page, for looking at and for the tests of their looks. */

import { Check, Inbox, Trash2 } from "lucide-preact";
import { useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { Avatar, Button, Empty, Failure, Field, Id, Pill, Skeleton, TabPanel, Tabs, When } from "../../components/basics";
import { confirm } from "../../components/dialogs";
import { Menu } from "../../components/menu";
import { tell } from "../../components/toasts";
import { Diagram } from "../../diagram";
import "./kit.css";

/** A model that does not say how it is drawn. */
const MODEL = `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="kit">
  <process id="order" isExecutable="true">
    <startEvent id="received" name="Order received" />
    <sequenceFlow id="f1" sourceRef="received" targetRef="check" />
    <userTask id="check" name="Check the order" />
    <boundaryEvent id="late" name="Late" attachedToRef="check" cancelActivity="false"><timerEventDefinition /></boundaryEvent>
    <sequenceFlow id="f2" sourceRef="late" targetRef="remind" />
    <sendTask id="remind" name="Remind" />
    <sequenceFlow id="f3" sourceRef="check" targetRef="good" />
    <exclusiveGateway id="good" name="Good?" default="f6" />
    <sequenceFlow id="f4" sourceRef="good" targetRef="deliver"><conditionExpression>\${good}</conditionExpression></sequenceFlow>
    <subProcess id="deliver" name="Deliver">
      <serviceTask id="pack" name="Pack" />
      <sequenceFlow id="f5" sourceRef="pack" targetRef="send" />
      <callActivity id="send" name="Send" calledElement="parcel" />
    </subProcess>
    <sequenceFlow id="f6" sourceRef="good" targetRef="check" />
    <sequenceFlow id="f7" sourceRef="deliver" targetRef="done" />
    <endEvent id="done" name="Done" />
    <textAnnotation id="remark"><text>Nothing here says where it is drawn</text></textAnnotation>
  </process>
</definitions>`;
const BADGES = { check: { tokens: 3 }, pack: { incidents: 1, tokens: 1 }, received: { finished: 12 } };
const MARKS = { check: "current", pack: "failed", received: "done", f1: "done" } as const;
const HEAT = { received: { level: 0.2, text: "12" }, check: { level: 1, text: "40" }, good: { level: 0.5, text: "25" }, pack: { level: 0.7, text: "31" } };
const CALLS = ["send"];

export default function Kit() {
  const [tab, setTab] = useState("one");
  const [chosen, setChosen] = useState<string | null>(null);
  const [hot, setHot] = useState(false);
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
      <section class="card kit-diagram" aria-label="Diagram">
        <Diagram
          xml={MODEL}
          label="Diagram of an order"
          badges={BADGES}
          marks={MARKS}
          heat={hot ? HEAT : null}
          chosen={chosen}
          onElement={setChosen}
          calls={CALLS}
          onCall={(id) => tell(`Called by ${id}`)}
        >
          <Button look="quiet" aria-pressed={hot} onClick={() => setHot(!hot)}>
            Heat
          </Button>
        </Diagram>
      </section>
    </main>
  );
}
