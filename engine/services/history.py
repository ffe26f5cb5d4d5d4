"""History: what has ended, deleted for good."""

from __future__ import annotations

from datetime import datetime

from engine.clock import Clock
from engine.core.state import ProcessInstance, Variable
from engine.errors import NotFound
from engine.services.operation_log import OPERATOR, Change, Entry, OperationLog
from engine.store import variable_history
from engine.store.database import Database
from engine.store.query import reports
from engine.values import format_date


class History:
    """What can be deleted of the history of variables, and of that of who worked on tasks.

    `ProcessInstances.delete_history` deletes whole instances.
    """

    def __init__(self, database: Database, clock: Clock, log: OperationLog) -> None:
        self._database, self._clock, self._log = database, clock, log

    def delete_variable(self, id: int) -> None:
        """Delete an ended variable with all values it had. Raises NotFound, also for one that is still alive."""
        self._log.prepare()
        with self._database.write() as tx:
            (found,) = tx.select(Variable, "id", [id], alive=False) or (None,)
            if not variable_history.delete_variable(tx, id):
                raise NotFound(
                    "historic variable instance", id, f"No ended historic variable instance found with id: {id}"
                )
            name = None if found is None else found.name
            self._log.note(tx, Entry("DeleteHistory", "Variable", OPERATOR, [Change("name", None, name)], found))

    def delete_variables_of(self, process_instance_id: int) -> None:
        """Delete the ended variables of a process instance with all values they had; those alive are kept."""
        self._log.prepare()
        with self._database.write() as tx:
            variable_history.delete_of_instance(tx, process_instance_id)
            (found,) = tx.select(ProcessInstance, "id", [process_instance_id], alive=False) or (None,)
            self._log.note(tx, Entry("DeleteHistory", "Variable", OPERATOR, about=found))

    def forget_task_workers(self, before: datetime | None = None) -> None:
        """Count who worked on tasks from that time on only (from now on, without one).

        What history tells of the tasks themselves stays as it is.
        """
        before = before or self._clock()
        self._log.prepare()
        with self._database.write() as tx:
            reports.forget_task_workers(tx, before)
            self._log.note(
                tx, Entry("Delete", "TaskMetrics", OPERATOR, [Change("timestamp", None, format_date(before))])
            )
