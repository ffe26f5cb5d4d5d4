"""The diagram: drawn and laid out, badges, marks, heat, the same as a table, keys, export."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import FROM_NO_DATABASE, LOOKS, Site, shoot, violations


def _open(page: Page) -> None:
    page.goto("/kit")
    expect(page.locator(".djs-shape[data-element-id=check]")).to_be_visible()
    page.locator(".diagram").scroll_into_view_if_needed()


@pytest.mark.parametrize("look", LOOKS)
@FROM_NO_DATABASE
def test_a_diagram_is_readable_in_every_look(open_context: Callable[..., BrowserContext], look: str) -> None:
    page = open_context(look).new_page()
    _open(page)
    shoot(page, f"diagram-{look}")
    expect(page.get_by_title("Powered by bpmn.io")).to_be_in_viewport()
    page.get_by_role("button", name="Heat").click()
    expect(page.locator(".diagram-heat ellipse")).to_have_count(4)
    shoot(page, f"diagram-heat-{look}")
    assert violations(page) == []


@FROM_NO_DATABASE
def test_elements_that_are_drawn_nowhere_have_their_places(page: Page) -> None:
    _open(page)
    for element in ("received", "check", "late", "remind", "good", "deliver", "pack", "send", "done", "remark"):
        expect(page.locator(f".djs-shape[data-element-id={element}]")).to_have_count(1)
    left, right = (page.locator(f".djs-shape[data-element-id={id}]").bounding_box() for id in ("check", "deliver"))
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] < right["x"]


@FROM_NO_DATABASE
def test_an_element_is_chosen_and_what_it_calls_is_opened(page: Page) -> None:
    _open(page)
    page.locator(".djs-shape[data-element-id=check]").click()
    expect(page.locator(".djs-shape[data-element-id=check]")).to_contain_class("mark-chosen")
    page.get_by_role("button", name="Open what this calls").click()
    expect(page.get_by_text("Called by send")).to_be_visible()


@FROM_NO_DATABASE
def test_the_same_is_told_as_a_table(page: Page) -> None:
    _open(page)
    page.get_by_role("button", name="Elements as a list").click()
    row = page.get_by_role("row").filter(has_text="Check the order")
    expect(row).to_contain_text("User task")
    expect(row.get_by_role("cell").nth(2)).to_have_text("3")
    row.get_by_role("button", name="Check the order").click()
    expect(row).to_have_attribute("aria-current", "true")
    assert violations(page) == []


@FROM_NO_DATABASE
def test_keys_move_and_zoom(page: Page) -> None:
    _open(page)
    canvas = page.get_by_role("group", name="Diagram of an order")
    canvas.focus()
    viewport = page.locator(".djs-container .viewport")
    before = viewport.get_attribute("transform")
    page.keyboard.press("ArrowRight")
    moved = viewport.get_attribute("transform")
    page.keyboard.press("+")
    assert len({before, moved, viewport.get_attribute("transform")}) == 3
    page.keyboard.press("0")
    assert viewport.get_attribute("transform") == before


@pytest.mark.parametrize("ending", ["svg", "png", "bpmn"])
@FROM_NO_DATABASE
def test_a_diagram_is_saved(page: Page, ending: str) -> None:
    _open(page)
    page.get_by_role("button", name="Save the diagram").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name=f"As {ending.upper()}").click()
    assert downloading.value.suggested_filename == f"diagram.{ending}"
    content = downloading.value.path().read_bytes()
    assert content.startswith({"svg": b"<?xml", "png": b"\x89PNG", "bpmn": b"<definitions"}[ending])
    assert len(content) > 1000


@FROM_NO_DATABASE
def test_the_colours_of_the_page_change_those_of_the_diagram(page: Page) -> None:
    _open(page)
    shape = page.locator(".djs-shape[data-element-id=remind] .djs-visual > rect")
    before = shape.evaluate("each => getComputedStyle(each).fill")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Dark").click()
    expect(shape).not_to_have_css("fill", before)


_HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test">'

POOLS = f"""{_HEAD}
  <collaboration id="together">
    <participant id="buyer" name="Buyer"/>
    <participant id="shop" name="Shop" processRef="sell"/>
    <participant id="bank" name="Bank" processRef="lend"/>
    <messageFlow id="m1" name="Order" sourceRef="buyer" targetRef="ordered"/>
    <messageFlow id="m2" sourceRef="deliver" targetRef="buyer"/>
    <messageFlow id="m3" sourceRef="pay" targetRef="asked"/>
    <textAnnotation id="all"><text>Who talks to whom</text></textAnnotation>
  </collaboration>
  <process id="sell" isExecutable="true">
    <laneSet id="set">
      <lane id="sales" name="Sales"><flowNodeRef>ordered</flowNodeRef><flowNodeRef>accept</flowNodeRef></lane>
      <lane id="house" name="In the house"><childLaneSet id="inner">
        <lane id="store" name="Store">
          <flowNodeRef>pack</flowNodeRef><flowNodeRef>deliver</flowNodeRef><flowNodeRef>end</flowNodeRef>
        </lane>
        <lane id="money" name="Money">
          <flowNodeRef>choice</flowNodeRef><flowNodeRef>pay</flowNodeRef><flowNodeRef>refund</flowNodeRef>
        </lane>
      </childLaneSet></lane>
    </laneSet>
    <startEvent id="ordered" name="Ordered"/><sequenceFlow id="f1" sourceRef="ordered" targetRef="accept"/>
    <userTask id="accept" name="Accept the order"/><sequenceFlow id="f2" sourceRef="accept" targetRef="choice"/>
    <boundaryEvent id="silent" name="No answer for a week" attachedToRef="accept">
      <timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <sequenceFlow id="f9" sourceRef="silent" targetRef="end"/>
    <exclusiveGateway id="choice" name="How is it paid?" default="f4"/>
    <sequenceFlow id="f3" name="on credit" sourceRef="choice" targetRef="pay">
      <conditionExpression>${{credit}}</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="f4" name="in advance" sourceRef="choice" targetRef="pack"/>
    <serviceTask id="pay" name="Ask the bank" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
        camunda:expression="${{true}}"/>
    <sequenceFlow id="f5" sourceRef="pay" targetRef="pack"/>
    <userTask id="pack" name="Pack">
      <dataInputAssociation id="d1"><sourceRef>list</sourceRef><targetRef>x</targetRef></dataInputAssociation>
    </userTask>
    <sequenceFlow id="f6" sourceRef="pack" targetRef="deliver"/>
    <userTask id="deliver" name="Deliver"/><sequenceFlow id="f7" sourceRef="deliver" targetRef="end"/>
    <sequenceFlow id="f8" name="came back" sourceRef="deliver" targetRef="accept">
      <conditionExpression>${{again}}</conditionExpression>
    </sequenceFlow>
    <endEvent id="end" name="Done"/>
    <subProcess id="refund" name="Refund" triggeredByEvent="true">
      <startEvent id="cancelled"><signalEventDefinition signalRef="s"/></startEvent>
      <sequenceFlow id="g1" sourceRef="cancelled" targetRef="back"/>
      <userTask id="back" name="Pay back"/>
    </subProcess>
    <dataObject id="data"/><dataObjectReference id="list" name="Packing list" dataObjectRef="data"/>
    <textAnnotation id="remark"><text>Only what fits into one parcel; the rest is another order.</text></textAnnotation>
    <association id="a1" sourceRef="pack" targetRef="remark"/>
  </process>
  <process id="lend" isExecutable="false">
    <startEvent id="asked"/><sequenceFlow id="h1" sourceRef="asked" targetRef="look"/><userTask id="look" name="Look"/>
  </process>
  <signal id="s" name="cancelled"/>
