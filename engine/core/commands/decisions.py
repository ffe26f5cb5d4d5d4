"""Commands about decisions: one is made, and what was decided is deleted, or dated to be (Camunda manual, "DMN Engine",
"History Cleanup")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.core import decisions
from engine.core.commands import Command
from engine.core.state import DecisionInstance, Removal
from engine.core.step import Step
from engine.core.unit_of_work import DecisionBy, History, Need
from engine.decision import Evaluation
from engine.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateDecision(Command[Evaluation]):
    """Make a decision, of which the history tells. Raises NotFound, DecisionFailed."""

    wanted: DecisionBy
    variables: Mapping[str, object] = field(default_factory=dict)
    keep: bool = True
    """False: it is only tried, and nothing tells of it."""

    @property
    def needs(self) -> tuple[Need, ...]:
        return (self.wanted,)

    def run(self, step: Step) -> Evaluation:
        found = step.definitions.find_decision(self.wanted)
        if found is None:
            raise NotFound("decision definition", self.wanted.decision_id or self.wanted.key)
        evaluation = found.decision.evaluate(self.variables, step.now)
        if self.keep:
            decisions.record(step, found, evaluation)
        return evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDecisionInstance(Command[None]):
    """Delete for good that a decision was made; those that it needed stay. One that is gone is passed over."""

    id: int

    @property
    def needs(self) -> tuple[Need, ...]:
        return (History(DecisionInstance, self.id),)

    def run(self, step: Step) -> None:
        if step.uow.history(DecisionInstance, self.id) is not None:
            step.uow.erase(DecisionInstance, self.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDecisionRemovalTime(Command[None]):
    """Say when it may be deleted that a decision was made; one that is not there is passed over."""

    id: int
    removal: Removal

    def run(self, step: Step) -> None:
        step.uow.date_removal(DecisionInstance, self.id, self.removal)
