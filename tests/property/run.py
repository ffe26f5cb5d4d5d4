"""A model on a real engine beside its reference: start it, complete one task after the other, compare after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from engine import Engine
from engine.core.commands.events import DeliverEvent
from engine.core.commands.jobs import FailJob
from engine.core.state import Job, Subscription
from engine.errors import EngineError
from engine.store.database import Database
from engine.store.jobs import TopicRequest
from tests.property.model import Model, Task, Value, blocks
from tests.property.observe import Observation, disagreements, dump
from tests.property.reference import Path, Reference
from tests.property.render import TOPIC, files

LEASE = timedelta(minutes=5)
WORKER = "worker"
STEPS = 60
"""A run is left unfinished after so many steps."""


class Disagreement(AssertionError):
    """The engine did not do what the reference did."""


@dataclass
class Run:
    """One run of a model, on the database at `url`."""

    url: str
    model: Model
    random: Random
    root_id: int = 0
    trace: list[str] = field(default_factory=list)
    done: list[tuple[int, str]] = field(default_factory=list)
    """What was completed: its id, and "task" or the kind of the job."""
    now: datetime = datetime(2030, 1, 1, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.tasks = {
            block.id: block
            for process in self.model.processes
            for block in blocks(process.body)
            if isinstance(block, Task)
        }
        self.reference = Reference(self.model)
        self.database = Database.open(self.url)
        self.engine, self.other = self.open(), self.open()

    def open(self) -> Engine:
        """One more engine on the database, with the clock of this run."""
        return Engine.open(self.url, clock=lambda: self.now)

    def close(self) -> None:
        """Close the engines and the way past them to their database."""
        for each in (self.engine, self.other, self.database):
            each.close()

    def go(self) -> None:
        """To the end; raises Disagreement, or what the engine raises."""
        self.start()
        seen = self.compare()
        while not seen.finished and len(self.done) < STEPS:
            self.disturb()
            path = self.random.choice(sorted(seen.ready(), key=repr))
            seen = self.step(seen, path)
        self.agree([str(violation) for violation in self.engine.check()])
        if not seen.finished:
            self.engine.process_instances.delete(self.root_id)
            self.agree([str(violation) for violation in self.engine.check()])

    def start(self) -> None:
        """Deploy the model, and start it."""
        self.engine.deployments.deploy(files(self.model))
        self.trace.append(f"start {dict(self.model.variables)}")
        self.root_id = self.engine.process_instances.start(key="main", variables=self.model.variables).id

    def disturb(self) -> None:
        """What must change nothing: another engine goes on, the engine restarts, somebody completes a task again."""
        before = dump(self.database, self.root_id)
        if self.random.random() < 0.5:
            self.trace.append("another engine")
            self.engine, self.other = self.other, self.engine
        if self.random.random() < 0.3:
            self.trace.append("restart")
            self.engine.close()
            self.engine = self.open()
        if self.done and self.random.random() < 0.1:
            stale, kind = self.random.choice(self.done)
            self.trace.append(f"complete {kind} {stale} again")
            with pytest.raises(EngineError):
                self.complete_again(stale, kind)
        after = dump(self.database, self.root_id)
        self.agree([f"{table} has changed" for table in before if before[table] != after[table]])

    def complete_again(self, id: int, kind: str) -> None:
        """What has been completed is completed once more."""
        if kind == "task":
            self.engine.tasks.complete(id, {"v1": -1})
        elif kind == "event":
            self.engine.queue.execute(DeliverEvent(subscription_id=id))
        elif kind == "work":
            self.engine.external_tasks.complete(id, worker=WORKER, variables={"v1": -1})
        else:
            self.engine.jobs.execute(id)

    def step(self, seen: Observation, path: Path) -> Observation:
        """Complete a task or work, or do a job; on both sides."""
        id, values = seen.ready()[path], self.values(path)
        job = seen.jobs.get(id)
        if job is not None and job.due_at is not None:
            self.now = max(self.now, job.due_at)
        # A timer that fails and repeats waits for its next time at once, beside the attempt: two jobs with one path.
        if job is not None and job.repeat is None and self.random.random() < 0.2:
            self.fail(job)
        event = seen.subscriptions.get(id)
        kind = "event" if event is not None else "task" if job is None else job.kind
        self.trace.append(f"complete {kind} {id} {path} with {values}")
        if event is not None:
            self.bring(event, seen)
        elif job is None:
            self.engine.tasks.complete(id, values)
        elif kind == "work":
            self.engine.external_tasks.complete(id, lease=self.claim(job), variables=values)
        elif self.random.random() < 0.5:
            self.engine.jobs.execute(id)
        else:
            [outcome] = self.engine.jobs.execute_claimed(
                [claim for claim in self.engine.jobs.claim(WORKER, lease=LEASE, limit=1000) if claim.id == id]
            )
            outcome.get()
        self.engine.jobs.release(WORKER)
        self.reference.step(path, values)
        after = self.compare()
        if id not in after.subscriptions:
            self.done.append((id, kind))
        return after

    def bring(self, event: Subscription, seen: Observation) -> None:
        """What is waited for comes: to this subscription, or to all who wait for a signal if that is the only one."""
        alone = sum(each.name == event.name for each in seen.subscriptions.values()) == 1
        if event.kind == "signal" and alone and self.random.random() < 0.5:
            self.engine.signals.send(event.name or "")
        else:
            self.engine.queue.execute(DeliverEvent(subscription_id=event.id))

    def claim(self, job: Job) -> int:
        """Claim all work, and give the lease of this piece."""
        return self.claim_all()[job.id]

    def claim_all(self) -> dict[int, int]:
        """Claim all work; the leases by the ids of its jobs."""
        topics = [TopicRequest(topic=TOPIC, lease=LEASE)]
        claimed = self.engine.external_tasks.fetch_and_lock(WORKER, topics, limit=1000)
        return {each.id: each.lease_token for each in claimed if each.lease_token is not None}

    def fail(self, job: Job) -> None:
        """An attempt fails, or the last one does and somebody gives new ones: nothing else has changed then."""
        self.trace.append(f"fail {job.kind} {job.id}")
        retries = self.random.randint(0, 1)
        if job.kind == "work":
            lease = self.claim(job)
            self.engine.external_tasks.fail(job.id, lease=lease, message="It failed", retries=retries)
            self.engine.jobs.release(WORKER)
        else:
            [outcome] = self.engine.executor.execute([FailJob(id=job.id, message="It failed")])
            outcome.get()
            if not retries:
                self.engine.jobs.set_retries([job.id], 0)
        self.compare()
        self.agree([str(violation) for violation in self.engine.check()] if not retries else [])
        if not retries:
            self.engine.jobs.set_retries([job.id], 3)

    def values(self, path: Path) -> dict[str, Value]:
        """What a person enters into a task."""
        task = self.tasks.get(path[-1][0])
        kinds = () if task is None else task.sets
        return {
            name: self.random.randint(0, 6) if kind == "number" else self.random.random() < 0.4 for name, kind in kinds
        }

    def compare(self) -> Observation:
        """What the database says now; raises Disagreement."""
        seen = Observation(self.database, self.root_id)
        self.agree(disagreements(seen, self.reference))
        return seen

    def agree(self, differences: list[str]) -> None:
        """Raise Disagreement unless there are no differences."""
        if differences:
            raise Disagreement("\n".join(differences))

    def story(self) -> str:
        """The steps so far and the model."""
        drawn = [f"<!-- {name} -->\n{data.decode()}" for name, data in files(self.model).items()]
        return "\n".join([*self.trace, *drawn])
