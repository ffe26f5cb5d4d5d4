"""What scripts may use."""

from dataclasses import dataclass

__all__ = ["ScriptLimits"]


@dataclass(frozen=True, slots=True)
class ScriptLimits:
    """The bounds of one script, and of the processes that run them.

    A process is replaced after `runs_per_process` scripts, and at once when a script broke a limit or the process died.
    """

    seconds: float = 1.0
    """Time that a script may compute, in seconds."""
    wall_seconds: float = 3.0
    """Time after which the process that runs a script is killed, whatever it does, in seconds."""
    memory_bytes: int = 64 << 20
    """Memory of a script's values."""
    address_space_bytes: int = 256 << 20
    """Address space of a process (not enforced by macOS)."""
    result_bytes: int = 1 << 20
    """Length of a script's value and changes together, as JSON."""
    processes: int = 2
    """Processes for each language; they are started when first needed."""
    waiting: int = 64
    """Callers that may wait for a process."""
    wait_seconds: float = 10.0
    """Time that a caller waits for a process, in seconds."""
    start_seconds: float = 10.0
    """Time that a process may take to start, in seconds."""
    runs_per_process: int = 1000
    """Scripts after which a process is replaced."""
