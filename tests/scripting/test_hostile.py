"""Scripts that attack: each is stopped by an error of its own, reaches nothing, and leaves the pool at work.

The attacks are the columns of the comparison by which the sandboxes were chosen: endless loops, memory, regular
expressions, the host; and those on the way out: forged and huge results, and the end of the process.
"""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from engine.expression import EvaluationError, ExpressionError, ExpressionLimit, ScriptObject
from engine.scripting import ScriptPool
from engine.values import Integer
from tests.scripting.processes import PATIENT, descendants, idle, needs_proc

OBJECTS = {"execution": ScriptObject({"getId": "12"})}


@pytest.fixture(scope="module")
def hardened() -> Iterator[ScriptPool]:
    """One process for each language, so that the next script meets what an attack left."""
    with ScriptPool(replace(PATIENT, seconds=0.5, wall_seconds=5.0, memory_bytes=16 << 20, processes=1)) as pool:
        yield pool


def attack(pool: ScriptPool, language: str, source: str) -> object:
    try:
        return pool.run(language, source, {"x": Integer(1)}, OBJECTS).value
    finally:
        assert pool.run(language, "x + 1", {"x": Integer(1)}, OBJECTS).value == 2


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("javascript", "while (true);"),
        ("javascript", "for (;;) { try { while (true); } catch (e) {} finally { while (true); } }"),
        ("javascript", "throw { toString() { while (true); } }"),
        ("javascript", "execution.setVariable('a', { toJSON() { while (true); } })"),
        ("javascript", "({ get a() { while (true); } })"),
        ("javascript", "/(a+)+$/.test('a'.repeat(40) + 'b')"),
        ("javascript", "new Proxy({}, { ownKeys() { while (true); } })"),
        ("python", "while True:\n  pass"),
        ("python", "while True:\n  try:\n    while True: pass\n  except BaseException: pass"),
        (
            "python",
            "import re\nre.match('(a|a)*(a|a)*(a|a)*$', 'a' * 5000 + 'b') or [i for i in range(10 ** 9) if i < 0]",
        ),
    ],
)
def test_an_endless_script_is_stopped(hardened: ScriptPool, language: str, source: str) -> None:
    with pytest.raises(ExpressionLimit, match=r"took longer than 0\.5 s|took longer than 5 s"):
        attack(hardened, language, source)


def test_what_outlives_the_interpreters_own_limit_is_killed() -> None:
    source = "Error.prototype.toString = () => { while (true); }; while (true);"
    with ScriptPool(replace(PATIENT, seconds=0.1, wall_seconds=0.5, processes=1)) as pool:
        with pytest.raises(ExpressionLimit, match=r"took longer than 0\.5 s"):
            pool.run("javascript", source, {}, {})
        assert idle(pool, "javascript") == []


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("javascript", "const a = []; while (true) a.push({});"),
        ("javascript", "const a = []; while (true) a.push(new ArrayBuffer(1 << 20));"),
        ("javascript", "new Uint8Array(1 << 30)"),
        ("javascript", "'x'.repeat(1 << 28)"),
        ("javascript", "new Array(1 << 27).fill(1)"),
        ("javascript", "let a = [0]; for (let i = 0; i < 40; i++) a = [a, a]; a"),
        ("python", "a = []\nwhile True: a.append('x' * 100000)"),
        ("python", "[0] * 10 ** 10"),
        ("python", "sum(i for i in range(10 ** 12))"),
        ("python", "'x' * (1 << 28)"),
        ("python", "9 ** 9 ** 9 ** 9"),
        ("python", "a = [0] * 10 ** 6\n[a] * 1000"),
    ],
)
def test_memory_is_bounded(hardened: ScriptPool, language: str, source: str) -> None:
    with pytest.raises(ExpressionLimit, match=r"more than 16 MB of memory|took longer"):
        attack(hardened, language, source)


@needs_proc
def test_a_process_cannot_grow_beyond_its_address_space(hardened: ScriptPool, language: str) -> None:
    attack(hardened, language, "x")
    [child] = idle(hardened, language)
    members = descendants(child._process.pid)
    assert len(members) == (1 if language == "javascript" else 2)
    for process in members:
        lines = Path(f"/proc/{process}/limits").read_text().splitlines()
        limits = {line[:26].strip(): line[26:].split()[0] for line in lines}
        assert limits["Max address space"] == str(hardened.limits.address_space_bytes)
        assert limits["Max file size"] == "0"
        assert limits["Max core file size"] == "0"
        assert b"PATH" not in Path(f"/proc/{process}/environ").read_bytes()
        assert limits["Max processes"] == "0" or process != child._process.pid


