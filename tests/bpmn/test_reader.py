"""What the reader makes of well-formed models: the graph, its scopes, and the words of the Camunda 7 dialects."""

import pytest

from bpmn.check import check
from bpmn.model import Binding, Dialect, Expression, Kind, ListValue, MapValue, Trigger
from bpmn.reader import is_bpmn, read
from bpmn.xml import BPMN_NAMESPACE
from tests.bpmn.models import between, file_of, flow, process_of


def texts(expressions):
    return [expression.text for expression in expressions]


def extended(tag: str, attributes: str, extensions: str) -> str:
    return between(f'<{tag} id="a" {attributes}><extensionElements>{extensions}</extensionElements></{tag}>')


def test_flows_are_linked_in_document_order_whatever_incoming_and_outgoing_say():
    process = process_of(
        flow("start", "b", identity="second")
        + '<userTask id="b"><incoming>nonsense</incoming></userTask><userTask id="a"/>'
        + flow("start", "a", identity="third")
        + '<startEvent id="start"><outgoing>third</outgoing></startEvent>'
    )
    assert process.elements["start"].outgoing == ("second", "third")
    assert process.elements["b"].incoming == ("second",)
    assert [flow.index for flow in process.flows.values()] == [0, 1]
    assert process.children == ("b", "a", "start")


def test_flows_without_ids_get_stable_ones():
    nameless = '<sequenceFlow sourceRef="start" targetRef="end"/>'
    process = process_of('<startEvent id="start"/><endEvent id="end"/>' + nameless * 2)
    assert list(process.flows) == ["start->end", "start->end#2"]


@pytest.mark.parametrize("prefix", ["", "bpmn:", "semantic:"])
def test_any_prefix_of_the_bpmn_namespace(prefix):
    name = f":{prefix[:-1]}" if prefix else ""
    data = (
        f'<{prefix}definitions xmlns{name}="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
        f'<{prefix}process id="p" isExecutable="true"><{prefix}startEvent id="s"/></{prefix}process>'
        f"</{prefix}definitions>"
    )
    definitions, problems = check(data.encode(), "x.bpmn")
    assert problems == []
    assert list(definitions.processes[0].elements) == ["s"]


@pytest.mark.parametrize("dialect", ["camunda", "operaton", "activiti", "flowable"])
def test_dialects_share_their_words(dialect):
    process = process_of(
        between(
            f'<userTask id="a" {dialect}:assignee="${{boss}}" {dialect}:candidateUsers="ann, ${{f(a,b)}} ,bob"'
            f' {dialect}:candidateGroups="sales" {dialect}:dueDate="2030-01-01" {dialect}:priority="7"'
            f' {dialect}:formKey="form.html" {dialect}:async="true" {dialect}:exclusive="false"/>'
        )
    )
    element = process.elements["a"]
    task = element.user_task
    assert task.assignee.text == "${boss}"
    assert texts(task.candidate_users) == ["ann", "${f(a,b)}", "bob"]
    assert texts(task.candidate_groups) == ["sales"]
    assert (task.due_date.text, task.priority.text, task.form.key.text) == ("2030-01-01", "7", "form.html")
    assert (element.async_before, element.async_after, element.exclusive) == (True, False, False)


def test_potential_owners_and_human_performer():
    def role(tag, text):
        return (
            f"<{tag}><resourceAssignmentExpression><formalExpression>{text}</formalExpression>"
            f"</resourceAssignmentExpression></{tag}>"
        )

    owners = role("potentialOwner", "user(kermit), group(management), accountancy")
    task = process_of(between(f'<userTask id="a">{owners}{role("humanPerformer", "gonzo")}</userTask>'))
    user_task = task.elements["a"].user_task
    assert texts(user_task.candidate_users) == ["kermit"]
    assert texts(user_task.candidate_groups) == ["management", "accountancy"]
    assert user_task.assignee.text == "gonzo"


def test_potential_starters():
    process = process_of(
        "<extensionElements><camunda:potentialStarter><resourceAssignmentExpression><formalExpression>"
        "sales, user(ann)</formalExpression></resourceAssignmentExpression></camunda:potentialStarter>"
        '</extensionElements><startEvent id="s"/>',
        process='camunda:candidateStarterUsers="bob"',
    )
    assert (process.candidate_starter_users, process.candidate_starter_groups) == (("bob", "ann"), ("sales",))


