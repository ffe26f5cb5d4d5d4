"""Random graphs under random commands: whatever a model draws, no command breaks what must hold of the rows.

The graphs know no blocks: joins in loops, tokens that overtake each other, scopes left half-way. What comes out is not
judged here; that both worlds of the kit agree, that its invariants hold, and that commands fail only with errors meant
for callers.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from random import Random

import pytest

from engine.core.commands.instances import ActivateAdHoc
from engine.core.commands.jobs import ExecuteJob, FailJob, SetRetries
from engine.core.commands.tasks import CompleteTask, EscalateTask, ThrowTaskError
from engine.core.commands.work import CompleteWork, FailWork, LockWork, ThrowWorkError
from engine.core.state import ElementInstance, Job, ProcessInstance, UserTask
from engine.core.step import Activation, Limits
from engine.errors import EngineError
from tests.core.kit import Run
from tests.core.models import (
    TERMINATE,
    Part,
    ad_hoc,
    boundary,
    call,
    complex_gateway,
    end,
    error,
    escalation,
    io,
    part,
    process,
    service,
    sub,
    user,
)

CODES = ("E1", "E2")
TIMER = "<timerEventDefinition><timeCycle>R2/PT1H</timeCycle></timerEventDefinition>"
KINDS = (
    "user",
    "user",
    "user",
    "work",
    "time",
    "fork",
    "fork",
    "or",
    "or",
    "complex",
    "xor",
    "set",
    "sub",
    "adhoc",
    "call",
    "end",
)
COMMANDS = 25
SEEDS = 150


class Graph:
    """A random graph of one scope, as the text and parts of a model; a `free` one has neither start nor end events."""

    def __init__(self, random: Random, name: str, depth: int, *, free: bool = False) -> None:
        self.random, self.name, self.depth, self.free = random, name, depth, free
        self.parts: dict[str, Part] = {}
        self.flows: list[str] = []
        nodes = [self.node(index) for index in range(random.randint(2, 7))]
        self.connect(nodes)

    def add(self, part: Part, kind: str) -> str:
        id = f"{kind}_{self.name}_{len(self.parts)}"
        if kind not in ("b", "end") and self.random.random() < 0.2:
            part = part.having(asyncBefore=self.random.random() < 0.5, asyncAfter=self.random.random() < 0.5)
        self.parts[id] = part
        return id

    def node(self, index: int) -> str:
        kind = self.random.choice(KINDS)
        match kind:
            case "fork":
                return self.add(part("parallelGateway"), kind)
            case "or":
                return self.add(part("inclusiveGateway"), kind)
            case "complex":
                return self.add(complex_gateway(f"${{activationCount >= {self.random.randint(1, 3)}}}"), kind)
            case "xor":
                return self.add(part("exclusiveGateway"), kind)
            case "set":
                return self.add(service("${n + 1}", "n"), kind)
            case "end" if not self.free:
                event = self.random.choice(["", TERMINATE, error(self.random.choice(CODES))])
                return self.add(end(event), kind)
            case "time":
                return self.add(part("intermediateCatchEvent", inner=TIMER), kind)
            case "work":
                return self.activity(part("serviceTask", type="external", topic="t"), kind)
            case "call":
                return self.activity(call("q"), kind)
            case "sub" if self.depth < 2:
                inner = Graph(self.random, f"{self.name}{index}", self.depth + 1)
                return self.activity(sub(inner.text(), inner.parts), kind)
            case "adhoc" if self.depth < 2:
                inner = Graph(self.random, f"{self.name}{index}", self.depth + 1, free=True)
                until = self.random.choice([None, "${n % 3 == 0}"])
                keeps, sequential = self.random.random() < 0.5, self.random.random() < 0.3
                found = ad_hoc(inner.text(), inner.parts, until=until, keeps=keeps, sequential=sequential)
                return self.activity(found, kind)
        return self.activity(user(io({"x": "1"}, {"y": "${x}"})) if self.random.random() < 0.2 else user(), "user")

    def activity(self, part: Part, kind: str) -> str:
        if self.random.random() < 0.25:
            until = "${nrOfCompletedInstances >= 2}" if self.random.random() < 0.5 else None
            part = part.times(self.random.randint(0, 3), sequential=self.random.random() < 0.5, until=until)
        elif self.random.random() < 0.1:
            before, maximum = self.random.random() < 0.5, self.random.choice([None, 2])
            part = part.looping(f"${{loopCounter < {self.random.randint(0, 3)}}}", before=before, maximum=maximum)
        return self.add(part, kind)

    def connect(self, nodes: list[str]) -> None:
        """Flows forwards mostly, and sometimes back; boundary events lead anywhere."""
        if not self.free:
            self.flows.append(f"start_{self.name} > {nodes[0]}")
        if not self.free and self.random.random() < 0.2:
            self.flows.append(f"start_{self.name} > {self.random.choice(nodes)}")
        for index, source in enumerate(nodes):
            if source.startswith("end") or (self.free and self.random.random() < 0.5):
                continue
            targets = [self.random.choice(nodes[index + 1 :] or nodes) for _ in range(self.random.choice([1, 1, 2, 3]))]
            if self.random.random() < 0.15:
                targets[0] = self.random.choice(nodes)
            self.fan_out(source, targets)
            if source.startswith(("user", "work", "sub", "adhoc", "call")) and self.random.random() < 0.4:
                self.attach(source, self.random.choice(nodes))

    def fan_out(self, source: str, targets: list[str]) -> None:
        for number, target in enumerate(targets):
            condition = ""
            if source.startswith("complex") and self.random.random() < 0.3:
                condition = "[${not waitingForStart}] "
            elif source.startswith(("xor", "or", "complex")) and len(targets) > 1:
                condition = "*" if number == 0 else f"[${{(n % {number + 1}) == 0}}] "
            self.flows.append(f"{source} > {condition}{target}")

    def attach(self, activity: str, target: str) -> None:
        code = self.random.choice([*CODES, None])
        event = self.random.choice([error(code), escalation(code), TIMER])
        interrupting = "error" in event or self.random.random() < 0.5
        id = self.add(boundary(activity, event, interrupting=interrupting), "b")
        self.flows.append(f"{id} > {target}")

    def text(self) -> str:
        return "; ".join(self.flows)


def somehow(run: Run, random: Random) -> None:
    """Ask for anything that makes sense to somebody."""
    tasks = [row for row in run.rows(UserTask) if row.ended_at is None]
    living = [row for row in run.rows(ProcessInstance) if row.ended_at is None]
    jobs = [row for row in run.rows(Job) if row.ended_at is None]
    ways = ["task"] * 8 * bool(tasks) + ["job"] * 8 * bool(jobs) + ["error", "escalate"] * bool(tasks)
    ad_hocs = [row for row in run.rows(ElementInstance) if row.element_id.startswith("adhoc") and row.tokens < 4]
    ad_hocs = [row for row in ad_hocs if row.ended_at is None and row.element_kind == "adHocSubProcess"]
    ways += ["activate"] * 4 * bool(ad_hocs)
    ways += ["set"] + ["suspend", "delete"] * (random.random() < 0.2)
    ways += ["suspend"] * 4 * any(row.state == "SUSPENDED" for row in living)
    match random.choice(ways):
        case "task":
            run.do(CompleteTask(id=random.choice(tasks).id, variables={"n": random.randint(0, 5)}))
        case "error":
            run.do(ThrowTaskError(id=random.choice(tasks).id, code=random.choice(CODES)))
        case "escalate":
            run.do(EscalateTask(id=random.choice(tasks).id, code=random.choice(CODES)))
        case "job":
            with_job(run, random, random.choice(jobs))
        case "activate":
            chosen = random.choice(ad_hocs)
            behavior = run.deployed.by_id[chosen.definition_id].nodes[chosen.element_id].behavior
            ids = random.choices(list(behavior.activatable) or ["nothing"], k=random.randint(0, 2))
            cancel = random.random() < 0.2
            run.do(ActivateAdHoc(id=chosen.id, activations=[Activation(id) for id in ids], cancel_remaining=cancel))
        case "set":
            run.set(random.choice(living).id, n=random.randint(0, 5), local=True)
        case "suspend":
            row = random.choice(living)
            run.suspend(row.id, activate=row.state == "SUSPENDED")
        case "delete":
            run.delete(random.choice(living).id)


def with_job(run: Run, random: Random, job: Job) -> None:
    """Do a job, or fail at it."""
    fails = random.random() < 0.2
    if job.state == "failed":
        run.do(SetRetries(id=job.id, retries=1))
    elif job.kind != "work":
        run.pass_time(minutes=30)
        run.do(FailJob(id=job.id, message="no") if fails else ExecuteJob(id=job.id))
    else:
        run.do(LockWork(id=job.id, worker="w", until=run.now + timedelta(minutes=5)))
        if fails:
            run.do(FailWork(id=job.id, worker="w", retries=random.randint(0, 1)))
        elif random.random() < 0.2:
            run.do(ThrowWorkError(id=job.id, worker="w", code=random.choice(CODES)))
        else:
            run.do(CompleteWork(id=job.id, worker="w", variables={"n": random.randint(0, 5)}))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_breaks(seed):
    random = Random(seed)
    graph = Graph(random, "g", 0)
    called = process("start > z > fork > end1; fork > end2", {"end2": end(random.choice(["", error("E1")]))}, id="q")
    run = Run(process(graph.text(), graph.parts), called, limits=Limits(elements_per_step=200))
    with contextlib.suppress(EngineError):
        run.start(n=1)
    for _ in range(COMMANDS):
        if all(row.ended_at for row in run.rows(ProcessInstance)):
            break
        with contextlib.suppress(EngineError):
            somehow(run, random)
