"""Services as one actor may use them: every method looks into the table of checks before it does anything."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from engine.authorization import NotAuthorized
from engine.services.access import Access
from engine.services.checks import CHECKS, INTERNAL, Check
from engine.services.operation_log import OperationLog
from engine.services.queries import Listing

__all__ = ["Guarded"]


class Guarded:
    """A service behind its checks. What no check is written for, nobody but an administrator may do."""

    def __init__(self, name: str, service: Any, access: Access, log: OperationLog) -> None:
        """Who is refused something is noted in the log."""
        self._name, self._service, self._access, self._log = name, service, access, log

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._service, name)
        if isinstance(found, Listing):
            return found
        check = CHECKS.get(self._name, {}).get(name)
        if not self._is_known(name, check):
            refused = NotAuthorized(
                self._access.actor.user_id, (), f"Nobody may use '{self._name}.{name}' on behalf of a person"
            )
            self._log.refuse(f"{self._name}.{name}", refused)
            raise refused
        if not inspect.ismethod(found):
            return found
        guarded = self._through(found, check)
        setattr(self, name, guarded)
        return guarded

    def _is_known(self, name: str, check: Check | None) -> bool:
        if name.startswith("_") or name in INTERNAL.get(self._name, ()):
            return False
        return check is not None or (self._access.actor.administrator and self._name in CHECKS)

    def _through(self, method: Callable[..., Any], check: Check | None) -> Callable[..., Any]:
        access, log, what = self._access, self._log, f"{self._name}.{method.__name__}"
        signature = _signature(method.__func__)  # type: ignore[attr-defined]
        takes_user, takes_hearer = "user" in signature.parameters, "hearer" in signature.parameters

        def call(*positional: Any, **named: Any) -> Any:
            bound = signature.bind(self._service, *positional, **named)
            bound.apply_defaults()
            if takes_user:
                bound.arguments["user"] = access.actor.user_id
            if takes_hearer:
                bound.arguments["hearer"] = access.actor
            if check is not None and not access.actor.administrator:
                try:
                    check(access, bound.arguments)
                except NotAuthorized as refused:
                    log.refuse(what, refused)
                    raise
            return method(*bound.args[1:], **bound.kwargs)

        return call


@cache
def _signature(function: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(function)