def test_input_and_output_parameters_of_every_shape():
    io = (
        process_of(
            extended(
                "userTask",
                "",
                "<camunda:inputOutput>"
                '<camunda:inputParameter name="text"> ${x} </camunda:inputParameter>'
                '<camunda:inputParameter name="none"/>'
                '<camunda:inputParameter name="list"><camunda:list><camunda:value>1</camunda:value>'
                '<camunda:script scriptFormat="JavaScript">2</camunda:script><camunda:value/></camunda:list>'
                "</camunda:inputParameter>"
                '<camunda:outputParameter name="map"><camunda:map>'
                '<camunda:entry key="${k}">v</camunda:entry></camunda:map>'
                "</camunda:outputParameter></camunda:inputOutput>",
            )
        )
        .elements["a"]
        .io
    )
    text, none, items = io.inputs
    assert (text.name, text.value.text, none.value) == ("text", "${x}", None)
    assert isinstance(items.value, ListValue)
    assert [item and (item.text, item.language, item.script) for item in items.value.items] == [
        ("1", "juel", False),
        ("2", "javascript", True),
        None,
    ]
    (output,) = io.outputs
    assert isinstance(output.value, MapValue)
    assert [(key.text, value.text) for key, value in output.value.entries] == [("${k}", "v")]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("<conditionExpression> ${x &gt; 1} </conditionExpression>", ("${x > 1}", "juel", False)),
        ('<conditionExpression language="feel">x &gt; 1</conditionExpression>', ("x > 1", "feel", False)),
        ('<conditionExpression language="ECMAScript">x</conditionExpression>', ("x", "javascript", True)),
        ('<conditionExpression language="Python">x</conditionExpression>', ("x", "python", True)),
        (
            '<conditionExpression language="http://www.w3.org/1999/XPath">${x}</conditionExpression>',
            ("${x}", "juel", False),
        ),
        (
            '<conditionExpression language="https://www.omg.org/spec/DMN/20191111/FEEL/">x</conditionExpression>',
            ("x", "feel", False),
        ),
        ("<conditionExpression><![CDATA[${a && b}]]></conditionExpression>", ("${a && b}", "juel", False)),
    ],
)
def test_conditions(condition, expected):
    process = process_of(
        '<startEvent id="s"/><userTask id="a"/>'
        f'<sequenceFlow id="f" sourceRef="s" targetRef="a">{condition}</sequenceFlow>'
    )
    found = process.flows["f"].condition
    assert (found.text, found.language, found.script) == expected


def test_condition_from_a_resource():
    process = process_of(
        '<startEvent id="s"/><userTask id="a"/><sequenceFlow id="f" sourceRef="s" targetRef="a">'
        '<conditionExpression language="javascript" camunda:resource="deployment://c.js"/></sequenceFlow>'
    )
    assert process.flows["f"].condition.resource == "deployment://c.js"


def test_script_task():
    script = "\n  var a = 1;\n"
    element = process_of(
        between(
            f'<scriptTask id="a" scriptFormat="JavaScript" camunda:resultVariable="r"><script>{script}</script>'
            "</scriptTask>"
        )
    ).elements["a"]
    assert (element.script.text, element.script.language, element.script.script) == (script, "javascript", True)
    assert element.result_variable == "r"


def test_the_language_of_a_script_task_that_names_none():
    body = between('<scriptTask id="a"><script>System.out.println(1);</script></scriptTask>')
    assert process_of(body).elements["a"].script.language == "juel"
    drools = 'xmlns:tns="http://www.jboss.org/drools" tns:packageName="p"'
    assert process_of(body, process=drools).elements["a"].script.language == "java"
    mvel = 'expressionLanguage="http://www.mvel.org/2.0"'
    assert process_of(body, attributes=mvel).elements["a"].script.language == "java"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("http://www.java.com/java", "java"),
        ("http://www.javascript.com/javascript", "javascript"),
        ("http://www.mvel.org/2.0", "mvel"),
        ("text/x-groovy", "groovy"),
    ],
)
def test_addresses_of_script_languages(written, read):
    body = between(f'<scriptTask id="a" scriptFormat="{written}"><script>x</script></scriptTask>')
    assert process_of(body).elements["a"].script.language == read


