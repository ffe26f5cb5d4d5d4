"""SpiffWorkflow as a contender: one row per instance with its JSON, written at each wait.

SpiffWorkflow is a library without storage, so the few lines that store are ours, as fast as we could make them: a
specification is parsed once per process, a step is one SELECT and one UPDATE guarded by a version number (no
transaction block, no lock held meanwhile), each thread keeps its connection, and statements are prepared.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.serializer import DEFAULT_CONFIG, BpmnWorkflowSerializer  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.serializer.default.workflow import BpmnWorkflowConverter, WorkflowConverter  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow  # type: ignore[import-untyped]
from SpiffWorkflow.util.task import TaskState  # type: ignore[import-untyped]

from bench.models import Dialect, Model

CREATE = """CREATE TABLE IF NOT EXISTS workflow (
    id TEXT PRIMARY KEY, version INTEGER NOT NULL, completed INTEGER NOT NULL, state TEXT NOT NULL)"""


class SpiffTask(NamedTuple):
    """Where a user task is found: its instance's row, and its id in the JSON."""

    instance: str
    task: UUID


def shared_spec_converter(specs: dict[str, tuple[Any, dict[str, Any]]]) -> type[BpmnWorkflowConverter]:
    """A converter that writes the name of the specification instead of all of it, and finds it again in `specs`."""

    class SharedSpecConverter(BpmnWorkflowConverter):  # type: ignore[misc]
        def to_dict(self, workflow: BpmnWorkflow) -> dict[str, Any]:
            state: dict[str, Any] = WorkflowConverter.to_dict(self, workflow)
            state["spec"] = workflow.spec.name
            state["subprocesses"] = self.mapping_to_dict(workflow.subprocesses)
            state["bpmn_events"] = self.registry.convert(workflow.bpmn_events)
            return state

        def from_dict(self, state: dict[str, Any]) -> BpmnWorkflow:
            workflow = self.target_class(*specs[state["spec"]], deserializing=True)
            workflow.tasks = self.mapping_from_dict(state["tasks"], UUID, workflow=workflow)
            workflow.task_tree = workflow.tasks.get(UUID(state["root"]))
            self.set_default_attributes(workflow, state)
            self.subprocesses_from_dict(state["subprocesses"], workflow)
            workflow.bpmn_events = self.registry.restore(state["bpmn_events"])
            return workflow

    return SharedSpecConverter


