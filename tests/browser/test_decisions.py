"""Decisions: their list, rules and how often they matched, a form that tries them, evaluations and versions."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, Site, shoot, violations

DISCOUNT = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="prices" name="Prices"
  namespace="test">
  <decision id="discount" name="Discount">
    <informationRequirement id="needs"><requiredDecision href="#size"/></informationRequirement>
    <informationRequirement id="wants"><requiredInput href="#who"/></informationRequirement>
    <decisionTable id="table" hitPolicy="FIRST">
      <input id="customer" label="Customer">
        <inputExpression id="e1" typeRef="string"><text>customer</text></inputExpression></input>
      <input id="large" label="Size">
        <inputExpression id="e2" typeRef="string"><text>size</text></inputExpression></input>
      <output id="percent" label="Discount in percent" name="percent" typeRef="integer"/>
      <rule id="newcomer"><description>They shall come again</description>
        <inputEntry id="n1"><text>"new"</text></inputEntry><inputEntry id="n2"><text/></inputEntry>
        <outputEntry id="n3"><text>5</text></outputEntry></rule>
      <rule id="big"><inputEntry id="b1"><text/></inputEntry><inputEntry id="b2"><text>"large"</text></inputEntry>
        <outputEntry id="b3"><text>10</text></outputEntry></rule>
      <rule id="rest"><inputEntry id="r1"><text/></inputEntry><inputEntry id="r2"><text/></inputEntry>
        <outputEntry id="r3"><text>0</text></outputEntry></rule>
    </decisionTable>
  </decision>
  <decision id="size" name="Size of the order"><variable id="v" name="size" typeRef="string"/>
    <literalExpression id="x"><text>if amount >= 1000 then "large" else "small"</text></literalExpression>
  </decision>
  <inputData id="who" name="customer"><variable id="w" name="customer" typeRef="string"/></inputData>
</definitions>"""

BOXES = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="boxes" name="Boxes" namespace="test">
  <decision id="offer" name="Offer"><variable id="v" name="offer" typeRef="Any"/>
    <knowledgeRequirement id="k"><requiredKnowledge href="#rebate"/></knowledgeRequirement>
    <context id="c">
      <contextEntry id="e1"><variable id="v1" name="Net price" typeRef="number"/>
        <invocation id="i"><literalExpression id="l1"><text>Rebate</text></literalExpression>
          <binding><parameter id="p1" name="price" typeRef="number"/>
            <literalExpression id="l2"><text>sum(prices)</text></literalExpression></binding></invocation>
      </contextEntry>
      <contextEntry id="e2"><variable id="v2" name="Ways to pay"/>
        <relation id="r"><column id="c1" name="way" typeRef="string"/><column id="c2" name="fee" typeRef="number"/>
          <row id="r1"><literalExpression id="l3"><text>"card"</text></literalExpression>
            <literalExpression id="l4"><text>2</text></literalExpression></row>
          <row id="r2"><literalExpression id="l5"><text>"transfer"</text></literalExpression>
            <literalExpression id="l6"><text>0</text></literalExpression></row></relation>
      </contextEntry>
      <contextEntry id="e3"><variable id="v3" name="Grade" typeRef="string"/>
        <decisionTable id="t" hitPolicy="UNIQUE">
          <input id="t1"><inputExpression id="t2"><text>Net price</text></inputExpression></input>
          <output id="t3" name="grade"/>
          <rule id="t4"><inputEntry id="t5"><text>&gt; 100</text></inputEntry>
            <outputEntry id="t6"><text>"gold"</text></outputEntry></rule></decisionTable>
      </contextEntry>
      <contextEntry id="e4">
        <literalExpression id="l"><text>{price: Net price, grade: Grade, way: Ways to pay[1]}</text></literalExpression>
      </contextEntry>
    </context>
  </decision>
  <businessKnowledgeModel id="rebate" name="Rebate"><variable id="v4" name="Rebate"/>
    <encapsulatedLogic id="f"><formalParameter id="f1" name="price" typeRef="number"/>
      <literalExpression id="l8"><text>price * 0.9</text></literalExpression></encapsulatedLogic>
  </businessKnowledgeModel>
