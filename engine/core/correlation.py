"""Whom a message is for, and what comes with it (Camunda manual, REST API, "Correlate a Message")."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.core import payload
from engine.core.state import ProcessInstance, Subscription
from engine.values import encode

Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Correlation:
    """Whom a message is for. What is None or empty says nothing."""

    name: str
    business_key: str | None = None
    keys: Variables = field(default_factory=dict)
    """Values that variables of the process instance must have, of the same type."""
    local_keys: Variables = field(default_factory=dict)
    """Values that variables of the waiting scope itself must have."""
    process_instance_id: int | None = None
    tenant_id: str | None = None
    """"": of no tenant."""
    key: str | None = None
    """What the correlation key in the model of the receiver must have given."""
    tenants: frozenset[str] | None = None
    """Those that the sender may reach; None: all. Not kept with a message that waits for its receiver."""

    @property
    def route(self) -> str:
        """The way that leads to the fewest receivers, in a form of 32 characters; see `routes`."""
        if self.process_instance_id is not None:
            return _route("instance", self.process_instance_id)
        if self.business_key is not None:
            return _route("business key", self.business_key)
        if self.key is not None:
            return _route("correlation key", self.key)
        for kind, keys in (("key", self.keys), ("local key", self.local_keys)):
            for name, value in sorted(keys.items(), key=lambda item: item[0]):
                return _route(kind, name, *encode(value))
        return ANY

    def meets(self, subscription: Subscription, instance: ProcessInstance, seen: Variables, local: Variables) -> bool:
        """Is the message for this subscription, given the variables of its instance and of the scope that waits?"""
        return (
            self.name == subscription.name
            and self.tenant_id in (None, subscription.tenant_id)
            and self.process_instance_id in (None, instance.id)
            and self.business_key in (None, instance.business_key)
            and self.key in (None, subscription.configuration)
            and _hold(self.keys, seen)
            and _hold(self.local_keys, local)
        )


def routes(subscription: Subscription, instance: ProcessInstance, seen: Variables, local: Variables) -> Iterator[str]:
    """All ways that lead to a subscription, given the variables of its instance and of the scope that waits."""
    yield ANY
    yield _route("instance", instance.id)
    if instance.business_key is not None:
        yield _route("business key", instance.business_key)
    if subscription.configuration is not None:
        yield _route("correlation key", subscription.configuration)
    for kind, variables in (("key", seen), ("local key", local)):
        for name, value in variables.items():
            yield _route(kind, name, *encode(value))


def _route(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


ANY = _route("any")


def _hold(keys: Variables, variables: Variables) -> bool:
    return all(name in variables and encode(variables[name]) == encode(value) for name, value in keys.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What comes with a message: variables for the process instance (or where they are known, seen from what waits),
    for exactly the scope that waits, and for the scope that the message starts."""

    variables: Variables = field(default_factory=dict)
    local_variables: Variables = field(default_factory=dict)
    scope_variables: Variables = field(default_factory=dict)

    @property
    def all(self) -> Variables:
        """As an instance gets them that the message starts."""
        return {**self.variables, **self.local_variables, **self.scope_variables}


def dump(wanted: Correlation, content: Content) -> dict[str, Any]:
    """What JSON can hold of a message."""
    return {
        "name": wanted.name,
        "businessKey": wanted.business_key,
        "keys": payload.dump(wanted.keys),
        "localKeys": payload.dump(wanted.local_keys),
        "processInstance": wanted.process_instance_id,
        "tenant": wanted.tenant_id,
        "key": wanted.key,
        "variables": payload.dump(content.variables),
        "localVariables": payload.dump(content.local_variables),
        "scopeVariables": payload.dump(content.scope_variables),
    }


def load(dumped: Mapping[str, Any]) -> tuple[Correlation, Content]:
    """The message that `dump` took apart."""
    wanted = Correlation(
        name=dumped["name"],
        business_key=dumped["businessKey"],
        keys=payload.load(dumped["keys"]),
        local_keys=payload.load(dumped["localKeys"]),
        process_instance_id=dumped["processInstance"],
        tenant_id=dumped["tenant"],
        key=dumped["key"],
    )
    content = Content(
        variables=payload.load(dumped["variables"]),
        local_variables=payload.load(dumped["localVariables"]),
        scope_variables=payload.load(dumped["scopeVariables"]),
    )
    return wanted, content
