"""What is kept of decisions that are made (Camunda manual, "History and Audit Event Log", "Decision Instance")."""

from __future__ import annotations

from engine.core.graph import DecisionDefinition
from engine.core.state import DecisionInput, DecisionInstance, DecisionOutput, ElementInstance
from engine.core.step import Step
from engine.decision import EvaluatedDecision, Evaluation


def record(
    step: Step, definition: DecisionDefinition, evaluation: Evaluation, element: ElementInstance | None = None
) -> int | None:
    """Keep a decision with those that it needed, made at an element instance or for the user of the step.

    Gives the id of the decision's row; None where such are not kept (below history level full).
    """
    if not step.record_updates:
        return None
    *needed, asked = evaluation.evaluated
    root = _record(step, definition, asked, element, None)
    for each in needed:
        _record(step, definition, each, element, root)
    return root


def _record(
    step: Step,
    definition: DecisionDefinition,
    made: EvaluatedDecision,
    element: ElementInstance | None,
    root: int | None,
) -> int:
    instance_id = None if element is None else element.process_instance_id
    root_id = None if element is None else element.root_id
    collected = made.collect_result_value
    row = step.uow.add(
        DecisionInstance(
            id=step.next_id(),
            decision_id=definition.ids[made.decision_id],
            decision_key=made.decision_id,
            decision_name=made.decision_name,
            requirements_id=definition.requirements_id,
            requirements_key=definition.requirements_key,
            root_decision_instance_id=root,
            definition_id=None if element is None else element.definition_id,
            process_instance_id=instance_id,
            root_id=root_id,
            element_instance_id=None if element is None else element.id,
            element_id=None if element is None else element.element_id,
            user_id=step.user if element is None else None,
            tenant_id=definition.tenant_id if element is None else element.tenant_id or definition.tenant_id,
            collect_result=float(collected) if isinstance(collected, int | float) else None,
            elements=made.elements,
            evaluated_at=step.now,
        )
    )
    for given in made.inputs:
        step.uow.add(
            DecisionInput(
                id=step.next_id(),
                decision_instance_id=row.id,
                process_instance_id=instance_id,
                root_id=root_id,
                clause_id=given.clause_id,
                clause_name=given.clause_name,
                value=given.value,
            )
        )
    for found in made.outputs:
        step.uow.add(
            DecisionOutput(
                id=step.next_id(),
                decision_instance_id=row.id,
                process_instance_id=instance_id,
                root_id=root_id,
                clause_id=found.clause_id,
                clause_name=found.clause_name,
                rule_id=found.rule_id,
                rule_order=found.rule_order,
                variable_name=found.variable_name,
                value=found.value,
            )
        )
    return row.id
