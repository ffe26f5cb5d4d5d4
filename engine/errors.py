"""The errors that callers of the engine may meet.

    EngineError
    ├── BadRequest            what was asked makes no sense, whatever the state
    │   └── InvalidInstruction    an instance cannot be changed like this
    ├── NotFound              there is no such thing (or it has ended)
    ├── Conflict              it cannot be done in this state, or somebody was faster
    │   ├── LastAdministrator     there would be nobody left who may do everything
    │   ├── LeaseLost             the work is held by somebody else, or by nobody
    │   ├── NotCorrelated     nobody waits for the message, or several do
    │   └── Suspended         the instance or definition is suspended
    ├── NotAuthorized         who asks may not do it (in `engine.authorization`)
    ├── ExecutionFailed       the process could not go on: the step was undone
    │   ├── NoFlowSelected    no outgoing sequence flow could be taken
    │   └── LoopLimit         a loop that never waits
    └── Unavailable           the database cannot be reached or cannot take more; try again later

All but the last leave everything as it was.
"""

from __future__ import annotations


class EngineError(Exception):
    """The base of all errors of the engine; the message says what is wrong, where, and what to do."""


class BadRequest(EngineError):
    """What was asked makes no sense, whatever the state."""


class InvalidInstruction(BadRequest):
    """What a process instance was to be changed to does not fit its process, or what it is doing."""


class NotFound(EngineError):
    """There is no living thing of this kind with this id."""

    def __init__(self, kind: str, id: object, message: str | None = None) -> None:
        super().__init__(message or f"Cannot find {kind} with id {id}")
        self.kind, self.id = kind, id


class Conflict(EngineError):
    """It cannot be done in this state."""


class LastAdministrator(Conflict):
    """Nobody would be left who may do everything, and so nobody who could make an administrator."""

    def __init__(self) -> None:
        super().__init__("This is the last administrator: put somebody else into the group 'camunda-admin' first")


class LeaseLost(Conflict):
    """Who reports on work does not hold it (any more): the report was dropped."""


class NotCorrelated(Conflict):
    """Nobody waits for the message, or it is not clear who of several is meant."""


class Suspended(Conflict):
    """The process instance or definition is suspended."""

    def __init__(self, kind: str, id: object) -> None:
        super().__init__(f"{kind.capitalize()} {id} is suspended; activate it first")
        self.kind, self.id = kind, id

    def concerns(self, kind: str, id: int | None) -> bool:
        """Is it this that is suspended? The reference of a definition ends with its id."""
        return self.kind == kind and str(self.id).rpartition(":")[2] == str(id)


class ExecutionFailed(EngineError):
    """The process could not go on from here; the step was undone as a whole."""

    def __init__(self, message: str, element_id: str | None = None) -> None:
        super().__init__(f"{message} (element '{element_id}')" if element_id else message)
        self.element_id = element_id


class NoFlowSelected(ExecutionFailed):
    """No outgoing sequence flow could be taken: no condition was true and there is no default flow."""


class LoopLimit(ExecutionFailed):
    """A loop that never waits was cut."""


class Unavailable(EngineError):
    """The database cannot be reached, or cannot take more; nothing was done."""