@pytest.mark.parametrize(
    ("attributes", "case", "mapping"),
    [
        ('camunda:caseRef="c"', "c", None),
        ('calledElement="q" camunda:variableMappingClass="x.Y"', None, "x.Y"),
        ('calledElement="q" camunda:variableMappingDelegateExpression="${m}"', None, "${m}"),
    ],
)
def test_what_a_call_activity_cannot_do_is_kept(attributes, case, mapping):
    call = process_of(between(f'<callActivity id="a" {attributes}/>')).elements["a"].call
    assert (call.case_ref, call.variable_mapping) == (case, mapping)


@pytest.mark.parametrize(
    ("namespace", "written", "topic"),
    [
        ("http://activiti.org/bpmn", "Movies.get", "Movies.get"),
        ("http://activiti.org/bpmn", "##WebService", None),
        ("http://camunda.org/schema/1.0/bpmn", "Movies.get", None),
    ],
)
def test_implementation_names_a_worker_to_activiti(namespace, written, topic):
    data = file_of(between(f'<serviceTask id="a" implementation="{written}" x:async="true" xmlns:x="{namespace}"/>'))
    definitions, _ = read(data, "a.bpmn")
    runs = definitions.processes[0].elements["a"].implementation
    assert (runs.topic and runs.topic.text) == topic


def test_rules_of_drools_are_a_decision_of_their_own():
    task = '<businessRuleTask id="a" x:rules="r1" x:resultVariable="out" xmlns:x="http://activiti.org/bpmn"/>'
    definitions, problems = read(file_of(between(task)), "a.bpmn")
    decision = definitions.processes[0].elements["a"].implementation.decision
    assert (decision.reference.key.text, decision.result_variable) == ("r1", "out")
    (told,) = [str(problem) for problem in problems if problem.rule == "bpmn.unsupported"]
    assert "runs rules of Drools: here it asks the decision of DMN with the key 'r1'" in told


def test_script_of_a_listener_says_its_language_in_flowable():
    listener = (
        '<x:taskListener xmlns:x="http://flowable.org/bpmn" event="create" type="script">'
        '<x:script language="groovy">x</x:script></x:taskListener>'
    )
    (found,) = process_of(extended("userTask", "", listener)).elements["a"].user_task.listeners
    assert found.implementation.script.language == "groovy"


def test_ways_to_implement_a_service_task():
    def runs(attributes, extensions=""):
        return process_of(extended("serviceTask", attributes, extensions)).elements["a"].implementation

    assert runs('camunda:class="a.B"').class_name == "a.B"
    assert runs('camunda:delegateExpression="${b}"').delegate_expression.text == "${b}"
    with_result = runs('camunda:expression="${b}" camunda:resultVariable="r"')
    assert (with_result.expression.text, with_result.result_variable) == ("${b}", "r")
    external = runs(
        'camunda:type="external" camunda:topic="t" camunda:taskPriority="${p}"',
        '<camunda:errorEventDefinition errorRef="err" expression="${true}"/>',
    )
    assert (external.topic.text, external.task_priority.text) == ("t", "${p}")
    assert [(each.error_ref, each.expression.text) for each in external.error_mappings] == [("err", "${true}")]
    connector = runs(
        "",
        "<camunda:connector><camunda:connectorId>http-connector</camunda:connectorId><camunda:inputOutput>"
        '<camunda:inputParameter name="url">u</camunda:inputParameter></camunda:inputOutput></camunda:connector>',
    )
    assert (connector.connector_id, connector.connector_io.inputs[0].name) == ("http-connector", "url")
    field = runs(
        'camunda:class="a.B"',
        '<camunda:field name="x" stringValue="a${b}"/><camunda:field name="y"><camunda:expression>${z}'
        "</camunda:expression></camunda:field>",
    ).fields
    assert [(each.name, each.value.text) for each in field] == [("x", r"a\${b}"), ("y", "${z}")]
    assert runs('flowable:type="http"').built_in == "http"


