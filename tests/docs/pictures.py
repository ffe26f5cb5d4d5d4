"""Pictures of models for the pages about elements: flowcharts in Mermaid, which many viewers of Markdown draw."""

from __future__ import annotations

import re

from bpmn.model import Element, Kind, Process, Trigger
from bpmn.reader import read

MODEL = re.compile(r"^```xml\n(<definitions [^>]*/BPMN/.*?)^```\n", re.MULTILINE | re.DOTALL)
DECISIONS = re.compile(r"^```xml\n(<definitions [^>]*/DMN/.*?)^```\n", re.MULTILINE | re.DOTALL)
"""The models on a page, and the files of decisions that they ask."""
_PICTURE = re.compile(r"^```mermaid\nflowchart .*?^```\n\n", re.MULTILINE | re.DOTALL)

EVENTS = {Kind.START_EVENT, Kind.INTERMEDIATE_CATCH_EVENT, Kind.INTERMEDIATE_THROW_EVENT, Kind.BOUNDARY_EVENT}
MARKS = {
    Kind.EXCLUSIVE_GATEWAY: "×",
    Kind.PARALLEL_GATEWAY: "+",
    Kind.INCLUSIVE_GATEWAY: "○",
    Kind.COMPLEX_GATEWAY: "✱",
    Kind.EVENT_BASED_GATEWAY: "⬠",
}
SYMBOLS = {
    Trigger.MESSAGE: "✉",
    Trigger.TIMER: "⏱",
    Trigger.SIGNAL: "△",
    Trigger.ERROR: "↯",
    Trigger.ESCALATION: "⇧",
    Trigger.CONDITIONAL: "☰",
    Trigger.LINK: "⇨",
    Trigger.COMPENSATION: "◁◁",
    Trigger.CANCEL: "✕",
    Trigger.TERMINATE: "●",
}


def page_with_pictures(page: str) -> str:
    """The page with a picture before each of its models, made anew."""
    bare = _PICTURE.sub("", page)
    return MODEL.sub(lambda found: f"{picture(found[1])}\n{found[0]}", bare)


def picture(model: str) -> str:
    """A flowchart of the processes of a model, as a block of Markdown."""
    definitions, _ = read(model.encode(), "page.bpmn")
    assert definitions is not None
    lines = ["flowchart LR"]
    for process in definitions.processes:
        lines += _inside(process, process.children, "  ")
        lines += [
            f"  {_name(flow.source)} -->{_label(flow.name or (flow.condition.text if flow.condition else ''))} "
            f"{_name(flow.target)}"
            for flow in process.flows.values()
        ]
        for element in process.elements.values():
            if element.attached_to is not None:
                lines.append(f"  {_name(element.attached_to)} -.- {_name(element.id)}")
            if element.compensation_handler is not None:
                lines.append(f"  {_name(element.id)} -.-> {_name(element.compensation_handler)}")
    return "\n".join(["```mermaid", *lines, "```", ""])


def _inside(process: Process, ids: tuple[str, ...], indent: str) -> list[str]:
    lines = []
    for id in ids:
        element = process.elements[id]
        if element.children and element.kind not in (Kind.MULTI_INSTANCE, Kind.STANDARD_LOOP):
            lines.append(f'{indent}subgraph {_name(id)}["{_text(element)}"]')
            lines += [*_inside(process, element.children, indent + "  "), f"{indent}end"]
        else:
            lines.append(f"{indent}{_name(id)}{_shape(process, element)}")
    return lines


def _shape(process: Process, element: Element) -> str:
    if element.kind in EVENTS:
        return f'(("{_text(element)}"))'
    if element.kind is Kind.END_EVENT:
        return f'((("{_text(element)}")))'
    if element.kind in MARKS:
        return f'{{"{MARKS[element.kind]}"}}'
    if element.kind is Kind.MULTI_INSTANCE and element.multi_instance is not None:
        mark = "≡" if element.multi_instance.is_sequential else "|||"
        return f'["{_text(process.elements[element.children[0]])} {mark}"]'
    if element.kind is Kind.STANDARD_LOOP:
        return f'["{_text(process.elements[element.children[0]])} ↻"]'
    return f'["{_text(element)}"]'


def _text(element: Element) -> str:
    events = element.events or ((element.message,) if element.message else ())
    symbols = " ".join(SYMBOLS[event.trigger] for event in events)
    return f"{symbols} {element.name or element.written_id}".strip().replace('"', "'")


def _name(id: str) -> str:
    """Mermaid takes some words, such as `end`, for its own."""
    return "n_" + re.sub(r"\W", "_", id)


def _label(text: str) -> str:
    return f'|"{text}"|' if text else ""
