"""Migration plans: what pairs of elements may be made, and which are made of themselves."""

from __future__ import annotations

import pytest

from engine.core.graph import Definition
from engine.core.migration.plan import MigrationInstruction, MigrationPlan
from engine.core.migration.rules import InvalidPlan, ensure_valid, generate, validate
from tests.core.kit import Run
from tests.core.models import (
    Part,
    boundary,
    call,
    catch,
    error,
    event_sub,
    message,
    part,
    process,
    service,
    signal,
    sub,
    user,
)

HOUR = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
TIMEOUT = '<camunda:taskListener event="timeout" id="l" expression="${1}">' + HOUR + "</camunda:taskListener>"
EXTERNAL = {"type": "external", "topic": "t"}


def bound(flows: str, **parts: Part) -> Definition:
    (definition,) = Run().deploy(process(flows, parts))
    return definition


def instructions(*texts: str) -> tuple[MigrationInstruction, ...]:
    """Instructions as words: source, target, and a third one for one that updates the event trigger."""
    split = [text.split() for text in texts]
    return tuple(MigrationInstruction(each[0], each[1], len(each) > 2) for each in split)


def failures(source: Definition, target: Definition, *texts: str) -> dict[str, list[str]]:
    """The failures by "source target"."""
    reports = validate(source, target, MigrationPlan(source.id, target.id, instructions(*texts)))
    return {f"{each.instruction.source} {each.instruction.target}": list(each.failures) for each in reports}


def generated(source: Definition, target: Definition, *, update: bool = False) -> list[str]:
    """The generated instructions: the id, with a star if the event trigger is updated."""
    found = generate(source, target, update_event_triggers=update)
    assert all(each.source == each.target for each in found)
    ensure_valid(source, target, MigrationPlan(source.id, target.id, found))
    return sorted(each.source + "*" * each.update_event_trigger for each in found)


# ---------------------------------------------------------------- generated plans

KINDS = {
    "plain": service("${1}"),
    "worker": part("serviceTask", **EXTERNAL),
    "sender": part("sendTask", **EXTERNAL),
    "later": service("${1}").having(asyncBefore=True),
    "after": service("${1}").having(asyncAfter=True),
    "script": part("scriptTask", "", "<script>1</script>", scriptFormat="juel"),
    "manual": part("manualTask"),
    "receive": part("receiveTask"),
    "caller": call("p"),
    "time": catch(HOUR),
    "mail": catch(message("m")),
    "a": user(),
    "slow": user(TIMEOUT),
    "a_error": boundary("a", error("e")),
    "a_time": boundary("a", HOUR),
    "a_mail": boundary("a", message("m")),
    "a_signal": boundary("a", signal("s"), interrupting=False),
    "s": sub("start_in > b > end_in"),
    "e": event_sub("on > c", HOUR),
    "many": user().times(3),
}
ALL = (
    "start > xor > fork > or > plain > worker > sender > later > after > script > manual > receive > caller > time > "
    "mail > a > slow > s > many > end"
)


def test_elements_where_instances_can_rest_are_paired():
    definition = bound(ALL, **KINDS)
    rest = "worker sender later after receive caller time mail a slow s b e c many fork or a_time a_mail a_signal on"
    assert generated(definition, definition) == sorted([*rest.split(), "many#multiInstanceBody"])


def test_event_triggers_are_updated_where_something_is_waited_for():
    definition = bound(ALL, **KINDS)
    updated = [id for id in generated(definition, definition, update=True) if id.endswith("*")]
    assert updated == sorted(["time*", "mail*", "slow*", "a_time*", "a_mail*", "a_signal*", "on*"])


def test_elements_of_another_kind_are_not_paired():
    assert generated(bound("start > a > b"), bound("start > a > b", a=part("receiveTask"))) == ["b"]


def test_elements_of_another_scope_are_not_paired():
    assert generated(bound("start > a"), bound("start > s", s=sub("start_in > a"))) == []


def test_nothing_inside_of_scopes_that_are_not_paired_is_paired():
    inner = sub("start_in > a")
    assert generated(bound("start > s", s=inner), bound("start > s", s=inner.times(2))) == []


def test_events_are_paired_with_what_waits_for_them():
    before = bound("start > a", a=user(), on=boundary("a", HOUR))
    assert generated(before, bound("start > a", a=user(), on=boundary("a", HOUR))) == ["a", "on"]
    assert generated(before, bound("start > a", a=user(), on=boundary("a", message("m")))) == ["a"]
    assert generated(before, bound("start > b", b=user(), on=boundary("b", HOUR))) == []


# ---------------------------------------------------------------- rules


def test_elements_must_exist():
    definition = bound("start > a")
    assert failures(definition, definition, "a none", "none a") == {
        "a none": ["Target activity 'none' does not exist"],
        "none a": ["Source activity 'none' does not exist"],
    }


def test_element_is_mapped_once():
    definition = bound("start > a > b")
    assert list(failures(definition, definition, "a a", "a b")) == ["a a", "a b"]
    assert failures(definition, definition, "a b", "b b") == {}


