"""Attribute and element texts in, expressions and plain values out."""

from __future__ import annotations

from bpmn.model import Expression, Place
from bpmn.xml import Node

_SCRIPT_LANGUAGES = {
    "js": "javascript",
    "ecmascript": "javascript",
    "application/javascript": "javascript",
    "text/javascript": "javascript",
    "application/ecmascript": "javascript",
    "text/ecmascript": "javascript",
    "text/x-groovy": "groovy",
    "application/groovy": "groovy",
    "text/x-python": "python",
    "application/python": "python",
    "python3": "python",
    "jython": "python",
    "application/x-feel": "feel",
    "http://www.javascript.com/javascript": "javascript",
    "http://www.java.com/java": "java",
    "http://www.mvel.org/2.0": "mvel",
    "http://www.jboss.org/drools/rule": "drools",
    "unary-tests": "feel",
}
"""Other names of a script language (Java Scripting, media types, jBPM's addresses) to the one that the model uses."""

EXPRESSION_LANGUAGES = frozenset({"juel", "feel"})


def language(name: str) -> str:
    """The model's name of a `language` or `scriptFormat` attribute: lower case, aliases and namespaces resolved."""
    lower = name.strip().lower()
    if "feel" in lower and lower.startswith("http"):
        return "feel"
    if lower in ("uel", "el", "jsp", "http://java.sun.com/products/jsp/"):
        return "juel"
    return _SCRIPT_LANGUAGES.get(lower, lower)


def is_dynamic(text: str) -> bool:
    """Has the text a `${...}` or `#{...}` part?"""
    return "${" in text or "#{" in text


def juel(text: str, place: Place) -> Expression:
    """Text of a Camunda 7 attribute: `${...}` parts are expressions, the rest is constant."""
    return Expression(text, "juel", place=place)


def zeebe(text: str, place: Place) -> Expression:
    """Text of a Camunda 8 attribute: FEEL after a leading `=`, else a constant."""
    stripped = text.strip()
    if stripped.startswith("="):
        return Expression(stripped[1:].strip(), "feel", place=place)
    if is_dynamic(text):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"')
        return Expression(f'"{quoted}"', "feel", place=place)
    return Expression(text, "juel", place=place)


def expression(text: str, default_language: str, place: Place) -> Expression:
    """Text of an attribute in a model whose default language is "juel" or "feel"."""
    return zeebe(text, place) if default_language == "feel" else juel(text, place)


def element_expression(node: Node | None, default_language: str) -> Expression | None:
    """A formal expression element (BPMN 2.0.2, 8.4.7): its own `language`, else the model's; None if it has no text.

    `camunda:resource` names a deployed file in place of the text.
    """
    if node is None:
        return None
    resource = node.get("camunda:resource")
    text = node.text.strip()
    if not text and resource is None:
        return None
    named = node.get("language")
    if named is None or (is_dynamic(text) and named.startswith("http")):
        return expression(text, default_language, node.place)
    lang = language(named)
    if lang == "feel":
        text = text.removeprefix("=").strip()
    return Expression(text, lang, lang not in EXPRESSION_LANGUAGES, resource, node.place)


def optional(text: str | None, default_language: str, place: Place) -> Expression | None:
    """An attribute's expression; None if the attribute is absent or empty."""
    return expression(text, default_language, place) if text else None


def flag(text: str | None, default: bool = False) -> bool:
    """xsd:boolean, and Java's reading of it ("TRUE"); anything else but "true" and "1" is false."""
    return default if text is None else text.strip().lower() in ("true", "1")


def comma_separated(text: str) -> list[str]:
    """Split at the commas outside of `{...}`, blanks trimmed, empty parts left out (Camunda's candidate lists)."""
    if "," not in text:
        return [text.strip()] if text.strip() else []
    parts, depth, start = [], 0, 0
    for index, character in enumerate(text):
        if character == "{":
            depth += 1
        elif character == "}":
            depth = max(0, depth - 1)
        elif character == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def local_name(reference: str | None) -> str | None:
    """A QName-valued attribute without its prefix: ids are unique in a file, whatever the prefix."""
    return reference.strip().rpartition(":")[2] if reference and reference.strip() else None