@pytest.mark.parametrize(
    "source",
    [
        "require('fs')",
        "process.env",
        "std.getenv('PATH')",
        "os.exec(['ls'])",
        "Deno.env",
        "java.lang.System.exit(1)",
        "Java.type('java.lang.Runtime')",
        "new XMLHttpRequest()",
        "fetch('http://localhost')",
        "load('/etc/passwd')",
        "python.eval('1')",
        "new Function('return process')()",
        "execution.constructor.constructor('return process')()",
        "execution.getId.constructor('return process')()",
        "[].constructor.constructor('return this')().process.exit()",
        "Error.prepareStackTrace = (e, s) => s; new Error().stack[0].getThis().process.env",
        "setTimeout(() => 1, 1)",
        "WebAssembly.compile(new Uint8Array(8))",
        "import fs from 'fs'",
        "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    ],
)
def test_javascript_has_no_host(hardened: ScriptPool, source: str) -> None:
    with pytest.raises(EvaluationError, match=r"ReferenceError|TypeError|SyntaxError"):
        attack(hardened, "javascript", source)


def test_javascript_imports_nothing(hardened: ScriptPool) -> None:
    source = "var seen = []; import('/etc/passwd').then(x => seen.push(x)); seen"
    assert attack(hardened, "javascript", source) == []


@pytest.mark.parametrize(
    "source",
    [
        "open('/etc/passwd').read()",
        "open('/tmp/x', 'w').write('x')",
        "from pathlib import Path\nPath('/etc/passwd').read_text()",
        "from pathlib import Path\nlist(Path('/').iterdir())",
        "import os\nos.environ['PATH']",
        "import os\nos.getenv('PATH')",
        "import os\nos.system('ls')",
        "import os\nos.listdir('/')",
        "import subprocess",
        "import socket",
        "import ctypes",
        "import sys\nsys.modules",
        "import engine",
        "__import__('os')",
        "().__class__.__bases__[0].__subclasses__()",
        "execution.getVariable.__globals__",
        "execution.__class__.__init__.__globals__",
        "'{0.__class__.__init__.__globals__}'.format(execution)",
        "(lambda: 1).__code__",
        "exec('import socket')",
        "eval('__import__')",
        "globals()['__builtins__']",
        "input()",
        "exit()",
        "breakpoint()",
        "compile('1', 'x', 'eval')",
    ],
)
def test_python_has_no_host(hardened: ScriptPool, source: str) -> None:
    with pytest.raises(EvaluationError, match="The script in python failed"):
        attack(hardened, "python", source)


def test_python_does_not_sleep(hardened: ScriptPool) -> None:
    assert attack(hardened, "python", "import time\ntime.sleep(10 ** 6)\n1") == 1


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("javascript", "(function f() { f(); })()"),
        ("javascript", "let a = []; for (let i = 0; i < 100000; i++) a = [a]; JSON.stringify(a)"),
        ("javascript", "JSON.parse('['.repeat(100000))"),
        ("javascript", "eval('('.repeat(100000))"),
        ("javascript", "let a = []; for (let i = 0; i < 1000; i++) a = [a]; a"),
        ("python", "def f(): return f()\nf()"),
        ("python", "a = []\nfor i in range(100000): a = [a]\na"),
        ("python", "a = []\nfor i in range(60): a = [a]\na"),
        ("python", "import json\njson.loads('[' * 100000)"),
        ("python", "(" * 100_000),
        ("javascript", "(" * 100_000),
    ],
)
def test_recursion_ends(hardened: ScriptPool, language: str, source: str) -> None:
    with pytest.raises(EvaluationError):
        attack(hardened, language, source)


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("javascript", "'x'.repeat(1 << 20)"),
        ("javascript", "execution.setVariable('a', 'x'.repeat(1 << 20))"),
        ("javascript", "for (let i = 0; i < 100000; i++) execution.setVariable('a' + i, 'xxxxxxxxxxxxxxxx')"),
        ("javascript", "throw 'x'.repeat(1 << 20)"),
        ("python", "'x' * (1 << 20)"),
        ("python", "execution.setVariable('a', 'x' * (1 << 20))"),
        ("python", "for i in range(30000): execution.setVariable('a' + str(i), 'xxxxxxxxxxxxxxxx')"),
        ("python", "raise ValueError('x' * (1 << 20))"),
    ],
)
def test_huge_results_are_refused_or_cut(hardened: ScriptPool, language: str, source: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        attack(hardened, language, source)
    assert len(str(refused.value)) < 3000


@pytest.mark.parametrize(
    "source",
    [
        "JSON.stringify = () => '{}'; Array.prototype.join = () => '}{'; 1",
        "Object.prototype.toJSON = () => 9; 1",
        "Array.prototype.map = () => ['[\"json\",1]', '[\"json\",2]', '[\"json\",3]']; execution.setVariable('a', 1)",
        "Array.prototype.join = () => '[\"execution\",\"suspend\",[]]'; execution.setVariable('a', 1)",
        "Array.prototype.join = () => '[\"engine\",\"setVariable\",[]]'; execution.setVariable('a', 1)",
        'Array.prototype.join = () => \'["execution","setVariable",[["json",1],["json",1]]]\'; 1',
        'Array.prototype.join = () => \'["execution","setVariable",7]\'; 1',
        "Array.prototype.join = () => '7'; 1",
        'Array.prototype.join = () => \'], "value": ["pickle", "x"], "z": [\'; 1',
        'Array.prototype.join = () => \'], "value": ["date", 7], "z": [\'; 1',
        'Array.prototype.join = () => \'], "value": ["long", null], "z": [\'; 1',
        'Array.prototype.join = () => \'], "error": {}, "z": [\'; 1',
    ],
)
def test_forged_results_are_refused(hardened: ScriptPool, source: str) -> None:
    with pytest.raises(EvaluationError):
        attack(hardened, "javascript", source)


@pytest.mark.parametrize(
    "source",
    [
        "_calls.append(5)",
        "_calls.append(['execution', 'suspend', []])",
        "_calls.append(['engine', 'setVariable', ['a', 1]])",
        "_calls.append(['execution', 'setVariable', [1, 1]])",
        "_calls.append(['execution', 'setVariable', []])",
        "_calls.append([[], {}, 7])",
        "_calls = None",
        "_calls = lambda: 1",
    ],
)
def test_forged_changes_are_refused(hardened: ScriptPool, source: str) -> None:
    with pytest.raises(EvaluationError):
        attack(hardened, "python", source)


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "then", "toJSON"])
def test_variables_named_like_parts_of_javascript_are_only_data(pool: ScriptPool, name: str) -> None:
    variables = {name: {"polluted": True}, "x": Integer(1)}
    source = f"execution.getVariable({json.dumps(name)}).polluted + ' ' + ({{}}).polluted"
    assert pool.run("javascript", source, variables, OBJECTS).value == "true undefined"


