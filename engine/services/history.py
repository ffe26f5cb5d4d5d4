"""History: what has ended, deleted for good."""

from __future__ import annotations

from engine.errors import NotFound
from engine.store import variable_history
from engine.store.database import Database


class History:
    """What can be deleted of the history of variables. `ProcessInstances.delete_history` deletes whole instances."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def delete_variable(self, id: int) -> None:
        """Delete an ended variable with all values it had. Raises NotFound, also for one that is still alive."""
        with self._database.write() as tx:
            if not variable_history.delete_variable(tx, id):
                raise NotFound(
                    "historic variable instance", id, f"No ended historic variable instance found with id: {id}"
                )

    def delete_variables_of(self, process_instance_id: int) -> None:
        """Delete the ended variables of a process instance with all values they had; those alive are kept."""
        with self._database.write() as tx:
            variable_history.delete_of_instance(tx, process_instance_id)