@pytest.mark.parametrize(
    ("source", "target", "fits"),
    [
        (user(), part("receiveTask"), False),
        (user(), call("p"), False),
        (part("serviceTask", **EXTERNAL), part("sendTask", **EXTERNAL), True),
        (part("serviceTask", **EXTERNAL), part("businessRuleTask", **EXTERNAL), True),
        (part("serviceTask", **EXTERNAL), user(), False),
        (service("${1}"), part("serviceTask", **EXTERNAL), False),
        (service("${1}"), part("scriptTask", "", "<script>1</script>", scriptFormat="juel"), False),
        (service("${1}"), service("${2}").having(asyncBefore=True), True),
        (part("parallelGateway"), part("inclusiveGateway"), False),
        (catch(HOUR), catch(message("m")), False),
        (catch(HOUR), catch(HOUR), True),
        (part("receiveTask"), part("receiveTask", messageRef="message_m"), True),
        (part("receiveTask", messageRef="message_m"), part("receiveTask"), False),
        (sub("start_in > b"), event_sub("on > b", HOUR), True),
    ],
)
def test_elements_must_be_of_one_kind(source, target, fits):
    before = bound("start > other", x=source, m=catch(message("m")))
    now = bound("start > other", x=target, m=catch(message("m")))
    assert (failures(before, now, "x x") == {}) is fits


def test_event_is_mapped_with_what_waits_for_it():
    before, now = bound("start > a > b", on=boundary("a", HOUR)), bound("start > a > b", on=boundary("b", HOUR))
    assert list(failures(before, now, "on on")) == ["on on"]
    assert list(failures(before, now, "on on", "a a")) == ["on on"]
    assert failures(before, now, "on on", "a b") == {}
    assert list(failures(before, bound("start > a > b"), "on a")) == ["on a"]


def test_start_of_an_event_sub_process_is_mapped_with_the_scope_around_it():
    inner = {"start_in": Part("startEvent"), "e": event_sub("on > c", HOUR)}
    before = bound("start > s", s=sub("start_in > b", inner))
    now = bound("start > t", t=sub("start_in > b", inner))
    assert list(failures(before, now, "on on")) == ["on on"]
    assert failures(before, now, "s t", "on on") == {}
    top = bound("start > a", e=event_sub("on > c", HOUR))
    assert failures(top, top, "on on") == {}
    assert list(failures(top, now, "on on")) == ["on on"]


def test_events_behind_a_gateway_are_mapped_with_it():
    definition = bound("start > first > x > a; first > y > b", x=catch(HOUR), y=catch(message("m")))
    assert list(failures(definition, definition, "x x")) == ["x x"]
    assert failures(definition, definition, "x x", "first first") == {}


def test_event_trigger_is_updated_only_where_there_is_one():
    definition = bound(ALL, **KINDS)
    assert list(failures(definition, definition, "a a x", "a_error a_error x", "receive receive x")) == [
        "a a",
        "a_error a_error",
        "receive receive",
    ]
    assert failures(definition, definition, "slow slow x", "a a", "a_time a_time x", "on on x") == {}


def test_parallel_multiple_event_is_not_updated():
    both = Part("intermediateCatchEvent", message("m") + signal("s"), "", {"parallelMultiple": True})
    definition = bound("start > x > a", x=both)
    assert list(failures(definition, definition, "x x x")) == ["x x"]
    assert failures(definition, definition, "x x") == {}


def test_scopes_stay_nested():
    definition = bound("start > s > t", s=sub("start_in > a"), t=sub("start_in2 > b"))
    assert failures(definition, definition, "a b") == {}
    assert list(failures(definition, definition, "s s", "a b")) == ["a b"]
    assert failures(definition, definition, "s t", "a b") == {}


def test_multi_instance_bodies_are_mapped_with_what_is_in_them_and_never_added():
    many, one = bound("start > a", a=user().times(3)), bound("start > a")
    assert failures(many, one, "a a") == {}
    assert list(failures(one, many, "a a")) == ["a a"]
    assert list(failures(one, many, "a a#multiInstanceBody")) == ["a a#multiInstanceBody"]
    body = "a#multiInstanceBody a#multiInstanceBody"
    assert len(failures(many, many, body)[body]) == 2
    assert failures(many, many, body, "a a") == {}
    other = bound("start > a", a=user().times(3, sequential=True))
    assert list(failures(many, other, body, "a a")) == [body]


def test_join_keeps_its_flows_and_its_scope():
    two = bound("start > fork > a > join; fork > b > join")
    three = bound("start > fork > a > join; fork > b > join; fork > c > join")
    assert failures(two, three, "join join") == {}
    assert list(failures(three, two, "join join")) == ["join join"]
    both = bound("start > fork > a > join; fork > b > join; join > join2; c > join2")
    assert list(failures(both, three, "join join", "join2 join")) == ["join join", "join2 join"]
    inside = bound("start > s", s=sub("start_in > fork > a > join; fork > b > join"))
    assert list(failures(inside, inside, "join join")) == ["join join"]
    assert failures(inside, inside, "s s", "join join") == {}


def test_invalid_plan_tells_what_is_wrong():
    definition = bound("start > a")
    plan = MigrationPlan(definition.id, definition.id, instructions("a none"))
    with pytest.raises(InvalidPlan, match="Target activity 'none' does not exist") as raised:
        ensure_valid(definition, definition, plan)
    (report,) = raised.value.reports
    assert report.instruction == MigrationInstruction("a", "none")