def test_business_rule_task():
    decision = (
        process_of(
            between(
                '<businessRuleTask id="a" camunda:decisionRef="d" camunda:decisionRefBinding="version"'
                ' camunda:decisionRefVersion="3" camunda:mapDecisionResult="singleEntry" camunda:resultVariable="r"/>'
            )
        )
        .elements["a"]
        .implementation.decision
    )
    assert (decision.reference.key.text, decision.reference.binding, decision.reference.version.text) == (
        "d",
        Binding.VERSION,
        "3",
    )
    assert (decision.map_result, decision.result_variable) == ("singleEntry", "r")


def test_call_activity():
    call = (
        process_of(
            extended(
                "callActivity",
                'calledElement="${key}" camunda:calledElementBinding="versionTag" camunda:calledElementVersionTag="v1"'
                ' camunda:calledElementTenantId="t"',
                '<camunda:in businessKey="#{execution.processBusinessKey}"/><camunda:in source="a" target="b"/>'
                '<camunda:in sourceExpression="${a}" target="c" local="true"/><camunda:in variables="all"/>'
                '<camunda:out variables="all" local="true"/>',
            )
        )
        .elements["a"]
        .call
    )
    assert (call.called.key.text, call.called.binding, call.called.version_tag.text, call.called.tenant_id.text) == (
        "${key}",
        Binding.VERSION_TAG,
        "v1",
        "t",
    )
    assert call.business_key.text == "#{execution.processBusinessKey}"
    assert [(i.source, i.target, i.all_variables, i.local) for i in call.in_mappings] == [
        ("a", "b", False, False),
        (None, "c", False, True),
        (None, None, True, False),
    ]
    assert [(out.all_variables, out.local) for out in call.out_mappings] == [(True, True)]


def test_multi_instance_is_a_body_with_the_activity_inside():
    process = process_of(
        '<startEvent id="start"/>' + flow("start", "a") + flow("a", "end", identity="out") + '<endEvent id="end"/>'
        '<userTask id="a" name="A" default="out" camunda:asyncBefore="true" camunda:jobPriority="5">'
        "<extensionElements><camunda:inputOutput>"
        '<camunda:inputParameter name="x">${item}</camunda:inputParameter></camunda:inputOutput>'
        '<camunda:executionListener event="start" expression="${x}"/>'
        "<camunda:failedJobRetryTimeCycle>R3/PT1M</camunda:failedJobRetryTimeCycle></extensionElements>"
        '<multiInstanceLoopCharacteristics isSequential="true" camunda:collection="items"'
        ' camunda:elementVariable="item"'
        ' camunda:asyncAfter="true"><completionCondition>${done}</completionCondition>'
        "</multiInstanceLoopCharacteristics></userTask>"
        '<boundaryEvent id="late" attachedToRef="a"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>"
    )
    body, inner = process.elements["a#multiInstanceBody"], process.elements["a"]
    assert process.children == ("start", "end", "a#multiInstanceBody", "late")
    assert (body.kind, body.scope, body.children) == (Kind.MULTI_INSTANCE, None, ("a",))
    assert (inner.kind, inner.scope) == (Kind.USER_TASK, body.id)
    assert (body.incoming, body.outgoing, body.default, body.boundary_events) == (
        ("start_a",),
        ("out",),
        "out",
        ("late",),
    )
    assert (inner.incoming, inner.outgoing, inner.boundary_events) == ((), (), ())
    assert process.flows["out"].source == body.id
    assert process.elements["late"].attached_to == body.id
    assert (body.async_before, inner.async_before, body.async_after, inner.async_after) == (True, False, False, True)
    assert body.io is None
    assert inner.io.inputs[0].name == "x"
    assert (len(body.listeners), len(inner.listeners)) == (0, 1)
    loop = body.multi_instance
    assert (loop.is_sequential, loop.collection.text, loop.element_variable) == (True, "items", "item")
    assert (loop.completion_condition.text, body.retry_cycle.text) == ("${done}", "R3/PT1M")


def test_multi_instance_over_a_data_input():
    loop = (
        process_of(
            between(
                '<userTask id="a"><multiInstanceLoopCharacteristics><loopDataInputRef>items</loopDataInputRef>'
                '<inputDataItem name="item"/></multiInstanceLoopCharacteristics></userTask>'
            )
        )
        .elements["a#multiInstanceBody"]
        .multi_instance
    )
    assert (loop.collection.text, loop.element_variable, loop.cardinality) == ("items", "item", None)


