"""Decisions: made on their own, and what is kept of them (Camunda manual, "Decisions in the Engine")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.command_queue import CommandQueue
from engine.core.commands.decisions import DeleteDecisionInstance, EvaluateDecision
from engine.core.unit_of_work import DecisionBy
from engine.decision import Evaluation
from engine.errors import BadRequest, NotFound
from engine.news import News, NewsDesk
from engine.services.batches import Batches, BatchType, Configuration
from engine.services.operation_log import OPERATOR, Change, Entry, OperationLog
from engine.store.database import Database
from engine.store.decisions import DECISIONS

DELETION = "historic-decision-instance-deletion"


class Decisions:
    """What can be done with decision definitions, and with what was decided."""

    def __init__(
        self, database: Database, queue: CommandQueue, batches: Batches, log: OperationLog, news: NewsDesk
    ) -> None:
        self._database, self._queue, self._batches, self._log, self._news = database, queue, batches, log, news
        batches.register(BatchType(DELETION, _deleting))

    def evaluate(
        self,
        *,
        decision_id: int | None = None,
        key: str | None = None,
        tenant_id: str | None = None,
        variables: Mapping[str, object] | None = None,
        user: str | None = None,
        keep: bool = True,
    ) -> Evaluation:
        """Make a decision: that with the id, or the latest version of the key, of a tenant ("": of none; None: of
        whichever, if only one has it). Without `keep` nobody is told: it was only tried.

        Raises NotFound, BadRequest, `engine.decision.DecisionFailed`.
        """
        wanted = DecisionBy(decision_id=decision_id, key=key, tenant_id=tenant_id)
        return self._queue.execute(EvaluateDecision(wanted=wanted, variables=variables or {}, keep=keep, user=user))

    def set_history_time_to_live(self, decision_id: int, days: int | None) -> None:
        """Set how many days it is kept that the decision was made; None: for ever. Raises NotFound, BadRequest."""
        if days is not None and days < 0:
            raise BadRequest(f"A history time to live is a number of days from 0, not {days}")
        self._log.prepare()
        with self._database.write() as tx:
            row = DECISIONS.find(tx, decision_id)
            if row is None:
                raise NotFound("decision definition", decision_id)
            DECISIONS.set_history_time_to_live(tx, decision_id, days)
            changes = [
                Change("historyTimeToLive", row.history_time_to_live, days),
                Change("decisionDefinitionId", None, f"{row.key}:{row.version}:{row.id}"),
                Change("decisionDefinitionKey", None, row.key),
            ]
            references = {"deployment_id": row.deployment_id, "tenant_id": row.tenant_id}
            entry = Entry("UpdateHistoryTimeToLive", "DecisionDefinition", OPERATOR, changes, references=references)
            self._log.note(tx, entry)
        self._news.tell(News(decisions=frozenset([decision_id])))

    def delete_history(self, ids: Sequence[int], *, reason: str | None = None, user: str | None = None) -> int:
        """Delete for good, by and by, that decisions were made, as a batch; gives its id. Raises BadRequest."""
        return self._batches.start(DELETION, ids, {"reason": reason}, user=user)


def _deleting(_: Configuration, ids: Sequence[int]) -> Sequence[DeleteDecisionInstance]:
    return [DeleteDecisionInstance(id=each) for each in ids]
