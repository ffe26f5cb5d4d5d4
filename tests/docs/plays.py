"""What happens to the models on the pages about elements: a short play for each, which its page's words promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.core.commands.events import StartByEvent
from engine.core.state import ProcessInstance, UserTask
from tests.core.kit import Run

Play = Callable[[Run], None]


def ad_hoc_sub_processes(run: Run) -> None:
    case = run.start("case", first=["interview", "research"], enough=False)
    run.complete("research", finding="nothing")
    run.activate("visit", ad_hoc="work", place="Oslo")
    assert run.variables(run.living("work#innerInstance")[-1].id) == {"place": "Oslo"}
    run.complete("visit", finding="a trace")
    run.complete("report", enough=True)
    assert run.waits() == []
    assert run.trace("interview") == [("interview", "terminated")]
    assert run.variables(case, ended=True)["findings"] == ["nothing", "a trace"]


def boundary_events(run: Run) -> None:
    run.start("approval")
    run.resume("reminded")
    assert run.waits() == ["approve", "remind"]
    run.deliver("stopped")
    assert run.waits() == ["remind"]


def business_rule_tasks(run: Run) -> None:
    lunch = run.start("lunch", season="winter", guests=12)
    assert run.variables(lunch) == {"season": "winter", "guests": 12, "dish": "Stew"}
    assert run.waits() == ["cook"]
    run.start("lunch", season="summer", guests=3)
    assert run.waits() == ["cook", "order"]


def call_activities(run: Run) -> None:
    trip = run.start("trip", city="Rome")
    assert run.variables(run.called(trip).id) == {"destination": "Rome"}
    run.complete("reserve", reference="R1")
    assert run.state(trip) == "COMPLETED"
    assert run.variables(trip, ended=True) == {"city": "Rome", "booking": "R1"}


def compensation(run: Run) -> None:
    shown = run.start("exhibition", refused=True)
    for each in ("rent", "invite", "insure"):
        run.complete(each)
    assert run.waits() == ["apologize", "release", "undo"]
    assert [task.element_id for task in run.rows(UserTask)][-2:] == ["apologize", "release"]
    run.complete("release")
    run.complete("apologize")
    assert run.state(shown) == "COMPLETED"


def complex_gateways(run: Run) -> None:
    run.start("opinions", urgent=False)
    run.complete("sales")
    assert run.waits() == ["enough", "legal", "support"]
    run.complete("legal")
    assert run.waits() == ["decide", "enough", "support"]
    run.complete("support")
    assert run.waits() == ["decide"]


def conditional_events(run: Run) -> None:
    run.start("delivery", stock=2)
    (instance,) = run.rows(ProcessInstance)
    run.set(instance.id, days=5)
    assert run.waits() == ["console", "hurry", "pack"]
    run.set(instance.id, stock=1)
    assert run.waits() == ["console", "hurry", "pack"]
    run.set(instance.id, stock=0)
    assert run.waits() == ["console", "hurry", "refund"]


def data_objects(run: Run) -> None:
    offer = run.start("offer", currency="EUR")
    assert run.variables(offer) == {"rate": 0.19, "currency": "EUR"}
    (positions,) = run.living("positions")
    assert run.variables(positions.id) == {"total": 0}
    run.complete("add", total=100)
    assert run.variables(positions.id, ended=True) == {"total": 100}
    assert "total" not in run.variables(offer)


def end_events(run: Run) -> None:
    run.start("quote")
    run.complete("decide", accept=False)
    assert [signal.name for signal in run.kept.step.sent] == ["quote lost"]


def error_events(run: Run) -> None:
    payment = run.start("payment", bank="Main Bank")
    run.complete("ask", accepted=False)
    assert run.task("remind").name == "Remind: Refused by Main Bank"
    assert run.variables(payment)["code"] == "refused"
    run.throw_error("remind", "closed")
    assert run.waits() == ["any", "look"]
    assert run.variables(payment)["code"] == "closed"


def escalation_events(run: Run) -> None:
    run.start("estimate")
    run.complete("measure")
    assert run.waits() == ["estimating", "warn", "write"]
    assert run.task("warn").name == "Warn the customer: dear"


def event_based_gateways(run: Run) -> None:
    run.start("reply")
    run.resume("week")
    assert (run.waits(), run.subscriptions("accepted")) == (["call"], [])


def event_sub_processes(run: Run) -> None:
    run.start("claim")
    run.resume("late")
    assert run.waits() == ["assess", "call", "reminder"]
    run.deliver("withdrawn")
    assert run.waits() == ["confirm", "withdrawal"]


def exclusive_gateways(run: Run) -> None:
    run.start("invoice", total=20_000)
    run.start("invoice", total=5)
    assert run.waits() == ["big", "small"]


def inclusive_gateways(run: Run) -> None:
    run.start("parcel", value=200, gift=True)
    assert run.waits() == ["gift", "insure"]
    run.complete("gift")
    assert run.waits() == ["insure", "join"]
    run.complete("insure")
    assert run.waits() == []


def intermediate_events(run: Run) -> None:
    run.start("shipping")
    assert (run.count("packed"), run.waits()) == (1, ["truck"])
    run.deliver("truck")
    assert run.waits() == ["load"]


def multi_instance(run: Run) -> None:
    run.start("review", reviewers=["ann", "bob", "eve"])
    assert [task.assignee for task in run.tasks("read")] == ["ann", "bob", "eve"]
    run.complete("read")
    run.complete("read")
    assert run.waits() == []


def multiple_events(run: Run) -> None:
    run.do(StartByEvent(definition_id=1, element_id="start"))
    run.deliver("border", 1)
    assert run.waits() == ["border", "journey"]
    run.deliver("border")
    assert [signal.name for signal in run.kept.step.sent] == ["border is open"]
    assert run.waits() == ["explain"]


def parallel_gateways(run: Run) -> None:
    run.start("onboarding")
    run.complete("desk")
    assert run.waits() == ["account", "join"]
    run.complete("account")
    assert run.waits() == []


def receive_tasks(run: Run) -> None:
    run.start("delivery")
    assert [waiting.name for waiting in run.subscriptions("wait")] == ["parcel arrived"]
    run.deliver("wait")
    assert run.waits() == []


def script_tasks(run: Run) -> None:
    bought = run.start("discount", total=150)
    assert run.variables(bought, ended=True)["discount"] == 10


def service_tasks(run: Run) -> None:
    paid = run.start("payment", net=10)
    assert run.variables(paid) == {"net": 10, "gross": 12.0}
    run.work("charge")
    assert [job.topic for job in run.jobs("receipt")] == ["sendReceipt"]


def link_events(run: Run) -> None:
    draft = run.start("draft")
    run.complete("write")
    run.complete("read", good=False)
    assert run.waits() == ["write"]
    run.complete("write")
    run.complete("read", good=True)
    assert run.state(draft) == "COMPLETED"


def messages(run: Run) -> None:
    sale = run.do(StartByEvent(definition_id=1, element_id="ordered", variables={"number": 7})).id
    run.deliver("paid")
    assert [each.name for each in run.subscriptions("changed")] == ["change of order 7"]
    run.set(sale, number=8)
    run.deliver("changed")
    assert run.waits() == ["review"]


def signals(run: Run) -> None:
    run.start("alarm", building="B", place="roof")
    run.deliver("fire")
    assert [(sent.name, sent.variables) for sent in run.kept.step.sent] == [("all clear in B", {"where": "roof"})]


def standard_loops(run: Run) -> None:
    run.start("reminders", paid=False)
    run.complete("remind")
    assert run.task("remind").name == "Reminder 2"
    run.complete("remind", paid=True)
    assert run.waits() == []


def start_events(run: Run) -> None:
    by_hand = run.start("order", user="ann")
    assert run.variables(by_hand) == {"starter": "ann"}
    by_signal = run.do(StartByEvent(definition_id=1, element_id="by_signal")).id
    assert (run.instance(by_signal).start_element_id, run.waits()) == ("by_signal", ["check", "check"])


def sub_processes(run: Run) -> None:
    run.start("hiring")
    run.complete("talk")
    assert run.waits() == ["interviews", "trial"]
    run.complete("trial")
    assert run.waits() == ["offer"]


def tasks(run: Run) -> None:
    assert run.state(run.start("tea")) == "COMPLETED"
    assert run.trace("boil", "brew") == [("boil", "completed"), ("brew", "completed")]


def terminate_end_events(run: Run) -> None:
    race = run.start("race")
    run.complete("ask_bob")
    assert run.state(race) == "COMPLETED"
    assert run.trace("ask_ann") == [("ask_ann", "terminated")]


def timers(run: Run) -> None:
    run.start("quote_deadline", patience="PT4H")
    (deadline,) = run.jobs("deadline")
    assert deadline.due_at is not None
    assert (deadline.due_at - run.now).total_seconds() == 4 * 3600
    run.resume("deadline")
    assert run.waits() == ["apologize"]


def transactions(run: Run) -> None:
    run.start("purchase")
    run.complete("reserve")
    run.complete("loan", loan=False)
    assert run.waits() == ["deal", "failed", "free"]
    run.complete("free")
    assert run.waits() == ["search"]


def user_tasks(run: Run) -> None:
    run.start("leave", employee="Ada")
    task = run.task("approve")
    assert (task.name, task.priority, task.due_at is not None) == ("Approve leave of Ada", 70, True)


PLAYS: Mapping[str, Play] = {
    "ad-hoc-sub-processes": ad_hoc_sub_processes,
    "boundary-events": boundary_events,
    "business-rule-tasks": business_rule_tasks,
    "call-activities": call_activities,
    "compensation": compensation,
    "complex-gateways": complex_gateways,
    "conditional-events": conditional_events,
    "data-objects": data_objects,
    "end-events": end_events,
    "error-events": error_events,
    "escalation-events": escalation_events,
    "event-based-gateways": event_based_gateways,
    "event-sub-processes": event_sub_processes,
    "exclusive-gateways": exclusive_gateways,
    "inclusive-gateways": inclusive_gateways,
    "intermediate-events": intermediate_events,
    "multi-instance": multi_instance,
    "multiple-events": multiple_events,
    "parallel-gateways": parallel_gateways,
    "receive-tasks": receive_tasks,
    "script-tasks": script_tasks,
    "service-tasks": service_tasks,
    "link-events": link_events,
    "messages": messages,
    "signals": signals,
    "standard-loops": standard_loops,
    "start-events": start_events,
    "sub-processes": sub_processes,
    "tasks": tasks,
    "terminate-end-events": terminate_end_events,
    "timers": timers,
    "transactions": transactions,
    "user-tasks": user_tasks,
}
"""By the name of the page."""