def test_standard_loop_ad_hoc_and_complex_gateway():
    process = process_of(
        between(
            '<task id="a"><standardLoopCharacteristics testBefore="true" loopMaximum="3"><loopCondition>${x}'
            "</loopCondition></standardLoopCharacteristics></task>"
            '<adHocSubProcess id="free" ordering="Sequential" cancelRemainingInstances="false"><userTask id="inside"/>'
            "<completionCondition>${done}</completionCondition></adHocSubProcess>"
            '<complexGateway id="gate"><activationCondition>${activationCount > 1}</activationCondition>'
            "</complexGateway>".replace(" > ", " &gt; ")
        )
    )
    loop, free = process.elements["a#standardLoopBody"].standard_loop, process.elements["free"].ad_hoc
    assert (loop.condition.text, loop.test_before, loop.maximum) == ("${x}", True, 3)
    assert (free.ordering_sequential, free.cancel_remaining, free.completion_condition.text) == (
        True,
        False,
        "${done}",
    )
    inner = process.elements["free#innerInstance"]
    assert (process.elements["free"].children, inner.kind, inner.scope) == ((inner.id,), Kind.AD_HOC_INSTANCE, "free")
    assert (inner.children, process.elements["inside"].scope) == (("inside",), inner.id)
    assert process.elements["gate"].activation_condition.text == "${activationCount > 1}"


def test_sub_processes_are_scopes():
    process = process_of(
        between(
            '<subProcess id="a"><startEvent id="s"/><userTask id="u"/>' + flow("s", "u") + ""
            '<subProcess id="handler" triggeredByEvent="true"><startEvent id="es" isInterrupting="false">'
            '<messageEventDefinition messageRef="m"/></startEvent></subProcess></subProcess>'
        )
    )
    sub = process.elements["a"]
    assert (sub.children, sub.event_sub_processes) == (("s", "u", "handler"), ("handler",))
    assert [process.elements[i].scope for i in ("s", "u", "handler", "es")] == ["a", "a", "a", "handler"]
    assert process.elements["es"].interrupting is False
    assert process.elements["handler"].triggered_by_event


def test_events_and_what_they_refer_to():
    events = {
        "message": '<messageEventDefinition messageRef="m"/>',
        "timer": "<timerEventDefinition><timeCycle>R3/PT1H</timeCycle></timerEventDefinition>",
        "signal": '<signalEventDefinition signalRef="sig"/>',
        "error": '<errorEventDefinition errorRef="err" camunda:errorCodeVariable="c"'
        ' camunda:errorMessageVariable="v"/>',
        "conditional": '<conditionalEventDefinition camunda:variableName="x" camunda:variableEvents="create, update">'
        "<condition>${x}</condition></conditionalEventDefinition>",
    }
    boundaries = "".join(
        f'<boundaryEvent id="{name}" attachedToRef="a" cancelActivity="true">{definition}</boundaryEvent>'
        for name, definition in events.items()
    )
    process = process_of(between('<userTask id="a"/>' + boundaries))
    found = {name: process.elements[name].events[0] for name in events}
    assert {name: event.trigger.value for name, event in found.items()} == {name: name for name in events}
    assert found["message"].name.text == "paid"
    assert found["timer"].timer.cycle.text == "R3/PT1H"
    assert found["signal"].name.text == "alert"
    assert (found["error"].name.text, found["error"].code_variable, found["error"].message_variable) == ("E1", "c", "v")
    assert (found["conditional"].variable_name, found["conditional"].variable_events) == ("x", ("create", "update"))


def test_qualified_references_and_reusable_event_definitions():
    process = process_of(
        between(
            '<intermediateCatchEvent id="a"><messageEventDefinition messageRef="tns:m"/></intermediateCatchEvent>'
            '<intermediateCatchEvent id="b"><eventDefinitionRef>shared</eventDefinitionRef></intermediateCatchEvent>'
        )
        + flow("a", "b"),
        roots='<message id="m" name="paid"/><timerEventDefinition id="shared"><timeDuration>PT1S</timeDuration>'
        "</timerEventDefinition>",
    )
    assert process.elements["a"].events[0].name.text == "paid"
    assert process.elements["b"].events[0].timer.duration.text == "PT1S"


