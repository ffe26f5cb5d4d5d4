"""Whatever the bytes are: an answer with a place, soon, in little memory, and nothing fetched or expanded."""

import resource
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bpmn.check import check, check_all
from bpmn.problems import Problem
from bpmn.reader import read
from bpmn.xml import Limits
from tests.bpmn.models import NAMESPACES, between, file_of, flow

SOUND = file_of(between('<userTask id="a"/>'))


def rules_of(data: bytes, **limits) -> list[str]:
    _, problems = check(data, "x.bpmn", limits=Limits(**limits))
    return [problem.rule for problem in problems if problem.is_error]


BOMB = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
DOCTYPES = {
    "plain": "<!DOCTYPE definitions>",
    "public": '<!DOCTYPE definitions PUBLIC "-//x//y" "http://127.0.0.1:9/x.dtd">',
    "external file": '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "external parameter entity": '<!DOCTYPE d [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x">%x;]>',
    "billion laughs": f'<!DOCTYPE d [<!ENTITY l0 "ha">{BOMB}]>',
    "quadratic": f'<!DOCTYPE d [<!ENTITY a "{"a" * 100_000}">]>',
    "default attribute": '<!DOCTYPE definitions [<!ATTLIST definitions id CDATA "&x;">]>',
}


@pytest.mark.parametrize("doctype", DOCTYPES)
def test_document_types_are_refused(doctype):
    definitions, problems = check(DOCTYPES[doctype].encode() + SOUND, "x.bpmn")
    assert definitions is None
    assert [problem.rule for problem in problems] == ["xml.doctype"]
    assert problems[0].line == 1


def test_entities_that_nobody_declared():
    assert rules_of(file_of('<startEvent id="s" name="&boom;"/>')) == ["xml.malformed"]


def nested(depth: int) -> bytes:
    opening = "".join(f'<subProcess id="s{i}"><startEvent id="e{i}"/>' for i in range(depth))
    return file_of('<startEvent id="e"/>' + opening + "</subProcess>" * depth)


LIMITED = {
    "bytes": (SOUND, {"bytes": len(SOUND) - 1}),
    "elements": (file_of('<startEvent id="s"/>' + "<textAnnotation/>" * 50_001), {}),
    "depth": (nested(101), {}),
    "attributes": (file_of("<startEvent " + " ".join(f"a{i}='1'" for i in range(65)) + "/>"), {}),
    "text": (file_of(f'<startEvent id="s"><documentation>{"x" * 1_000_001}</documentation></startEvent>'), {}),
    "text in pieces": (file_of(f'<startEvent id="s"><script>{"x&amp;" * 600_000}</script></startEvent>'), {}),
    "attribute value": (file_of(f'<startEvent id="s" camunda:initiator="{"x" * 1_000_001}"/>'), {}),
    "id": (file_of(f'<startEvent id="{"s" * 256}"/>'), {}),
    "name": (file_of(f'<startEvent id="s" name="{"n" * 1_001}"/>'), {}),
    "processes": (
        file_of('<startEvent id="s"/>', roots="".join(f'<process id="q{i}"/>' for i in range(1_000))),
        {},
    ),
}


@pytest.mark.parametrize("limit", LIMITED)
def test_limits(limit):
    data, limits = LIMITED[limit]
    assert "xml.limit" in rules_of(data, **limits)


def test_what_is_just_inside_the_limits():
    assert rules_of(nested(90)) == []
    assert rules_of(file_of(f'<startEvent id="{"s" * 255}" name="{"ä" * 1_000}"/>')) == []


def test_a_file_made_to_swell_is_refused_by_its_size():
    swollen = zlib.decompress(zlib.compress(file_of('<startEvent id="s"/>' + " " * 20_000_000)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert rules_of(swollen) == ["xml.limit"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


MALFORMED = {
    "empty": b"",
    "blank": b" \n ",
    "no xml": b"hello",
    "truncated": SOUND[: len(SOUND) // 2],
    "cut in a tag": b"<definitions",
    "unclosed root": b"<definitions>",
    "two roots": SOUND + SOUND,
    "nul": SOUND.replace(b"end", b"e\x00d"),
    "control character": SOUND.replace(b'id="end"', b'id="end" name="\x01"'),
    "character reference to nul": file_of('<startEvent id="s" name="&#0;"/>'),
    "surrogate": file_of('<startEvent id="s" name="&#xD800;"/>'),
    "not the utf-8 it claims": b'<?xml version="1.0" encoding="UTF-8"?>' + SOUND.replace(b"end", b"\xff\xfe\xfd"),
    "overlong utf-8": SOUND.replace(b"end", b"\xc0\xae"),
    "utf-7": b'<?xml version="1.0" encoding="UTF-7"?>' + SOUND,
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?>' + SOUND,
    "codec that is none": b'<?xml version="1.0" encoding="zlib_codec"?>' + SOUND,
    "wrong encoding": b'<?xml version="1.0" encoding="UTF-16"?>' + SOUND,
    "broken gbk": b'<?xml version="1.0" encoding="GBK"?>' + SOUND.replace(b"end", b"\xff\xff"),
    "unbound prefix": b"<bpmn:definitions/>",
    "attribute twice": b'<definitions a="1" a="2"/>',
    "gzip": b"\x1f\x8b\x08\x00",
    "no version 1": b'<?xml version="2.0"?>' + SOUND,
    "endless name": file_of(f"<{'n' * 60_000}/>"),
    "codec of Python": b'<?xml version="1.0" encoding="punycode"?>' + SOUND,
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_not_xml(case):
    definitions, problems = read(MALFORMED[case], "x.bpmn")
    assert definitions is None
    assert [problem.rule for problem in problems] == ["xml.malformed"]


def encoded(codec: str, declared: str | None, name: str) -> bytes:
    declaration = "" if declared is None else f'<?xml version="1.0" encoding="{declared}"?>'
    text = declaration + file_of(f'<startEvent id="s" name="{name}"/>').decode()
    return text.encode(codec)


READABLE = {
    "utf-8": encoded("utf-8", "UTF-8", "Größe"),
    "utf-8 with a byte order mark": encoded("utf-8-sig", "utf-8", "Größe"),
    "utf-8 undeclared": encoded("utf-8", None, "Größe"),
    "utf-16": encoded("utf-16", "UTF-16", "Größe"),
    "utf-16 undeclared": encoded("utf-16", None, "Größe"),
    "latin-1": encoded("latin-1", "ISO-8859-1", "Größe"),
    "windows-1252": encoded("cp1252", "windows-1252", "Größe"),
    "stylesheet": b'<?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?>' + encoded("utf-8", None, "Größe"),
}


@pytest.mark.parametrize("case", READABLE)
def test_readable_encodings(case):
    definitions, problems = check(READABLE[case], "x.bpmn")
    assert problems == []
    assert definitions.processes[0].elements["s"].name == "Größe"


@pytest.mark.parametrize("declared", ["GBK", "GB2312", "gb18030", "Big5", "Shift_JIS", "EUC-KR"])
def test_east_asian_encodings(declared):
    definitions, problems = check(encoded(declared, declared, "日"), "x.bpmn")
    assert problems == []
    assert definitions.processes[0].elements["s"].name == "日"


def test_a_namespace_need_not_be_an_address():
    body = '<startEvent id="s" x:y="1"/>'
    for namespace in ("urn:x", "our models", "{0}/x", "%zz"):
        data = file_of(body).replace(b"xmlns:zeebe", f'xmlns:x="{namespace}" xmlns:zeebe'.encode())
        assert check(data, "x.bpmn")[1] == []


def test_text_is_read_around_comments_instructions_and_elements():
    script = "a <!-- one --> b <?two 3?> <![CDATA[<c>]]><x:y xmlns:x='z'>not this</x:y> d&amp;e"
    definitions, problems = check(
        file_of(between(f'<scriptTask id="a"><script>{script}</script></scriptTask>')), "x.bpmn"
    )
    assert [problem for problem in problems if problem.is_error] == []
    assert definitions.processes[0].elements["a"].script.text == "a  b  <c> d&e"


def test_places_are_exact_after_a_diagram_and_beyond_65535_lines():
    diagram = '<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI"><d:BPMNPlane/>\n</d:BPMNDiagram>'
    body = diagram + "<!-- ä -->" + "\n" * 70_000 + '  <startEvent id="s"/> <endEvent id="s"/>'
    _, problems = check(file_of(body), "x.bpmn")
    (problem,) = [problem for problem in problems if problem.rule == "bpmn.duplicate_id"]
    assert (problem.line, problem.column) == (70_002, 24)


def test_inclusions_are_not_followed():
    body = (
        '<startEvent id="s"/><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"'
        ' parse="text"/>'
    )
    definitions, problems = check(file_of(body), "x.bpmn")
    assert [problem.rule for problem in problems] == ["bpmn.foreign_element"]
    assert list(definitions.processes[0].elements) == ["s"]


@pytest.mark.parametrize(
    ("root", "told"),
    [
        ('<definitions xmlns="http://schema.omg.org/spec/BPMN/2.0"/>', "draft of BPMN 2.0"),
        ('<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "DMN"),
        ('<definitions xmlns="http://www.omg.org/spec/CMMN/20151109/MODEL"/>', "CMMN"),
        ('<Package xmlns="http://www.wfmc.org/2008/XPDL2.1"/>', "XPDL"),
        ("<definitions/>", "without a namespace"),
        ("<html/>", "<html>"),
        ('<process xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>', "<process>"),
        ('<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI"/>', "diagram"),
    ],
)
def test_what_is_not_bpmn(root, told):
    definitions, (problem,) = read(root.encode(), "x.bpmn")
    assert definitions is None
    assert problem.rule == "bpmn.namespace"
    assert told in problem.message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "no process"),
        ('<process id="p" isExecutable="false"/>', 'isExecutable="false"'),
        ('<process id="p"/>', 'no isExecutable="true"'),
        ('<choreography id="c"/>', "<choreography>"),
        ('<collaboration id="c"><conversation id="v"/></collaboration>', "<collaboration>"),
    ],
)
def test_nothing_to_execute(content, told):
    _, problems = check(f"<definitions {NAMESPACES}>{content}</definitions>".encode(), "x.bpmn")
    assert [problem.rule for problem in problems] == ["bpmn.no_executable"]
    assert told in problems[0].message


def test_both_places_of_a_duplicate_id_are_named():
    _, problems = check(file_of('<startEvent id="s"/>\n\n<endEvent id="s"/>'), "x.bpmn")
    (problem,) = [problem for problem in problems if problem.rule == "bpmn.duplicate_id"]
    assert (problem.line, problem.element_ids) == (3, ("s",))
    assert "<startEvent> at line 1 and a <endEvent> at line 3" in problem.message


def test_one_key_twice_in_a_file_and_in_a_deployment():
    one, two = file_of('<startEvent id="s"/>'), file_of('<startEvent id="other"/>')
    definitions, problems = check_all([("one.bpmn", one), ("notes.txt", b"x"), ("two.bpmn", two)])
    assert [each.resource for each in definitions] == ["one.bpmn", "two.bpmn"]
    (problem,) = problems
    assert (problem.rule, problem.resource, problem.element_ids) == ("bpmn.duplicate_key", "two.bpmn", ("p",))
    assert "one.bpmn" in problem.message
    assert "bpmn.duplicate_id" in rules_of(file_of('<startEvent id="s"/>', roots='<process id="p"/>'))


def test_all_files_of_a_deployment_are_told_at_once():
    definitions, problems = check_all([("a.bpmn", b"<"), ("b.bpmn", file_of("")), ("c.txt", b"?")])
    assert [each.resource for each in definitions] == ["b.bpmn"]
    assert [(problem.resource, problem.rule) for problem in problems] == [
        ("a.bpmn", "xml.malformed"),
        ("b.bpmn", "bpmn.start_events"),
    ]


def test_file_with_nothing_to_execute_is_only_told_beside_one_that_has_something():
    drawn = file_of('<startEvent id="s"/>').replace(b'isExecutable="true"', b'isExecutable="false"')
    _, problems = check_all([("drawn.bpmn", drawn)])
    assert [(each.rule, each.is_error) for each in problems] == [("bpmn.no_executable", True)]
    definitions, problems = check_all([("drawn.bpmn", drawn), ("run.bpmn", file_of('<startEvent id="s"/>'))])
    assert [(each.resource, each.rule, each.is_error) for each in problems] == [
        ("drawn.bpmn", "bpmn.no_executable", False)
    ]
    assert [each.processes == () for each in definitions] == [True, False]


def test_imports_are_told_and_not_fetched():
    location = "http://127.0.0.1:9/other.bpmn"
    importing = (
        f'<import importType="http://www.omg.org/spec/BPMN/20100524/MODEL" location="{location}" namespace="x"/>'
    )
    _, problems = check(file_of('<startEvent id="s"/>', roots=importing), "x.bpmn")
    assert [(each.rule, each.is_error) for each in problems] == [("bpmn.import", False)]


def test_references_in_a_circle_end():
    circle = (
        '<itemDefinition id="i" structureRef="i"/><category id="c"><categoryValue id="v" value="c"/></category>'
        '<message id="m" itemRef="i" name="n"/>'
    )
    looped = '<startEvent id="s"/><group id="g" categoryValueRef="g"/><association id="x" sourceRef="x" targetRef="x"/>'
    assert rules_of(file_of(looped, roots=circle)) == []
    attached = '<boundaryEvent id="b" attachedToRef="b"><signalEventDefinition signalRef="sig"/></boundaryEvent>'
    assert rules_of(file_of('<startEvent id="s"/>' + attached)) == ["bpmn.boundary_attachment"]


def test_text_is_data():
    hostile = "&lt;script&gt;alert(1)&lt;/script&gt; \u202e evil \U0001f608 ' OR 1=1 --"
    definitions, problems = check(file_of(f'<startEvent id="s" name="{hostile}"/>'), "../../etc/passwd.bpmn")
    assert problems == []
    expected = "<script>alert(1)</script> \u202e evil \U0001f608 ' OR 1=1 --"
    assert definitions.processes[0].elements["s"].name == expected
    assert definitions.resource == "../../etc/passwd.bpmn"


@pytest.mark.parametrize(
    "diagram",
    [
        '<BPMNDiagram><BPMNPlane bpmnElement="nothing"/></BPMNDiagram>',
        '<BPMNDiagram><BPMNShape bpmnElement="s"><Bounds x="NaN" y="1e999" width="-1"/></BPMNShape></BPMNDiagram>',
        "<BPMNDiagram>" + '<BPMNShape id="same"/>' * 60_000 + "</BPMNDiagram>",
        "<BPMNDiagram/><BPMNDiagram/>",
    ],
)
def test_a_bad_drawing_does_not_matter(diagram):
    di = 'xmlns="http://www.omg.org/spec/BPMN/20100524/DI"'
    data = SOUND.replace(b"</definitions>", diagram.replace("<BPMNDiagram", f"<BPMNDiagram {di}").encode())
    assert rules_of(data + b"</definitions>") == []


def test_a_drawing_may_not_nest_without_end():
    nest = b'<d:BPMNDiagram xmlns:d="http://www.omg.org/spec/BPMN/20100524/DI">' + b"<x>" * 10_000
    assert rules_of(SOUND.replace(b"</definitions>", nest)) == ["xml.limit"]


def test_a_long_chain_needs_no_stack():
    tasks = 8_000
    chain = "".join(f'<task id="t{i}"/>' + flow(f"t{i - 1}" if i else "s", f"t{i}") for i in range(tasks))
    assert rules_of(file_of('<startEvent id="s"/>' + chain)) == []


RICH = file_of(
    between(
        '<userTask id="a" camunda:candidateUsers="x,y"><extensionElements><camunda:inputOutput>'
        '<camunda:inputParameter name="n"><camunda:map><camunda:entry key="k">v</camunda:entry></camunda:map>'
        '</camunda:inputParameter></camunda:inputOutput><camunda:taskListener event="create" class="x"/>'
        "</extensionElements><multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality>"
        "</multiInstanceLoopCharacteristics></userTask>"
        '<boundaryEvent id="b" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>'
        '<callActivity id="c" calledElement="q"/><serviceTask id="d" camunda:type="external" camunda:topic="t"/>'
        '<subProcess id="e" triggeredByEvent="true"><startEvent id="f"><errorEventDefinition errorRef="err"/>'
        '</startEvent></subProcess><exclusiveGateway id="g" default="g_a"/>' + flow("g", "a", "${x}")
    )
)
WORDS = [
    word.encode("latin-1")
    for word in (
        *("userTask", "startEvent", "boundaryEvent", "subProcess", "sequenceFlow", "id", "a", "start", "", '"'),
        *("camunda:", "zeebe:", "<", ">", "/", "&", "\x00", "\xff", "isForCompensation", "true", "default"),
        *("adHocSubProcess", "eventDefinitionRef", "messageEventDefinition", "multiInstanceLoopCharacteristics"),
        *("#multiInstanceBody", "->"),
    )
]


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(RICH)), st.integers(0, 40), st.sampled_from(WORDS)), max_size=6))
def test_no_mutation_of_a_model_raises(cuts):
    data = RICH
    for at, length, word in cuts:
        data = data[:at] + word + data[at + length :]
    definitions, problems = check(data, "x.bpmn")
    assert all(isinstance(problem, Problem) for problem in problems)
    assert definitions is not None or any(problem.is_error for problem in problems)


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS)), max_size=8))
def test_no_exchange_of_words_raises(exchanges):
    data = RICH
    for old, new in exchanges:
        if old:
            data = data.replace(old, new, 3)
    check(data, "x.bpmn")


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_no_bytes_raise(data):
    assert read(data, "x.bpmn")[0] is None


def test_the_package_imports_nothing_that_fetches():
    sources = "".join(path.read_text() for path in Path("bpmn").rglob("*.py"))
    assert not any(word in sources for word in ("urllib", "requests", "socket", "open("))
