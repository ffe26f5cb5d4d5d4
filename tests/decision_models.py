"""Files of decisions for the tests."""

from __future__ import annotations

_HEAD = (
    '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
    'xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="{id}" name="{name}" namespace="{namespace}">'
)

DISCOUNT = (
    _HEAD.format(id="discountFile", name="Discounts", namespace="http://shop.test")
    + """
  <decision id="discount" name="Discount" camunda:historyTimeToLive="{days}" camunda:versionTag="{tag}">
    <decisionTable id="table" hitPolicy="{policy}">
      <input id="in" label="Amount"><inputExpression id="expression" typeRef="integer"><text>amount</text>
        </inputExpression></input>
      <output id="out" label="Percent" name="percent" typeRef="integer"/>
      <rule id="small"><inputEntry id="e1"><text>&lt; 100</text></inputEntry>
        <outputEntry id="o1"><text>0</text></outputEntry></rule>
      <rule id="large"><inputEntry id="e2"><text>&gt;= 100</text></inputEntry>
        <outputEntry id="o2"><text>5</text></outputEntry></rule>
      <rule id="huge"><inputEntry id="e3"><text>&gt;= 1000</text></inputEntry>
        <outputEntry id="o3"><text>10</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""
)


def discount(*, days: str = "5", tag: str = "v1", policy: str = "COLLECT") -> str:
    """One decision: an amount from 1000 on fits two of its rules."""
    return DISCOUNT.format(days=days, tag=tag, policy=policy)


GRADES = (
    _HEAD.format(id="grades", name="Grades", namespace="http://school.test")
    + """
  <decision id="sum" name="Sum" camunda:historyTimeToLive="P7D">
    <variable name="sum" typeRef="integer"/>
    <literalExpression id="adding"><text>first + second</text></literalExpression>
  </decision>
  <decision id="grade" name="Grade" camunda:historyTimeToLive="3">
    <informationRequirement id="needs"><requiredDecision href="#sum"/></informationRequirement>
    <decisionTable id="gradeTable" hitPolicy="COLLECT" aggregation="SUM">
      <input id="sumInput" label="Points"><inputExpression id="points" typeRef="integer"><text>sum</text>
        </inputExpression></input>
      <output id="mark" name="mark" typeRef="integer"/>
      <rule id="any"><inputEntry id="g1"><text></text></inputEntry><outputEntry id="m1"><text>1</text></outputEntry>
        </rule>
      <rule id="good"><inputEntry id="g2"><text>&gt; 10</text></inputEntry>
        <outputEntry id="m2"><text>2</text></outputEntry></rule>
    </decisionTable>
  </decision>
</definitions>"""
)
"""Two decisions, of which one needs the other."""