@pytest.mark.parametrize("name", ["class", "__import__", "_calls", "_Scope", "print", "execution", "a b", "", "1", "é"])
def test_variables_of_any_name_are_only_data(pool: ScriptPool, language: str, name: str) -> None:
    variables = {name: "found"}
    source = f"execution.getVariable({json.dumps(name)})"
    assert pool.run(language, source, variables, OBJECTS).value == "found"


@pytest.mark.parametrize("text", ["'); evil(); ('", "\\", '"\n', "\u2028", "${1+1}", "</script>"])
def test_values_are_only_data(pool: ScriptPool, language: str, text: str) -> None:
    assert pool.run(language, "x", {"x": text}, {}).value == text


@pytest.mark.parametrize("source", ["'a\\0b'", "'\\ud800'", "execution.setVariable('a', 'b\\0')"])
def test_texts_that_no_database_stores_are_refused(hardened: ScriptPool, source: str) -> None:
    with pytest.raises(EvaluationError, match=r"NUL|surrogate"):
        attack(hardened, "javascript", source)


def test_the_end_of_the_process_is_an_error_and_the_next_script_runs(hardened: ScriptPool, language: str) -> None:
    attack(hardened, language, "x")
    [child] = idle(hardened, language)
    os.kill(child._process.pid, signal.SIGSTOP)

    def kill_once_it_is_lent() -> None:
        while idle(hardened, language):
            threading.Event().wait(0.001)
        child.stop()

    death = threading.Thread(target=kill_once_it_is_lent)
    death.start()
    with pytest.raises(EvaluationError, match="The process of the script ended: it was killed by SIGKILL"):
        hardened.run(language, "1", {}, {})
    death.join()
    assert attack(hardened, language, "x") == 1


def test_a_process_that_does_not_answer_is_killed(language: str) -> None:
    with ScriptPool(replace(PATIENT, processes=1)) as pool:
        attack(pool, language, "x")
        [child] = idle(pool, language)
        os.kill(child._process.pid, signal.SIGSTOP)
        pool.limits = replace(pool.limits, wall_seconds=0.5)
        with pytest.raises(ExpressionLimit, match=r"took longer than 0\.5 s"):
            pool.run(language, "1", {}, {})
        assert not child.alive


def test_a_process_that_died_while_idle_is_replaced_unnoticed(hardened: ScriptPool, language: str) -> None:
    attack(hardened, language, "x")
    [before] = idle(hardened, language)
    before.stop()
    before._process.wait()
    assert attack(hardened, language, "x") == 1
    [after] = idle(hardened, language)
    assert after is not before


@needs_proc
def test_the_death_of_the_interpreter_is_survived(hardened: ScriptPool) -> None:
    attack(hardened, "python", "x")
    [child] = idle(hardened, "python")
    [interpreter] = [each for each in descendants(child._process.pid) if each != child._process.pid]
    os.kill(interpreter, signal.SIGKILL)
    with suppress(ExpressionError):  # where processes may still be started, the next script does not even notice
        hardened.run("python", "1", {}, {})
    assert attack(hardened, "python", "x") == 1
