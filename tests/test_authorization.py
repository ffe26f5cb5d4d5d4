"""The vocabulary of permissions, and the error of one who may not."""

from __future__ import annotations

import pytest

from api.errors import describe, find_answer
from engine.authorization import (
    ALL,
    PERMISSIONS,
    Missing,
    NotAuthorized,
    Resource,
    permission_bit,
    permission_names,
)


@pytest.mark.parametrize("resource", Resource)
def test_every_kind_of_thing_has_permissions_of_one_bit_each(resource: Resource) -> None:
    bits = PERMISSIONS[resource].values()
    assert len(set(bits)) == len(bits) > 0
    assert all(bit.bit_count() == 1 and bit < ALL for bit in bits)


def test_names_and_bits_are_told_back_and_forth() -> None:
    bits = permission_bit(Resource.TASK, "READ") | permission_bit(Resource.TASK, "UPDATE_VARIABLE")
    assert bits == 2 | 32
    assert permission_names(Resource.TASK, bits) == ["READ", "UPDATE_VARIABLE"]
    assert permission_names(Resource.PROCESS_DEFINITION, 32) == ["RETRY_JOB"]
    assert permission_names(Resource.TASK, permission_bit(Resource.TASK, "ALL")) == ["ALL"]
    assert permission_names(Resource.TASK, permission_bit(Resource.TASK, "NONE")) == []
    with pytest.raises(KeyError):
        permission_bit(Resource.APPLICATION, "UPDATE")


def test_one_missing_permission_is_told_by_itself() -> None:
    error = NotAuthorized("ada", [Missing("CREATE", Resource.PROCESS_INSTANCE)])
    answer = find_answer(error, {})
    assert answer is not None
    assert answer.status == 403
    assert describe(error, answer, {}) == {
        "type": "AuthorizationException",
        "message": "The user with id 'ada' does not have 'CREATE' permission on resource 'ProcessInstance'.",
        "code": 0,
        "userId": "ada",
        "permissionName": "CREATE",
        "resourceName": "ProcessInstance",
        "resourceId": None,
        "missingAuthorizations": [
            {"permissionName": "CREATE", "resourceName": "ProcessInstance", "resourceId": None},
        ],
    }


def test_several_permissions_that_would_do_are_told_together() -> None:
    error = NotAuthorized(
        "ada", [Missing("READ", Resource.TASK, "5"), Missing("READ_TASK", Resource.PROCESS_DEFINITION, "invoice")]
    )
    answer = find_answer(error, {})
    assert answer is not None
    body = describe(error, answer, {})
    assert body["message"] == (
        "The user with id 'ada' does not have one of the following permissions: "
        "'READ' permission on resource '5' of type 'Task' or "
        "'READ_TASK' permission on resource 'invoice' of type 'ProcessDefinition'"
    )
    assert body["permissionName"] is body["resourceName"] is body["resourceId"] is None
    assert [each["resourceId"] for each in body["missingAuthorizations"]] == ["5", "invoice"]
