"""Scripts of process models, run in a pool of sandboxed child processes."""

from engine.scripting.limits import ScriptLimits
from engine.scripting.pool import ScriptPool

__all__ = ["ScriptLimits", "ScriptPool"]