def test_an_unknown_error_reference_is_the_code():
    process = process_of(
        '<startEvent id="s"/>' + flow("s", "e") + '<endEvent id="e"><errorEventDefinition errorRef="oops"/></endEvent>'
    )
    assert process.elements["e"].events[0].name.text == "oops"


def test_throwing_message_events_run_something():
    process = process_of(
        '<startEvent id="s"/>' + flow("s", "e") + '<endEvent id="e"><messageEventDefinition messageRef="m"'
        ' camunda:type="external" camunda:topic="send"/></endEvent>'
    )
    assert process.elements["e"].implementation.topic.text == "send"


def test_compensation_handler():
    process = process_of(
        between('<userTask id="a"/>')
        + '<boundaryEvent id="undo" attachedToRef="a"><compensateEventDefinition/></boundaryEvent>'
        '<userTask id="undoA" isForCompensation="true"><multiInstanceLoopCharacteristics><loopCardinality>2'
        "</loopCardinality></multiInstanceLoopCharacteristics></userTask>"
        '<association id="as" sourceRef="undo" targetRef="undoA"/>'
    )
    assert process.elements["undo"].compensation_handler == "undoA#multiInstanceBody"


def test_listeners_of_processes_nodes_flows_and_tasks():
    process = process_of(
        '<extensionElements><camunda:executionListener event="end" class="a.B"/></extensionElements>'
        '<startEvent id="start"/><userTask id="a"><extensionElements>'
        '<camunda:executionListener event="start"><camunda:script scriptFormat="python">1</camunda:script>'
        "</camunda:executionListener>"
        '<camunda:taskListener event="timeout" id="late" delegateExpression="${b}"><timerEventDefinition>'
        "<timeDuration>PT1H</timeDuration></timerEventDefinition></camunda:taskListener>"
        "</extensionElements></userTask>"
        '<sequenceFlow id="f" sourceRef="start" targetRef="a"><extensionElements>'
        '<camunda:executionListener expression="${c}"/></extensionElements></sequenceFlow>'
    )
    assert process.listeners[0].implementation.class_name == "a.B"
    listener = process.elements["a"].listeners[0]
    assert (listener.event, listener.implementation.script.language) == ("start", "python")
    timeout = process.elements["a"].user_task.listeners[0]
    assert (timeout.id, timeout.timer.duration.text) == ("late", "PT1H")
    assert [(each.event, each.implementation.expression.text) for each in process.flows["f"].listeners] == [
        ("take", "${c}")
    ]


def test_activiti_task_listener_for_all_events():
    listeners = (
        process_of(extended("userTask", "", '<activiti:taskListener event="all" class="a.B"/>'))
        .elements["a"]
        .user_task.listeners
    )
    assert [listener.event for listener in listeners] == ["create", "assignment", "complete", "delete"]


def test_forms():
    process = process_of(
        '<startEvent id="start" camunda:initiator="starter" camunda:formRef="f" camunda:formRefBinding="latest"/>'
        '<userTask id="a"><extensionElements><camunda:formData businessKey="n">'
        '<camunda:formField id="n" label="Number" type="long" defaultValue="${1}">'
        '<camunda:properties><camunda:property id="k" value="v"/></camunda:properties>'
        '<camunda:validation><camunda:constraint name="required"/><camunda:constraint name="max" config="9"/>'
        '</camunda:validation></camunda:formField><camunda:formField id="e" type="enum">'
        '<camunda:value id="a" name="A"/><camunda:value id="b"/></camunda:formField>'
        "</camunda:formData></extensionElements></userTask>" + flow("start", "a")
    )
    start = process.elements["start"]
    assert (start.initiator, start.form.reference.key.text) == ("starter", "f")
    form = process.elements["a"].user_task.form
    number, choice = form.fields
    assert (form.business_key_field, number.default.text, number.constraints, dict(number.properties)) == (
        "n",
        "${1}",
        (("required", None), ("max", "9")),
        {"k": "v"},
    )
    assert dict(choice.values) == {"a": "A", "b": "b"}


