"""Who waits for a message: found from the side that leaves the fewest, by business key, by variables or by name."""

# ruff: noqa: S608  (the statements are made of constants of this module and names of tables; all data is in parameters)

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from engine.core.correlation import Correlation
from engine.core.lifecycle import InstanceState
from engine.core.subscriptions import CONDITIONAL, MESSAGE
from engine.store.query.kinds import InvalidQuery
from engine.store.tables import TEXT_KEY_LENGTH
from engine.store.transaction import ReadTransaction
from engine.values import encode


@dataclass(frozen=True, slots=True)
class Receiver:
    """A subscription of an instance."""

    subscription_id: int
    process_instance_id: int


@dataclass(frozen=True, slots=True)
class Starter:
    """A start event of a definition."""

    definition_id: int
    element_id: str


@dataclass(frozen=True, slots=True)
class _Criterion:
    """What must be near a subscription: `near` is its row, `joined` says to which subscriptions it is near."""

    source: str
    joined: str
    conditions: str
    """By which it is found at once."""
    checks: str
    """The same, but for rows that were found through `joined`: no index on these columns is to be used."""
    parameters: Sequence[Any]

    def first(self, dialect: str) -> str:
        """FROM and WHERE that begin with it, and go on to the subscriptions."""
        if dialect == "sqlite":  # CROSS JOIN is done in the order in which it is written
            return f"FROM {self.source} CROSS JOIN subscription WHERE {self.conditions} AND {self.joined} AND {_OPEN}"
        subscriptions = f"SELECT * FROM subscription WHERE {self.joined} AND {_OPEN} OFFSET 0"
        return f"FROM {self.source} CROSS JOIN LATERAL ({subscriptions}) AS subscription WHERE {self.conditions}"

    @property
    def check(self) -> str:
        """The condition on a subscription; a scalar subquery, for it is looked up row by row."""
        found = f"SELECT true FROM {self.source} WHERE {self.joined} AND {self.checks} LIMIT 1"
        return f"coalesce(({found}), false)"


_OPEN: Final = f"subscription.name = ? AND subscription.kind = '{MESSAGE}' AND subscription.ended_at IS NULL"
_ACTIVE: Final = (
    "(SELECT process_instance.state FROM process_instance WHERE process_instance.id = subscription.process_instance_id)"
    f" = '{InstanceState.ACTIVE}'"
)
_RUNS: Final = (
    "NOT (SELECT process_definition.suspended FROM process_definition "
    "WHERE process_definition.id = subscription.definition_id)"
)
ENOUGH: Final = 100
"""A criterion that this many rows meet is not counted any further."""


def receivers(tx: ReadTransaction, wanted: Correlation, limit: int | None = None) -> list[Receiver]:
    """The subscriptions of active instances that a message is for, oldest first; any `limit` of them, if it is given.

    Raises InvalidQuery for a value that variables cannot be compared with.
    """
    criteria = _criteria(wanted)
    conditions: list[str] = []
    parameters: list[Any] = []
    if wanted.process_instance_id is not None or not criteria:
        source = f"FROM subscription WHERE {_OPEN}"
        parameters.append(wanted.name)
    else:
        first = criteria.pop(_rarest(tx, criteria))
        source = first.first(tx.dialect)
        # On PostgreSQL the subscription is named before what is near to it, and written within it.
        own = list(first.parameters)
        parameters += [*own, wanted.name] if tx.dialect == "sqlite" else [wanted.name, *own]
    if wanted.process_instance_id is not None:
        conditions.append("subscription.process_instance_id = ?")
        parameters.append(wanted.process_instance_id)
    if wanted.key is not None:
        conditions.append("subscription.configuration = ?")
        parameters.append(wanted.key)
    _of_tenant(wanted, conditions, parameters)
    conditions.append(_ACTIVE)
    for criterion in criteria:
        conditions.append(criterion.check)
        parameters.extend(criterion.parameters)
    order = " ORDER BY subscription.id" if limit is None else f" LIMIT {limit:d}"
    statement = (
        f"SELECT subscription.id, subscription.process_instance_id {source} AND {' AND '.join(conditions)}{order}"
    )
    return [Receiver(*record) for record in tx.look_up(statement, parameters)]