</definitions>"""

HARD = f"""{_HEAD}
  <process id="hard" name="Hard" isExecutable="true">
    <startEvent id="start" name="Claim received"/><sequenceFlow id="f1" sourceRef="start" targetRef="read"/>
    <userTask id="read" name="Read the claim"/><sequenceFlow id="f2" sourceRef="read" targetRef="fork"/>
    <parallelGateway id="fork"/>
    <sequenceFlow id="f3" sourceRef="fork" targetRef="assess"/><sequenceFlow id="f4" sourceRef="fork" targetRef="book"/>
    <sequenceFlow id="f5" sourceRef="fork" targetRef="ask"/>
    <subProcess id="assess" name="Assess the damage">
      <startEvent id="a1"/><sequenceFlow id="g1" sourceRef="a1" targetRef="visit"/>
      <userTask id="visit" name="Visit"/><sequenceFlow id="g2" sourceRef="visit" targetRef="enough"/>
      <exclusiveGateway id="enough" name="Enough seen?"/>
      <sequenceFlow id="g3" name="no" sourceRef="enough" targetRef="visit">
        <conditionExpression>${{more}}</conditionExpression>
      </sequenceFlow>
      <sequenceFlow id="g4" name="yes" sourceRef="enough" targetRef="report"/>
      <subProcess id="report" name="Write the report">
        <startEvent id="r1"/><sequenceFlow id="h1" sourceRef="r1" targetRef="write"/>
        <userTask id="write" name="Write"/><sequenceFlow id="h2" sourceRef="write" targetRef="r2"/><endEvent id="r2"/>
      </subProcess>
      <sequenceFlow id="g5" sourceRef="report" targetRef="a2"/><endEvent id="a2"/>
    </subProcess>
    <boundaryEvent id="slow" name="Two weeks" attachedToRef="assess" cancelActivity="false">
      <timerEventDefinition><timeDuration>P14D</timeDuration></timerEventDefinition>
    </boundaryEvent>
    <boundaryEvent id="lie" name="Is a lie" attachedToRef="assess"><errorEventDefinition/></boundaryEvent>
    <sequenceFlow id="f6" sourceRef="slow" targetRef="remind"/><userTask id="remind" name="Remind"/>
    <sequenceFlow id="f7" sourceRef="lie" targetRef="refuse"/><userTask id="refuse" name="Refuse"/>
    <userTask id="book" name="Book a car"/>
    <boundaryEvent id="undo" attachedToRef="book"><compensateEventDefinition/></boundaryEvent>
    <serviceTask id="unbook" name="Cancel the car" isForCompensation="true"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:expression="${{true}}"/>
    <association id="c1" associationDirection="One" sourceRef="undo" targetRef="unbook"/>
    <userTask id="ask" name="Ask for papers"/><sequenceFlow id="f8" sourceRef="ask" targetRef="wait"/>
    <eventBasedGateway id="wait"/>
    <sequenceFlow id="f9" sourceRef="wait" targetRef="came"/>
    <sequenceFlow id="f10" sourceRef="wait" targetRef="week"/>
    <intermediateCatchEvent id="came" name="Papers are there"><messageEventDefinition messageRef="papers"/>
    </intermediateCatchEvent>
    <intermediateCatchEvent id="week" name="A week later">
      <timerEventDefinition><timeDuration>P7D</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <sequenceFlow id="f11" sourceRef="week" targetRef="ask"/>
    <sequenceFlow id="f12" sourceRef="assess" targetRef="join"/>
    <sequenceFlow id="f13" sourceRef="book" targetRef="join"/>
    <sequenceFlow id="f14" sourceRef="came" targetRef="join"/>
    <parallelGateway id="join"/><sequenceFlow id="f15" sourceRef="join" targetRef="good"/>
    <exclusiveGateway id="good" name="Is the claim good?"/>
    <sequenceFlow id="f16" name="it is" sourceRef="good" targetRef="pay">
      <conditionExpression>${{good}}</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="f17" name="something is missing" sourceRef="good" targetRef="read">
      <conditionExpression>${{missing}}</conditionExpression>
    </sequenceFlow>
    <sequenceFlow id="f18" name="it is not" sourceRef="good" targetRef="refuse"/>
    <callActivity id="pay" name="Pay" calledElement="payment"/>
    <sequenceFlow id="f19" sourceRef="pay" targetRef="paid"/><endEvent id="paid" name="Paid"/>
    <sequenceFlow id="f20" sourceRef="refuse" targetRef="refused"/><endEvent id="refused" name="Refused"/>
    <subProcess id="withdrawn" name="Claim withdrawn" triggeredByEvent="true">
      <startEvent id="w1" name="Withdrawn"><messageEventDefinition messageRef="withdrawal"/></startEvent>
      <sequenceFlow id="k1" sourceRef="w1" targetRef="w2"/><userTask id="w2" name="Close the file"/>
    </subProcess>
    <dataStoreReference id="archive" name="Archive"/>
    <textAnnotation id="note"><text>By law within two weeks of the day on which it was received</text></textAnnotation>
    <association id="n1" sourceRef="assess" targetRef="note"/>
  </process>
  <message id="papers" name="papers"/><message id="withdrawal" name="withdrawal"/>