def test_attributes_of_the_process():
    definitions, _ = check(
        file_of(
            '<documentation>what it does</documentation><startEvent id="s"/>'
            '<laneSet id="ls"><lane id="l1" name="Sales"><flowNodeRef>s</flowNodeRef><childLaneSet>'
            '<lane id="l2"><flowNodeRef>s</flowNodeRef></lane></childLaneSet></lane></laneSet>'
            '<dataObject id="d" name="D" itemSubjectRef="xsd:string"/>',
            roots='<collaboration id="c"><participant id="pool" name="Shop" processRef="p"/></collaboration>',
            process='name="P" camunda:versionTag="1.0" camunda:historyTimeToLive="P5D" camunda:jobPriority="3"'
            ' camunda:candidateStarterUsers="ann, bob" camunda:candidateStarterGroups="g"'
            ' camunda:isStartableInTasklist="false"',
            attributes='exporter="Camunda Modeler" exporterVersion="5" modeler:executionPlatform="Camunda Platform"'
            ' modeler:executionPlatformVersion="7.20.0"',
        ),
        "a.bpmn",
    )
    process = definitions.processes[0]
    assert (definitions.exporter, definitions.execution_platform, definitions.execution_platform_version) == (
        "Camunda Modeler",
        "Camunda Platform",
        "7.20.0",
    )
    assert (process.name, process.documentation, process.version_tag) == ("P", "what it does", "1.0")
    assert (process.history_time_to_live, process.job_priority.text, process.participant) == ("P5D", "3", "Shop")
    assert (process.candidate_starter_users, process.candidate_starter_groups) == (("ann", "bob"), ("g",))
    assert process.is_startable_in_tasklist is False
    assert [(lane.id, lane.elements) for lane in process.lanes] == [("l1", ("s",)), ("l2", ("s",))]
    assert [(data.id, data.item_type) for data in process.data_objects] == [("d", "string")]


def test_properties_and_documentation_of_a_node():
    element = process_of(
        between(
            '<task id="a"><documentation>why</documentation><extensionElements><camunda:properties>'
            '<camunda:property name="k" value="v"/></camunda:properties></extensionElements></task>'
        )
    ).elements["a"]
    assert (element.documentation, dict(element.properties)) == ("why", {"k": "v"})


@pytest.mark.parametrize(
    ("process", "executable"),
    [('isExecutable="true"', True), ('isExecutable="false"', False), ("", False), ('isExecutable="1"', True)],
)
def test_only_executable_processes_are_read(process, executable):
    data = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
        f'<process id="p" {process}><startEvent id="s"/></process></definitions>'
    )
    definitions, problems = read(data.encode(), "a.bpmn")
    assert [process.id for process in definitions.processes] == (["p"] if executable else [])
    assert [problem.rule for problem in problems] == ([] if executable else ["bpmn.no_executable"])


@pytest.mark.parametrize("namespace", ["http://activiti.org/bpmn", "http://flowable.org/bpmn"])
def test_activiti_and_flowable_processes_are_executable_by_default(namespace):
    data = (
        f'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:v="{namespace}" targetNamespace="t">'
        '<process id="p"><startEvent id="s" v:initiator="i"/></process></definitions>'
    )
    definitions, problems = read(data.encode(), "a.bpmn")
    assert problems == []
    assert definitions.processes[0].elements["s"].initiator == "i"


@pytest.mark.parametrize(
    ("declared", "dialect"),
    [
        ("http://flowable.org/bpmn", Dialect.FLOWABLE),
        ("http://activiti.org/bpmn", Dialect.ACTIVITI),
        ("http://camunda.org/schema/1.0/bpmn", Dialect.CAMUNDA_7),
        ("http://camunda.org/schema/zeebe/1.0", Dialect.CAMUNDA_7),
    ],
)
def test_the_dialect_of_a_file_that_only_declares_its_extensions(declared, dialect):
    model = (
        f'<definitions xmlns="{BPMN_NAMESPACE}" xmlns:x="{declared}"><process id="p"><startEvent id="s"/></process>'
        "</definitions>"
    )
    assert read(model.encode(), "x.bpmn")[0].dialect is dialect


