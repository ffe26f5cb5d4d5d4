"""Camunda 8 models arrive in the same specs, with FEEL as their language."""

import pytest

from bpmn.check import check
from bpmn.model import Binding
from bpmn.vocabulary.text import zeebe
from tests.bpmn.models import between, file_of, flow, problems_of, process_of

CLOUD = {"attributes": 'modeler:executionPlatform="Camunda Cloud"'}


def element_of(tag: str, extensions: str, attributes: str = "", inner: str = ""):
    body = between(f'<{tag} id="a" {attributes}><extensionElements>{extensions}</extensionElements>{inner}</{tag}>')
    return process_of(body, **CLOUD).elements["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("= a + 1", ("a + 1", "feel")),
        ("plain", ("plain", "juel")),
        ("${x}", ('"${x}"', "feel")),
        ('#{"x"}', (r'"#{\"x\"}"', "feel")),
    ],
)
def test_texts(text, expected):
    found = zeebe(text, None)
    assert (found.text, found.language) == expected


def test_the_language_of_a_cloud_model_is_feel():
    process = process_of(
        '<startEvent id="s"/><exclusiveGateway id="g" default="g_b"/>'
        + flow("s", "g")
        + flow("g", "a", "=x &gt; 1")
        + flow("g", "b")
        + '<endEvent id="a"/><endEvent id="b"/>',
        **CLOUD,
    )
    assert process.default_language == "feel"
    condition = process.flows["g_a"].condition
    assert (condition.text, condition.language) == ("x > 1", "feel")


def test_zeebe_elements_alone_make_a_cloud_model():
    process = process_of(
        between(
            '<serviceTask id="a"><extensionElements><zeebe:taskDefinition type="t"/></extensionElements></serviceTask>'
        )
    )
    assert process.default_language == "feel"


def test_job_tasks():
    runs = element_of(
        "serviceTask",
        '<zeebe:taskDefinition type="=kind" retries="5"/><zeebe:taskHeaders><zeebe:header key="k" value="v"/>'
        "</zeebe:taskHeaders>",
    ).implementation
    assert (runs.topic.text, runs.topic.language, runs.retries.text, dict(runs.headers)) == (
        "kind",
        "feel",
        "5",
        {"k": "v"},
    )


def test_mappings():
    io = element_of(
        "task",
        '<zeebe:ioMapping><zeebe:input source="=a" target="b.c"/><zeebe:output source="=d" target="e"/>'
        "</zeebe:ioMapping>",
    ).io
    assert [(p.name, p.value.text) for p in (*io.inputs, *io.outputs)] == [("b.c", "a"), ("e", "d")]


def test_user_task():
    task = element_of(
        "userTask",
        '<zeebe:userTask/><zeebe:assignmentDefinition assignee="=boss" candidateGroups="a, b" candidateUsers="=us"/>'
        '<zeebe:taskSchedule dueDate="=now()"/><zeebe:priorityDefinition priority="60"/>'
        '<zeebe:formDefinition formId="f" bindingType="deployment"/>',
    ).user_task
    assert (task.assignee.text, task.due_date.text, task.priority.text) == ("boss", "now()", "60")
    assert [group.text for group in task.candidate_groups] == ["a", "b"]
    assert [user.text for user in task.candidate_users] == ["us"]
    assert (task.form.reference.key.text, task.form.reference.binding) == ("f", Binding.DEPLOYMENT)


def test_call_activity_and_decision_and_script():
    call = element_of("callActivity", '<zeebe:calledElement processId="q" propagateAllChildVariables="true"/>').call
    assert (call.called.key.text, call.propagate_all_child_variables, call.propagate_all_parent_variables) == (
        "q",
        True,
        True,
    )
    decision = element_of(
        "businessRuleTask", '<zeebe:calledDecision decisionId="d" resultVariable="r"/>'
    ).implementation.decision
    assert (decision.reference.key.text, decision.result_variable) == ("d", "r")
    task = element_of("scriptTask", '<zeebe:script expression="=a+b" resultVariable="r"/>')
    assert (task.script.text, task.script.language, task.result_variable) == ("a+b", "feel", "r")