</definitions>"""

CLOSED = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="test"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">
  <process id="closed" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="sub"/>
    <subProcess id="sub" name="More">
      <startEvent id="begin"/><sequenceFlow id="g1" sourceRef="begin" targetRef="inside"/>
      <userTask id="inside" name="Inside"/>
    </subProcess>
  </process>
  <bpmndi:BPMNDiagram id="one"><bpmndi:BPMNPlane id="plane1" bpmnElement="closed">
    <bpmndi:BPMNShape id="s1" bpmnElement="start"><dc:Bounds x="0" y="22" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s2" bpmnElement="sub" isExpanded="false">
      <dc:Bounds x="100" y="0" width="100" height="80"/>
    </bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
  <bpmndi:BPMNDiagram id="two"><bpmndi:BPMNPlane id="plane2" bpmnElement="sub">
    <bpmndi:BPMNShape id="s3" bpmnElement="begin"><dc:Bounds x="0" y="22" width="36" height="36"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape id="s4" bpmnElement="inside"><dc:Bounds x="100" y="0" width="100" height="80"/></bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>"""


def _long(count: int) -> str:
    """A process with that many elements, which branches and joins all along."""
    parts = ['<startEvent id="start"/>']
    before = "start"
    for number in range(count // 4):
        split, left, right, join = (f"{kind}{number}" for kind in ("split", "left", "right", "join"))
        parts.append(f'<parallelGateway id="{split}"/><parallelGateway id="{join}"/>')
        parts.append(f'<userTask id="{left}" name="Left {number}"/><userTask id="{right}" name="Right {number}"/>')
        for source, target in ((before, split), (split, left), (split, right), (left, join), (right, join)):
            parts.append(f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>')
        before = join
    return f'{_HEAD}<process id="long" isExecutable="true">{"".join(parts)}</process></definitions>'


@pytest.mark.parametrize("look", LOOKS)
@FROM_NO_DATABASE
def test_pools_lanes_and_messages_are_drawn_that_have_no_drawing(
    open_context: Callable[..., BrowserContext], site: Site, look: str
) -> None:
    site.engine.deployments.deploy({"sell.bpmn": POOLS.encode()}, name="pools")
    page = open_context(look).new_page()
    page.goto("/processes/sell")
    for element in ("shop", "buyer", "bank", "sales", "house", "store", "money", "deliver", "silent", "back", "list"):
        expect(page.locator(f".djs-shape[data-element-id={element}]")).to_have_count(1)
    for flow in ("f3", "f8", "f9", "m1", "m2", "m3", "a1", "d1"):
        expect(page.locator(f".djs-connection[data-element-id={flow}]")).to_have_count(1)
    shoot(page, f"diagram-pools-{look}")


@FROM_NO_DATABASE
def test_a_hard_model_is_drawn_that_has_no_drawing(page: Page, site: Site) -> None:
    site.engine.deployments.deploy({"hard.bpmn": HARD.encode()}, name="hard")
    page.goto("/processes/hard")
    for element in ("assess", "report", "write", "slow", "lie", "unbook", "withdrawn", "archive", "note"):
        expect(page.locator(f".djs-shape[data-element-id={element}]")).to_have_count(1)
    for flow in ("f11", "f17", "g3", "c1", "n1"):
        expect(page.locator(f".djs-connection[data-element-id={flow}]")).to_have_count(1)
    shoot(page, "diagram-hard-light")


@FROM_NO_DATABASE
def test_a_large_model_is_drawn_and_begins_where_it_begins(page: Page, site: Site) -> None:
    site.engine.deployments.deploy({"long.bpmn": _long(400).encode()}, name="long")
    site.engine.process_instances.start(key="long")
    page.goto("/processes/long")
    expect(page.locator(".djs-shape[data-element-id=join99]")).to_have_count(1)
    expect(page.locator(".djs-shape[data-element-id=start]")).to_be_in_viewport()
    expect(page.locator(".djs-overlays[data-container-id=left0] .tokens")).to_have_text("1")
    shoot(page, "diagram-large-light")
    page.get_by_role("button", name="Whole diagram").click()
    expect(page.locator(".djs-shape[data-element-id=join99]")).to_be_in_viewport()


@FROM_NO_DATABASE
def test_the_inside_of_a_closed_sub_process_is_shown(page: Page, site: Site) -> None:
    site.engine.deployments.deploy({"closed.bpmn": CLOSED.encode()}, name="closed")
    site.engine.process_instances.start(key="closed")
    page.goto("/processes/closed")
    page.locator(".bjs-drilldown").click()
    expect(page.locator(".djs-shape[data-element-id=inside]")).to_be_visible()
    expect(page.locator(".djs-overlays[data-container-id=inside] .tokens")).to_have_text("1")
    page.get_by_role("link", name="closed").click()
    expect(page.locator(".djs-shape[data-element-id=sub]")).to_be_visible()