</definitions>"""

SALE = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <process id="sale" name="Sale" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="decide"/>
    <businessRuleTask id="decide" name="Decide on the discount" camunda:decisionRef="discount"
      camunda:mapDecisionResult="singleEntry" camunda:resultVariable="discount"/>
    <sequenceFlow id="f2" sourceRef="decide" targetRef="sell"/>
    <userTask id="sell" name="Sell"/><sequenceFlow id="f3" sourceRef="sell" targetRef="end"/><endEvent id="end"/>
  </process>
</definitions>"""


@pytest.fixture
def sold(site: Site) -> int:
    """Two versions of a discount, of which the first was granted to two instances; gives the id of the first one."""
    site.engine.deployments.deploy({"prices.dmn": DISCOUNT.encode(), "sale.bpmn": SALE.encode()})
    first = site.engine.process_instances.start(key="sale", variables={"customer": "new", "amount": 10})
    site.engine.process_instances.start(key="sale", variables={"customer": "old", "amount": 5000})
    changed = DISCOUNT.replace("<text>10</text>", "<text>15</text>").replace("<text>0</text>", "<text>1</text>")
    site.engine.deployments.deploy({"prices.dmn": changed.encode()})
    return first.id


@pytest.mark.parametrize("look", LOOKS)
def test_a_decision_is_found_tried_and_compared(
    open_context: Callable[..., BrowserContext], site: Site, sold: int, look: str
) -> None:
    page = open_context(look).new_page()
    page.goto("/tasks")
    expect(page.get_by_role("link", name="Decisions")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("d")
    table = page.get_by_role("region", name="List of decisions")
    expect(table.get_by_role("row", name="Discount discount")).to_contain_text("2")
    shoot(page, f"decisions-{look}")
    assert violations(page) == []
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("menuitemcheckbox", name="Last deployed").click()
    page.keyboard.press("Escape")
    expect(table.get_by_role("columnheader", name="Last deployed")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("count")
    expect(table.get_by_role("row")).to_have_count(2)
    table.get_by_role("link", name="Discount").click()

    rules = page.get_by_role("region", name="Rules")
    expect(rules.get_by_role("row", name="They shall come again")).to_be_visible()
    form = page.get_by_role("region", name="Try it")
    expect(form).to_contain_text("Not given: customer, amount")
    form.get_by_label("Customer (customer)").fill("old")
    form.get_by_role("textbox", name="amount").fill("1200")
    form.get_by_label("Type of amount").select_option("Integer")
    form.get_by_role("button", name="Evaluate").click()
    expect(form.get_by_role("status", name="Result")).to_contain_text("15")
    expect(form.get_by_role("status", name="Result")).to_contain_text("By rule 2.")
    expect(form.get_by_role("status", name="Result")).to_contain_text("Size of the order: large")
    expect(rules.locator("tr[aria-current]")).to_contain_text('"large"')
    expect(rules.get_by_role("columnheader", name="Customer")).to_contain_text("= old")
    shoot(page, f"decision-tried-{look}")
    assert violations(page) == []
    form.get_by_role("textbox", name="amount").fill("much")
    form.get_by_role("button", name="Evaluate").click()
    expect(form.get_by_role("alert")).to_contain_text("A whole number")

    page.get_by_role("tab", name="Versions").click()
    page.get_by_role("button", name="Compare with 2").click()
    dialog = page.get_by_role("dialog", name="What is different in Discount")
    expect(dialog.get_by_role("list")).to_contain_text('Rule 2: -, "large" → 15')
    shoot(page, f"decision-versions-{look}")
    assert violations(page) == []
    dialog.get_by_role("button", name="Close").click()

    page.get_by_role("tab", name="Requirements").click()
    expect(page.get_by_role("group", name="What requires what")).to_contain_text("customer")
    shoot(page, f"decision-requirements-{look}")
    assert violations(page) == []
    page.get_by_role("link", name="Open Size of the order").click()
    expect(page.get_by_label("Expression of Size of the order")).to_contain_text("if amount >= 1000")

    site.engine.deployments.deploy({"boxes.dmn": BOXES.encode()})
    page.goto("/decisions/offer")
    page.get_by_text("Rebate(price)").click()
    boxes = page.get_by_role("table", name="Offer", exact=True)
    ways = boxes.get_by_role("row", name="Ways to pay").get_by_role("table", name="Offer, Ways to pay")
    expect(ways.get_by_role("row", name="2")).to_contain_text('"card"')
    expect(boxes.get_by_role("group", name="Rules of Offer, Grade")).to_contain_text('"gold"')
    expect(page.get_by_role("table", name="Rebate")).to_contain_text("price * 0.9")
    expect(page.get_by_role("region", name="Try it")).to_contain_text("Not given: prices. ")
    shoot(page, f"decision-boxes-{look}")
    assert violations(page) == []


def test_what_was_decided_leads_to_where_and_back(page: Page, site: Site, sold: int) -> None:
    page.goto("/decisions/discount?version=1")
    rules = page.get_by_role("region", name="Rules")
    expect(rules.get_by_role("status")).to_have_text("2 evaluations, 1 rule never matched")
    expect(rules.get_by_role("row", name="3 Never")).to_be_visible()
    evaluations = page.get_by_role("tabpanel", name="Evaluations")
    expect(evaluations.get_by_role("row")).to_have_count(3)
    first = site.engine.queries.decision_definitions.list({"key": "discount", "version": 1})[0]
    site.engine.decisions.evaluate(decision_id=first.id, variables={"customer": "new", "amount": 2})
    evaluations.get_by_role("button", name="1 new").click()
    expect(evaluations.get_by_role("row")).to_have_count(4)
    expect(rules.get_by_role("status")).to_have_text("3 evaluations, 1 rule never matched")
    made = evaluations.get_by_role("row", name="percent = 5").filter(has=page.get_by_role("link", name="sale"))
    expect(made).to_contain_text("Customer = new, Size = small")
    evaluations.get_by_role("button", name="Save the list").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="As CSV").click()
    with saved.value.path().open(newline="") as file:
        head, *lines = [row[1:6] for row in csv.reader(file)]
    assert head == ["Inputs (Customer, Size)", "Outputs (Discount in percent)", "Taken together", "Rules", "Process"]
    assert sorted(lines) == [
        ["new, small", "5", "", "newcomer", ""],
        ["new, small", "5", "", "newcomer", "sale"],
        ["old, large", "10", "", "big", "sale"],
    ]
    made.get_by_role("link").first.click()
    expect(page.locator(".decision-looked")).to_contain_text("by an instance of sale")
    expect(rules.locator("tr[aria-current]")).to_contain_text("They shall come again")
    shoot(page, "decision-evaluation-light")
    assert violations(page) == []
    page.get_by_label("Since when").select_option("The last day")
    expect(rules.get_by_role("status")).to_have_text("3 evaluations, 1 rule never matched")

    page.get_by_role("link", name="an instance of sale").click()
    page.get_by_role("button", name="What it decided").click()
    decided = page.get_by_role("tabpanel", name="Decisions")
    expect(decided.get_by_role("row", name="Customer = new")).to_contain_text("percent = 5")
    expect(decided.get_by_role("row", name="Size of the order")).to_contain_text("small")
    expect(decided.get_by_role("row", name="Size of the order")).to_contain_text("Decide on the discount")
    shoot(page, "instance-decisions-light")
    assert violations(page) == []
    decided.get_by_role("row", name="Customer = new").get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"{site.url}/decisions/discount\?version=1&evaluation=\d+$"))
    expect(rules.locator("tr[aria-current]")).to_contain_text("They shall come again")

    first = min(each.id for each in site.engine.queries.deployments.list())
    page.goto(f"/deployments?deployment={first}")
    drawer = page.get_by_role("dialog", name="Deployment")
    drawer.get_by_role("button", name="prices.dmn", exact=True).click()
    expect(drawer.get_by_role("region", name="Discount")).to_contain_text("They shall come again")
    assert violations(page) == []
    shoot(page, "deployment-decisions-light")
    drawer.get_by_role("link", name="Discount, version").click()
    expect(page.get_by_role("heading", name="Discount", level=1)).to_be_visible()
