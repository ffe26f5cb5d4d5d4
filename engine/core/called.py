"""Which version of a process or decision is called: known when it is reached, as its reference may hold expressions."""

from __future__ import annotations

from dataclasses import dataclass

from bpmn.model import Binding, Reference
from engine.core import host
from engine.core.binder import Binder
from engine.core.state import ElementInstance
from engine.core.step import Step
from engine.errors import ExecutionFailed


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reference means: the latest version of a key, or the one that one of the last three fields names."""

    key: str
    tenant_id: str
    deployment_id: int | None = None
    version: int | None = None
    version_tag: str | None = None

    def __str__(self) -> str:
        which = str(Binding.LATEST if self.deployment_id is None else Binding.DEPLOYMENT)
        if self.version is not None:
            which = f"version {self.version}"
        elif self.version_tag is not None:
            which = f"version tag '{self.version_tag}'"
        return f"key '{self.key}' ({which}{f', tenant {self.tenant_id!r}' if self.tenant_id else ''})"


class Called:
    """A bound reference; `what` says what kind of thing it means, for messages."""

    def __init__(self, reference: Reference, binder: Binder, what: str) -> None:
        self.what, self.binding = what, reference.binding
        self.key = binder.compile(reference.key)
        self.version = binder.optional(reference.version)
        self.version_tag = binder.optional(reference.version_tag)
        self.tenant_id = binder.optional(reference.tenant_id)

    def wanted(self, step: Step, element: ElementInstance) -> Wanted:
        """What is meant at an element instance; of the caller's tenant unless it says which. Raises ExecutionFailed."""
        key = host.evaluate_text(step, self.key, element)
        if not key:
            reason = f"The key of the {self.what} to call, '{self.key.source}', is null"
            raise ExecutionFailed(reason, element.element_id)
        caller = step.definition(element)
        deployment = version = tag = None
        if self.binding is Binding.DEPLOYMENT:
            deployment = caller.deployment_id
        elif self.binding is Binding.VERSION:
            version = self._version(step, element)
        elif self.binding is Binding.VERSION_TAG and self.version_tag is not None:
            tag = host.evaluate_text(step, self.version_tag, element)
        tenant = caller.tenant_id
        if self.tenant_id is not None:
            tenant = host.evaluate_text(step, self.tenant_id, element) or ""
        return Wanted(key, tenant, deployment, version, tag)

    def _version(self, step: Step, element: ElementInstance) -> int:
        text = None if self.version is None else host.evaluate_text(step, self.version, element)
        if text is None or not text.strip().isdigit():
            raise ExecutionFailed(f"The version to call must be a whole number, not {text!r}", element.element_id)
        return int(text)
