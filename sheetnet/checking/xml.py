"""The XML of a workbook's parts, as trees: names without their namespaces, flags in each program's spelling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from xml.etree.ElementTree import Element, ParseError, XMLParser, fromstring

from sheetnet.errors import WorkbookError

Parts = Mapping[str, bytes]


def tree(parts: Parts, name: str) -> Element | None:
    """The root of a part; None where the file has no such part.

    Raises: WorkbookError for damaged XML.
    """
    return parsed(parts[name], name) if name in parts else None


def parsed(content: bytes, name: str) -> Element:
    """The root of the part of that name, out of its XML. Raises: as tree."""
    try:
        return fromstring(content, XMLParser(encoding="utf-8"))  # as it was read first, whatever it says
    except (ParseError, ValueError, LookupError) as reason:
        raise WorkbookError(f"{name}: damaged XML ({reason}); build the workbook anew") from None


def local(node: Element) -> str:
    """A tag's name without its namespace."""
    return node.tag.rpartition("}")[2]


def children(node: Element | None) -> Iterable[Element]:
    """All children; none where there is no node."""
    return () if node is None else node


def inside(node: Element | None, name: str) -> Element | None:
    """The first child of that name; None where there is none."""
    return next(each(node, name), None)


def each(node: Element | None, name: str) -> Iterator[Element]:
    """The children of that name."""
    return (child for child in children(node) if local(child) == name)


def anywhere(node: Element | None, name: str) -> Iterator[Element]:
    """What has that name, however deep within."""
    return (child for child in (() if node is None else node.iter()) if local(child) == name)


def attribute(node: Element | None, name: str, default: str = "") -> str:
    """An attribute, of whatever namespace."""
    if node is None:
        return default
    found = node.get(name)
    if found is None:
        found = next((value for key, value in node.items() if key.rpartition("}")[2] == name), None)
    return default if found is None else found


def value(node: Element | None, name: str, default: str = "") -> str:
    """The attribute `val` of the first child of that name."""
    return attribute(inside(node, name), "val", default)


def switch(node: Element | None, name: str, absent: bool = False) -> bool:
    """Whether the first child of that name says yes, as it does where it has no `val`; absent: where there is none."""
    found = inside(node, name)
    return absent if found is None else flag(attribute(found, "val", "1"))


def flag(text: str | None) -> bool:
    """Whether an attribute says yes: 1, true or on."""
    return text in ("1", "true", "on")


def whole(text: str | None) -> int:
    """A count of up to nine digits; 0 for all else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def words(node: Element | None) -> str:
    """All texts within, one after the other."""
    return "".join(child.text or "" for child in anywhere(node, "t"))
