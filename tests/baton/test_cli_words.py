"""The command line before it reaches a server: variables, tables, wrong usage, and how failures are told."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from baton.cli import cli
from baton.cli.output import table
from baton.cli.variables import typed, typed_variables
from baton.resources import UnusableFiles, collect


def baton(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(cli, arguments, env=environment)


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("100", 100, "Integer"),
        ("-2147483648", -2147483648, "Integer"),
        ("2147483648", 2147483648, "Long"),
        ("0.5", 0.5, "Double"),
        ("true", True, "Boolean"),
        ("null", None, "Null"),
        ("yes", "yes", "String"),
        ('"100"', "100", "String"),
        ("NaN", "NaN", "String"),
        ("a=b", "a=b", "String"),
        ("", "", "String"),
        ("[1, 2]", "[1, 2]", "Json"),
        ('{"a": null}', '{"a": null}', "Json"),
    ],
)
def test_a_variable_is_json_or_else_text(text: str, value: object, kind: str) -> None:
    assert typed_variables((f"name={text}",), None) == {"name": {"value": value, "type": kind}}


def test_single_variables_win_over_the_document(tmp_path: Path) -> None:
    file = tmp_path / "variables.json"
    file.write_text('{"a": 1, "b": [true]}')
    assert typed_variables(("a=2",), f"@{file}") == {"a": typed(2), "b": typed([True])}
    assert typed_variables((), '{"c": "text"}') == {"c": typed("text")}


@pytest.mark.parametrize(
    ("assignments", "document"), [(("amount",), None), (("=1",), None), ((), "[1]"), ((), "{"), ((), "@missing.json")]
)
def test_unreadable_variables_are_wrong_usage(assignments: tuple[str, ...], document: str | None) -> None:
    with pytest.raises(click.BadParameter):
        typed_variables(assignments, document)


def test_tables_are_aligned_and_keep_to_one_line() -> None:
    rows = [{"id": "1", "name": "Check\n  invoice", "due": None}, {"id": "20", "name": "Pay", "due": True}]
    assert table(rows, ("id", "name", "due")).splitlines() == [
        "ID  NAME           DUE",
        "1   Check invoice  -",
        "20  Pay            yes",
    ]


def test_no_server_is_one_sentence_with_a_hint() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/engine-rest"
        result = baton("tasks", "--url", url)
    assert result.exit_code == 1
    error, hint = result.stderr.splitlines()
    assert error.startswith(f"Error: No Baton server answers at {url} (")
    assert hint == "Hint: Start one with `baton dev`, or name another with --url or BATON_URL."


def test_the_address_must_tell_where_the_own_api_is() -> None:
    result = baton("instance", "moments", "17", "--url", "http://127.0.0.1:1/rest")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == "Error: http://127.0.0.1:1/rest does not tell where Baton's own API is."


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("list", "cats"),
        ("list", "tasks", "-f", "assignee"),
        ("tasks", "--url", "localhost:8080"),
        ("tasks", "-o", "xml"),
        ("deploy", "no-such-file.bpmn"),
        ("instance", "fork", "17"),
        ("fly",),
    ],
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert baton(*arguments).exit_code == 2


def test_an_unknown_setting_is_refused_by_every_command() -> None:
    result = baton("version", BATON_DATABASE="x")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Error: BATON_DATABASE is not a setting.",
        "Hint: Did you mean BATON_DATABASE_URL?",
    ]


def test_config_show_tells_values_and_origins_but_no_password() -> None:
    result = baton("config", "show", "--origin", "-o", "json", BATON_DATABASE_URL="postgresql://ada:secret@db/baton")
    shown = {row["setting"]: row for row in json.loads(result.stdout)}
    assert shown["BATON_DATABASE_URL"]["value"] == "postgresql://ada:***@db/baton"
    assert shown["BATON_DATABASE_URL"]["origin"] == "BATON_DATABASE_URL"
    assert shown["BATON_PORT"] == {
        "setting": "BATON_PORT",
        "value": "8080",
        "origin": "default",
        "meaning": "the port the server listens on",
    }
    assert "secret" not in baton("config", "show", BATON_DATABASE_URL="postgresql://ada:secret@db/baton").stdout


def test_a_folder_stands_for_its_models(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("a.bpmn", "sub/b.BPMN20.XML", "sub/form.form", "readme.md"):
        (tmp_path / name).write_text(name)
    assert collect([tmp_path]) == {
        "a.bpmn": b"a.bpmn",
        "sub/b.BPMN20.XML": b"sub/b.BPMN20.XML",
        "sub/form.form": b"sub/form.form",
    }
    assert collect([tmp_path / "readme.md"]) == {"readme.md": b"readme.md"}


def test_files_that_cannot_be_one_deployment_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.bpmn").write_text("")
    with pytest.raises(UnusableFiles, match="There is no model in"):
        collect([tmp_path / "empty"])
    with pytest.raises(UnusableFiles, match=r"Two files are called a\.bpmn"):
        collect([tmp_path / "a.bpmn", tmp_path])