class Storage:
    """The table of workflows: autocommit statements on one connection per thread."""

    def __init__(self, url: str) -> None:
        self.executed = 0
        self._local = threading.local()
        self._opened: list[Any] = []
        self._sqlite = url.startswith("sqlite:///")
        self._address = url.removeprefix("sqlite:///").replace("postgresql+psycopg://", "postgresql://")
        self._mark = "?" if self._sqlite else "%s"
        # SQLite has one writer; waiting here is cheaper than waiting in its busy handler.
        self._writer = threading.Lock() if self._sqlite else None
        self.execute(CREATE)

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """Runs one statement (marks are `?`) and returns its cursor."""
        self.executed += 1
        connection = self._connection()
        statement = statement.replace("?", self._mark)
        if self._writer and not statement.startswith("SELECT"):
            with self._writer:
                return connection.execute(statement, parameters)
        return connection.execute(statement, parameters)

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._opened.append(connection)
        return connection

    def _connect(self) -> Any:
        if not self._sqlite:
            return psycopg.connect(self._address, autocommit=True, prepare_threshold=1)
        connection = sqlite3.connect(self._address, isolation_level=None, timeout=30, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in self._opened:
            connection.close()


class Spiff:
    """SpiffWorkflow 3.2; `shared_spec` keeps the specification out of the row, which its own serializer does not."""

    caller_counts = (1, 16)
    # More callers of one instance only overtake each other: whoever writes last has to do its step again.
    sharing_callers = (1,)

    def __init__(self, url: str, *, shared_spec: bool) -> None:
        self.name = "SpiffWorkflow, spec shared" if shared_spec else "SpiffWorkflow"
        self._storage = Storage(url)
        self._specs: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._shared_spec = shared_spec
        self._local = threading.local()

    def deploy(self, model: Model) -> None:
        """Parses the model once."""
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(model.xml(Dialect.PYTHON_SCRIPT)), filename=f"{model.key}.bpmn")
        self._specs[model.key] = (parser.get_spec(model.key), parser.get_subprocess_specs(model.key))

    def start(self, model: Model) -> str:
        """Runs to the first wait and inserts the row."""
        workflow = BpmnWorkflow(*self._specs[model.key])
        workflow.do_engine_steps()
        instance = str(uuid.uuid4())
        self._storage.execute(
            "INSERT INTO workflow (id, version, completed, state) VALUES (?, 1, ?, ?)",
            (instance, int(workflow.completed), self._dump(workflow)),
        )
        return instance

    def tasks(self, _model: Model, instances: Sequence[str]) -> list[list[SpiffTask]]:
        """Reads every row for its ready tasks."""
        found = []
        for instance in instances:
            (state,) = self._storage.execute("SELECT state FROM workflow WHERE id = ?", (instance,)).fetchone()
            ready = self._load(state).get_tasks(state=TaskState.READY, manual=True)
            found.append([SpiffTask(instance, task.id) for task in ready])
        return found

    def complete(self, task: SpiffTask) -> None:
        """Reads the row, runs the task and what follows it, and writes the row if nobody else has."""
        while True:
            row = self._storage.execute("SELECT version, state FROM workflow WHERE id = ?", (task.instance,)).fetchone()
            version, state = row
            workflow = self._load(state)
            workflow.get_task_from_id(task.task).run()
            workflow.do_engine_steps()
            written = self._storage.execute(
                "UPDATE workflow SET version = ?, completed = ?, state = ? WHERE id = ? AND version = ?",
                (version + 1, int(workflow.completed), self._dump(workflow), task.instance, version),
            )
            if written.rowcount:
                return

    def fill(self, model: Model, count: int) -> list[str]:
        """Copies one waiting row `count` times: a step finds its row by the primary key, whatever else is there."""
        (state,) = self._storage.execute("SELECT state FROM workflow WHERE id = ?", (self.start(model),)).fetchone()
        instances = [str(uuid.uuid4()) for _ in range(count)]
        for begin in range(0, count, 1000):
            ids = instances[begin : begin + 1000]
            rows = ", ".join(["(?, 1, 0, ?)"] * len(ids))
            values = [value for instance in ids for value in (instance, state)]
            self._storage.execute(f"INSERT INTO workflow (id, version, completed, state) VALUES {rows}", values)
        return instances

    def _serializer(self) -> BpmnWorkflowSerializer:
        # One per thread: serialize_json sets a flag on its registry while it runs.
        serializer: BpmnWorkflowSerializer | None = getattr(self._local, "serializer", None)
        if serializer is None:
            config = dict(DEFAULT_CONFIG)
            if self._shared_spec:
                config[BpmnWorkflow] = shared_spec_converter(self._specs)
            serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))
            self._local.serializer = serializer
        return serializer

    def _dump(self, workflow: BpmnWorkflow) -> str:
        serializer = self._serializer()
        # json.dumps without the encoder class that serialize_json gives it runs in C.
        return json.dumps(serializer.to_dict(workflow)) if self._shared_spec else serializer.serialize_json(workflow)

    def _load(self, state: str) -> BpmnWorkflow:
        serializer = self._serializer()
        return serializer.from_dict(json.loads(state)) if self._shared_spec else serializer.deserialize_json(state)

    def statements(self) -> int:
        """Statements so far; each commits itself, and none is counted for that."""
        return self._storage.executed

    def close(self) -> None:
        """Closes the connections."""
        self._storage.close()
