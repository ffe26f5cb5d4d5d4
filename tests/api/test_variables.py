"""Variables over the API: every type there and back, files, and what is refused."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from tests.api.conftest import Api

VALUES: list[dict[str, Any]] = [
    {"value": "text", "type": "String", "valueInfo": {}},
    {"value": "", "type": "String", "valueInfo": {}},
    {"value": 12, "type": "Short", "valueInfo": {}},
    {"value": -(2**31), "type": "Integer", "valueInfo": {}},
    {"value": 2**63 - 1, "type": "Long", "valueInfo": {}},
    {"value": 1.5, "type": "Double", "valueInfo": {}},
    {"value": False, "type": "Boolean", "valueInfo": {}},
    {"value": None, "type": "Null", "valueInfo": {}},
    {"value": "2013-01-23T13:42:42.657+0000", "type": "Date", "valueInfo": {}},
    {"value": "aGVsbG8=", "type": "Bytes", "valueInfo": {}},
    {"value": '{"a":[1,null]}', "type": "Json", "valueInfo": {}},
    {"value": "<a/>", "type": "Xml", "valueInfo": {}},
    {
        "value": '["x"]',
        "type": "Object",
        "valueInfo": {"objectTypeName": "java.util.ArrayList", "serializationDataFormat": "application/json"},
    },
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: str(value["type"]))
def test_every_type_comes_back_as_it_was(deployed: Api, value: dict[str, Any]) -> None:
    instance = deployed.start(variables={"v": value})["id"]
    where = f"/process-instance/{instance}/variables"
    assert deployed.get(f"{where}/v", deserializeValue="false") == value
    assert deployed.get(where, deserializeValues="false") == {"v": value}
    task = deployed.task(instance)
    assert deployed.get(f"/task/{task}/variables", deserializeValues="false") == {"v": value}
    (listed,) = deployed.get("/variable-instance", processInstanceIdIn=instance, deserializeValues="false")
    shown = None if value["type"] == "Bytes" else value["value"]
    assert (listed["type"], listed["value"], listed["valueInfo"]) == (value["type"], shown, value["valueInfo"])
    (historic,) = deployed.get("/history/variable-instance", processInstanceId=instance, deserializeValues="false")
    assert (historic["type"], historic["value"]) == (value["type"], shown)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"value": "abc", "type": "Integer"}, "Integer"),
        ({"value": 2**31, "type": "Integer"}, "Integer"),
        ({"value": 2**63}, "Long"),
        ({"value": "x", "type": "Nonsense"}, "Nonsense"),
        ({"value": "2013-01-23 13:42", "type": "Date"}, "date"),
        ({"value": "{", "type": "Json"}, "JSON"),
        ({"value": "!", "type": "Bytes"}, "base64"),
        ({"value": "x", "type": "File"}, "filename"),
        ({"value": "{}", "type": "Object"}, "objectTypeName"),
        ({"value": 1, "valueInfo": {"transient": True}}, "transient"),
        ([1], "variables.v"),
        ({"value": 1, "type": ["x"]}, "variables.v.type"),
    ],
)
def test_a_value_that_is_refused_is_named_and_nothing_starts(deployed: Api, value: object, told: str) -> None:
    answer = deployed.post("/process-definition/key/oneTask/start", {"variables": {"v": value}}, 400)
    assert answer["type"] == "InvalidRequestException"
    assert "v" in answer["message"]
    assert told in answer["message"]
    assert deployed.get("/process-instance/count") == {"count": 0}


def test_a_file_is_only_ever_downloaded(deployed: Api) -> None:
    instance = deployed.start()["id"]
    where = f"/process-instance/{instance}/variables/page"
    upload = {"data": (BytesIO(b"<script>alert(1)</script>"), 'na"me\u00e9.html', "text/html"), "valueType": "File"}
    deployed.call("POST", f"{where}/data", 204, data=upload)
    assert deployed.get(where)["valueInfo"]["mimeType"] == "text/html"
    response = deployed.call("GET", f"{where}/data")
    assert response.data == b"<script>alert(1)</script>"
    assert response.mimetype == "text/html"
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_bytes_are_uploaded_and_downloaded(deployed: Api) -> None:
    instance = deployed.start()["id"]
    where = f"/process-instance/{instance}/variables/b/data"
    deployed.call("POST", where, 204, data={"data": (BytesIO(b"\0\1\2"), "any"), "valueType": "Bytes"})
    assert deployed.call("GET", where).data == b"\0\1\2"
    (listed,) = deployed.get("/variable-instance", variableName="b")
    assert deployed.call("GET", f"/variable-instance/{listed['id']}/data").data == b"\0\1\2"
    deployed.call("POST", where, 400, data={"data": (BytesIO(b"x"), "any"), "valueType": "Integer"})
    deployed.call("POST", where, 400, data={"valueType": "Bytes"}, content_type="multipart/form-data")


def test_what_has_no_content_is_not_downloaded(deployed: Api) -> None:
    instance = deployed.start(variables={"n": {"value": 1}})["id"]
    answer = deployed.get(f"/process-instance/{instance}/variables/n/data", 400)
    assert "not a binary value" in answer["message"]
    deployed.get(f"/process-instance/{instance}/variables/other/data", 404)


def test_every_value_a_variable_had_is_history(deployed: Api) -> None:
    instance = deployed.start(variables={"n": {"value": 1}})["id"]
    deployed.put(f"/process-instance/{instance}/variables/n", {"value": "two"})
    first, second = deployed.get("/history/detail", processInstanceId=instance, sortBy="time", sortOrder="asc")
    assert (first["value"], first["revision"], first["initial"]) == (1, 0, True)
    assert (second["value"], second["revision"], second["initial"]) == ("two", 1, False)
    assert deployed.get("/history/detail/count", processInstanceId=instance, initial="true") == {"count": 1}
    assert deployed.get(f"/history/detail/{second['id']}")["variableName"] == "n"


def test_history_of_a_living_variable_is_kept(deployed: Api) -> None:
    deployed.start(variables={"n": {"value": 1}})
    (variable,) = deployed.get("/history/variable-instance")
    deployed.delete(f"/history/variable-instance/{variable['id']}", 404)
    assert deployed.get("/history/variable-instance/count") == {"count": 1}
