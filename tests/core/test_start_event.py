"""Start events: the token's way in."""

from __future__ import annotations

import pytest

from engine.errors import BadRequest
from tests.core.kit import NOON, Run
from tests.core.models import part, process, sub


def test_token_enters_and_goes_on():
    run = Run(process("start > a > end"))
    p = run.start()
    assert run.trace() == [("start", "completed"), ("a", "active")]
    assert run.instance(p).start_element_id == "start"
    assert run.instance(p).started_at == NOON


def test_process_of_a_start_event_alone_ends_at_once():
    run = Run(process("start"))
    assert run.state(run.start()) == "COMPLETED"
    assert run.trace() == [("start", "completed")]


def test_initiator_gets_the_starter():
    run = Run(process("start > a", {"start": part("startEvent", initiator="who")}))
    p = run.start(user="mary")
    assert run.variables(p) == {"who": "mary"}
    assert run.instance(p).start_user == "mary"


def test_initiator_is_not_set_when_nobody_is_known():
    run = Run(process("start > a", {"start": part("startEvent", initiator="who")}))
    assert run.variables(run.start()) == {}


def test_initiator_in_a_sub_process_is_a_variable_of_the_instance():
    inner = sub("start_in > b", {"start_in": part("startEvent", initiator="who")})
    run = Run(process("start > s > end", {"s": inner}))
    assert run.variables(run.start(user="mary")) == {"who": "mary"}


def test_process_without_a_none_start_event_cannot_be_started():
    run = Run(process("a > end"))
    with pytest.raises(BadRequest, match="'p' has no none start event"):
        run.start()
    assert run.trace() == []