def test_multi_instance_and_ad_hoc():
    process = process_of(
        between(
            '<task id="a"><multiInstanceLoopCharacteristics><extensionElements><zeebe:loopCharacteristics'
            ' inputCollection="=items" inputElement="item" outputCollection="out" outputElement="=item+1"/>'
            "</extensionElements><completionCondition>=all</completionCondition></multiInstanceLoopCharacteristics>"
            '</task><adHocSubProcess id="free"><extensionElements><zeebe:adHoc activeElementsCollection="=todo"/>'
            '</extensionElements><task id="inside"/></adHocSubProcess>'
        ),
        **CLOUD,
    )
    loop = process.elements["a#multiInstanceBody"].multi_instance
    assert (loop.collection.text, loop.element_variable, loop.output_collection, loop.output_element.text) == (
        "items",
        "item",
        "out",
        "item+1",
    )
    assert loop.completion_condition.text == "all"
    assert process.elements["free"].ad_hoc.active_elements.text == "todo"


def test_messages_need_correlation_keys():
    catch = between('<intermediateCatchEvent id="a"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>')
    assert ("zeebe.message_correlation", "a") in problems_of(catch, **CLOUD)
    keyed = (
        '<message id="m" name="paid"><extensionElements><zeebe:subscription correlationKey="=order"/>'
        "</extensionElements></message>"
    )
    process = process_of(catch, roots=keyed, **CLOUD)
    assert process.elements["a"].events[0].correlation_key.text == "order"


def test_one_element_must_not_mix_dialects():
    mixed = between(
        '<serviceTask id="a"><extensionElements><zeebe:taskDefinition type="t"/>'
        "<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle></extensionElements></serviceTask>"
    )
    assert ("bpmn.mixed_dialects", "a") in problems_of(mixed)


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        ("serviceTask", "element zeebe:taskDefinition"),
        ("businessRuleTask", "zeebe:calledDecision or zeebe:taskDefinition"),
    ],
)
def test_a_task_that_says_nothing_is_told_in_the_words_of_its_dialect(task, wanted):
    _, problems = check(file_of(between(f'<{task} id="a"/>'), **CLOUD), "model.bpmn")
    assert [f"{wanted} is mandatory on {task} 'a'" in problem.message for problem in problems] == [True]


def test_ad_hoc_sub_process_in_a_model_of_camunda_7():
    body = between(
        '<adHocSubProcess id="a" camunda:asyncBefore="true"><extensionElements><zeebe:adHoc'
        ' activeElementsCollection="${todo}" outputCollection="all" outputElement="=x + 1"/>'
        "<camunda:inputOutput/></extensionElements>"
        "<completionCondition>${done}</completionCondition>"
        '<task id="inside"/><subProcess id="handler" triggeredByEvent="true"><startEvent id="on">'
        '<messageEventDefinition messageRef="m"/></startEvent></subProcess>'
        "</adHocSubProcess>"
    )
    process = process_of(body)
    spec = process.elements["a"].ad_hoc
    assert [(each.text, each.language) for each in (spec.active_elements, spec.completion_condition)] == [
        ("${todo}", "juel"),
        ("${done}", "juel"),
    ]
    assert (spec.output_collection, spec.output_element.text, spec.output_element.language) == ("all", "x + 1", "feel")
    assert process.elements["a"].children == ("a#innerInstance", "handler")
    assert process.elements["handler"].scope == "a"
    assert not problems_of(body) & {("bpmn.mixed_dialects", "a")}


def test_ad_hoc_sub_process_of_a_job_worker():
    led = '<adHocSubProcess id="a"><extensionElements><zeebe:taskDefinition type="agent"/></extensionElements>'
    process = process_of(between(led + '<task id="inside"/></adHocSubProcess>'), **CLOUD)
    assert process.elements["a"].implementation.topic.text == "agent"


def test_ad_hoc_sub_process_of_a_job_worker_in_a_model_of_camunda_7():
    body = between(
        '<adHocSubProcess id="a" camunda:asyncBefore="true"><extensionElements><zeebe:taskDefinition type="agent"/>'
        "<camunda:inputOutput/></extensionElements><completionCondition>${done}</completionCondition>"
        '<task id="inside"/></adHocSubProcess>'
    )
    element = process_of(body).elements["a"]
    assert (element.implementation.topic.text, element.ad_hoc.completion_condition.language) == ("agent", "juel")
    assert not problems_of(body) & {("bpmn.mixed_dialects", "a")}