@pytest.mark.parametrize("prefix", ["activiti", "flowable"])
def test_data_objects_and_properties(prefix):
    value = f"<extensionElements><{prefix}:value>5</{prefix}:value></extensionElements>"
    definitions, problems = read(
        file_of(
            f'<dataObject id="d" name="count" itemSubjectRef="xsd:int">{value}</dataObject>'
            f'<dataObject id="l" itemSubjectRef="words" isCollection="true"><extensionElements><{prefix}:value/>'
            "</extensionElements></dataObject>"
            '<dataObjectReference id="r" dataObjectRef="d"/>'
            f'<subProcess id="sub"><property id="own">{value}</property><startEvent id="s"/></subProcess>'
            f'<userTask id="u"><property id="of_u" name="n">{value}</property></userTask>',
            roots='<itemDefinition id="words" structureRef="xsd:string"/>',
        ),
        "a.bpmn",
    )
    (process,) = definitions.processes
    assert problems == []
    assert [(each.id, each.variable, each.scope, each.item_type, each.value) for each in process.data_objects] == [
        ("d", "count", None, "int", "5"),
        ("l", "l", None, "string", None),
        ("own", "own", "sub", None, "5"),
        ("of_u", "n", "u", None, "5"),
    ]
    assert [each.is_collection for each in process.data_objects] == [False, True, False, False]
    assert [(each.id, each.data_object) for each in process.data_references] == [("r", "d")]


def test_names_of_messages_and_signals_by_expression():
    body = (
        '<startEvent id="x"><messageEventDefinition activiti:messageExpression="paid" activiti:correlationKey="${k}"/>'
        '</startEvent><startEvent id="s"><signalEventDefinition flowable:signalExpression="alert"/></startEvent>'
    )
    elements = process_of(body).elements
    (message,), (signal,) = elements["x"].events, elements["s"].events
    assert (message.name.text, message.correlation_key.text, signal.name.text) == ("paid", "${k}", "alert")


def test_words_that_only_flowable_has():
    element = process_of(
        between('<serviceTask id="a" flowable:type="external-worker" flowable:topic="t" flowable:asyncLeave="true"/>')
    ).elements["a"]
    assert (element.implementation.built_in, element.implementation.topic.text) == ("external", "t")
    assert element.async_after


def test_siblings_that_are_not_executable_are_told_and_ignored():
    data = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
        '<process id="p" isExecutable="true"><startEvent id="s"/></process>'
        '<process id="q"><startEvent id="s2"/><task id="no way"/></process></definitions>'
    )
    definitions, problems = check(data.encode(), "a.bpmn")
    assert [process.id for process in definitions.processes] == ["p"]
    assert definitions.ignored_processes == ("q",)
    assert [(problem.rule, problem.is_error) for problem in problems] == [("bpmn.not_executable", False)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.bpmn", True),
        ("a.bpmn20.xml", True),
        ("a.bpmn2.xml", True),
        ("A.BPMN", True),
        ("a.xml", False),
        ("a.dmn", False),
        ("bpmn", False),
    ],
)
def test_the_file_name_decides(name, expected):
    assert is_bpmn(name) is expected


def test_places_are_lines_and_columns_of_start_tags():
    lines = b"\n" * 70_000
    data = file_of('<startEvent id="s"/>').replace(b"<startEvent", lines + b"  <startEvent")
    definitions, _ = read(data, "a.bpmn")
    place = definitions.processes[0].elements["s"].place
    assert (place.line, place.column) == (70_001, 3)


def test_terminate_link_and_escalation_events():
    process = process_of(
        '<startEvent id="s"/>' + flow("s", "t") + '<intermediateThrowEvent id="t"><linkEventDefinition name="L"/>'
        '</intermediateThrowEvent><intermediateCatchEvent id="c"><linkEventDefinition name="L"/>'
        "</intermediateCatchEvent>" + flow("c", "x") + '<intermediateThrowEvent id="x">'
        '<escalationEventDefinition escalationRef="esc"/></intermediateThrowEvent>'
        + flow("x", "end")
        + '<endEvent id="end"><terminateEventDefinition/></endEvent>'
    )
    triggers = {i: process.elements[i].events[0].trigger for i in ("t", "c", "x", "end")}
    assert triggers == {"t": Trigger.LINK, "c": Trigger.LINK, "x": Trigger.ESCALATION, "end": Trigger.TERMINATE}
    assert process.elements["x"].events[0].name == Expression("X1", place=process.elements["x"].events[0].name.place)