def starters(tx: ReadTransaction, wanted: Correlation, limit: int | None = None) -> list[Starter]:
    """The start events of active definitions that wait for a message, oldest first."""
    conditions = [_OPEN, "subscription.process_instance_id IS NULL"]
    parameters: list[Any] = [wanted.name]
    _of_tenant(wanted, conditions, parameters)
    limited = "" if limit is None else f" LIMIT {limit:d}"
    statement = (
        "SELECT subscription.definition_id, subscription.element_id FROM subscription "
        f"WHERE {' AND '.join((*conditions, _RUNS))} ORDER BY subscription.id{limited}"
    )
    return [Starter(*record) for record in tx.look_up(statement, parameters)]


def conditional_starters(tx: ReadTransaction, tenant_id: str | None) -> list[Starter]:
    """The start events of definitions that wait for a condition, suspended ones too, oldest first."""
    conditions = ["root_id IS NULL", "ended_at IS NULL", f"kind = '{CONDITIONAL}'"]
    parameters: list[Any] = []
    if tenant_id is not None:
        conditions.append("tenant_id = ?")
        parameters.append(tenant_id)
    statement = f"SELECT definition_id, element_id FROM subscription WHERE {' AND '.join(conditions)} ORDER BY id"
    return [Starter(*record) for record in tx.look_up(statement, parameters)]


def subscribed(tx: ReadTransaction, execution_id: int, name: str) -> int | None:
    """The subscription of an execution to a message; None if it has none."""
    statement = f"SELECT subscription.id FROM subscription WHERE subscription.scope_id = ? AND {_OPEN} LIMIT 1"
    found = [id for (id,) in tx.look_up(statement, [execution_id, name])]
    return found[0] if found else None


def _of_tenant(wanted: Correlation, conditions: list[str], parameters: list[Any]) -> None:
    if wanted.tenant_id is not None:
        conditions.append("subscription.tenant_id = ?")
        parameters.append(wanted.tenant_id)
    if wanted.tenants is not None:
        conditions.append(f"subscription.tenant_id IN ({', '.join('?' * len(wanted.tenants))})")
        parameters.extend(sorted(wanted.tenants))


def _criteria(wanted: Correlation) -> list[_Criterion]:
    found = []
    if wanted.business_key is not None:
        found.append(
            _Criterion(
                "process_instance AS near",
                "subscription.process_instance_id = near.id",
                "near.business_key = ? AND near.ended_at IS NULL",
                "coalesce(near.business_key, '') = ? AND near.ended_at IS NULL",
                [wanted.business_key],
            )
        )
    for keys, scope in ((wanted.keys, "process_instance_id"), (wanted.local_keys, "scope_id")):
        for name, value in keys.items():
            conditions, parameters = _equals(name, value)
            found.append(
                _Criterion(
                    "variable AS near",
                    f"subscription.{scope} = near.scope_id",
                    f"near.name = ? AND {conditions} AND near.ended_at IS NULL",
                    f"coalesce(near.name, '') = ? AND {conditions} AND near.ended_at IS NULL",
                    [name, *parameters],
                )
            )
    return found


def _equals(name: str, value: object) -> tuple[str, list[Any]]:
    """The condition that a variable has exactly this value, in the words of the index by name and value."""
    stored = encode(value)
    match stored.type:
        case "String":
            text = stored.text or ""
            return (
                "near.text_key = ? AND near.value_type = 'String' AND near.text_value = ?",
                [text[:TEXT_KEY_LENGTH], text],
            )
        case "Boolean" | "Short" | "Integer" | "Long" | "Date":
            return f"near.text_key IS NULL AND near.long_value = ? AND near.value_type = '{stored.type}'", [stored.long]
        case "Double":
            return "near.value_type = 'Double' AND near.double_value = ?", [stored.double]
        case "Null":
            return "near.value_type = 'Null'", []
    raise InvalidQuery(f"A message cannot be correlated by '{name}': values of type {stored.type} cannot be compared")


def _rarest(tx: ReadTransaction, criteria: Sequence[_Criterion]) -> int:
    """The index of the criterion that the fewest rows meet."""
    if len(criteria) == 1:
        return 0
    counts = []
    parameters: list[Any] = []
    for index, each in enumerate(criteria):
        met = f"SELECT 1 FROM {each.source} WHERE {each.conditions} LIMIT {ENOUGH}"
        counts.append(f"SELECT (SELECT count(*) FROM ({met}) AS met) AS found, {index} AS number")
        parameters.extend(each.parameters)
    statement = " UNION ALL ".join(counts) + " ORDER BY 1, 2 LIMIT 1"
    ((_, index),) = tx.look_up(statement, parameters)
    return int(index)
