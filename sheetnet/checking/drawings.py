"""Charts and other drawings of a sheet, as every program would agree on them: facts by name, each a few words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from sheetnet.book.package import Package
from sheetnet.checking.canonical import canonical
from sheetnet.checking.styles import number_code
from sheetnet.checking.xml import anywhere, attribute, children, each, inside, local, switch, tree, value, whole, words

_SIDES = {"b": "across", "l": "up", "t": "across, above", "r": "up, to the right"}
SMALL = 600  # hundredths of a point
FAINT = 40  # percent, below which a colour counts as hard to see
# What nothing of ours has, and what changes or hides what a chart says
_ADDED = (
    "trendline", "errBars", "dPt", "upDownBars", "hiLowLines", "dropLines", "legendEntry", "dispUnits", "userShapes",
    "dTable", "view3D", "gradFill", "blipFill", "pattFill",
)  # fmt: skip


@dataclass(frozen=True)
class Drawing:
    """A chart (facts by name) or something else that lies over the cells; corners: columns and rows, from 0.

    points: a range of cells as it is written, and the numbers that the chart keeps of it, by their place in it.
    """

    title: str
    corners: tuple[int, ...]
    facts: dict[str, str] = field(default_factory=dict)
    points: tuple[tuple[str, dict[int, str]], ...] = ()


def drawings(package: Package, part: str) -> tuple[list[Drawing], int]:
    """The charts of a sheet's drawing part, and how much else lies on it."""
    parts, targets = package.parts, package.relations(part)
    facts: dict[str, dict[str, str]] = {}  # of each chart's part
    points: dict[str, tuple[tuple[str, dict[int, str]], ...]] = {}
    charts, others = [], 0
    for anchor in children(tree(parts, part)):
        found = [targets[id] for one in anywhere(anchor, "chart") if (id := attribute(one, "id")) in targets]
        corners = tuple(whole(node.text) for end in ("from", "to") for node in _corner(inside(anchor, end)))
        chart = next((one.part for one in found if one.kind == "chart"), "")
        if chart not in facts and (root := tree(parts, chart)) is not None:
            facts[chart], points[chart] = _facts(root), tuple(_points(root))
        if chart in facts:
            charts.append(Drawing(facts[chart]["title"], corners, facts[chart], points[chart]))
        else:
            others += 1
    return charts, others


def _corner(end: Element | None) -> list[Element]:
    return [node for name in ("col", "row") if (node := inside(end, name)) is not None]


def _facts(root: Element) -> dict[str, str]:
    chart = inside(root, "chart")
    plot = inside(chart, "plotArea")
    legend = inside(chart, "legend")
    facts = {
        "title": words(inside(chart, "title")),
        "kind": "none",
        "legend": "none" if legend is None else value(legend, "legendPos", "r"),
        "rows that are hidden": "left out" if switch(chart, "plotVisOnly", absent=True) else "drawn",
    }
    facts |= _background(root, plot) | {"letters": _letters(chart)}
    kinds, number = [], 0
    for group in children(plot):
        name, series = local(group), list(each(group, "ser"))
        if series:
            kinds.append(f"{name} {value(group, 'barDir')} {value(group, 'grouping', 'standard')[:8]}".strip())
        for one in series:
            number += 1
            facts |= {f"series {number}, {key}": what for key, what in _series(one, "bar" in name).items()}
    facts["kind"] = ", ".join(kinds) or "none"
    axes = [one for one in (children(plot)) if one.tag.endswith(("valAx", "catAx", "dateAx", "serAx"))]
    for one in axes:
        side = _SIDES.get(value(one, "axPos"), "")
        facts |= {f"axis {side}, {key}": what for key, what in _axis(one).items()}
    facts["axes"] = str(len(axes))
    facts["added"] = ", ".join(name for name in _ADDED if next(anywhere(root, name), None) is not None) or "nothing"
    return facts


def _points(root: Element) -> Iterator[tuple[str, dict[int, str]]]:
    """Each range of numbers that a chart reads, and those that it keeps, by their place."""
    for one in anywhere(root, "numRef"):
        kept = {
            whole(attribute(point, "idx")): (found.text or "")
            for point in anywhere(inside(one, "numCache"), "pt")
            if (found := inside(point, "v")) is not None
        }
        reference = inside(one, "f")
        if kept and reference is not None:
            yield reference.text or "", kept


def _series(one: Element, bars: bool) -> dict[str, str]:
    shape, name = inside(one, "spPr"), inside(one, "tx")
    reference = next(anywhere(name, "f"), None)
    literal = next(anywhere(name, "v"), None)
    said = reference if reference is not None else literal
    title = (said.text or "").strip('"') if said is not None else ""
    across, up = (_reference(inside(one, a) if inside(one, a) is not None else inside(one, b)) for a, b in _AXES)
    labels = inside(one, "dLbls")
    return {
        "name": title,
        "across": across,
        "up": up,
        "colour": _colour(shape) or "automatic" if bars else _line(inside(shape, "ln")),
        "marker": _marker(inside(one, "marker")),
        "between its points": "a curve" if switch(one, "smooth") else "straight",
        "labels": "shown" if any(switch(labels, n) for n in ("showVal", "showCatName", "showSerName")) else "none",
    }


_AXES = (("xVal", "cat"), ("yVal", "val"))


def _reference(node: Element | None) -> str:
    found = next(anywhere(node, "f"), None)
    return "numbers of its own" if found is None else canonical("=" + (found.text or "")).removeprefix("=")


def _colour(node: Element | None) -> str:
    if inside(node, "noFill") is not None:
        return "none"
    fill = inside(node, "solidFill")
    for name in ("srgbClr", "schemeClr"):
        if found := value(fill, name):
            opaque = value(inside(fill, name), "alpha") or "100000"
            seen = whole(opaque.removesuffix("%")) / (1 if opaque.endswith("%") else 1000)
            return found.upper() if seen >= FAINT else f"{found.upper()}, hardly seen"
    return ""


def _line(one: Element | None) -> str:
    """A line's colour, width in quarters of a point, and whether it is broken."""
    colour = _colour(one) or "automatic"
    if colour == "none":
        return colour
    dash = value(one, "prstDash", "solid") if inside(one, "custDash") is None else "dash"
    return f"{colour} {round(whole(attribute(one, 'w')) / 3175) / 4:g}{'' if dash == 'solid' else ' broken'}"


def _marker(one: Element | None) -> str:
    kind = value(one, "symbol", "automatic")
    return kind if kind == "none" else f"{kind} {value(one, 'size')} {_colour(inside(one, 'spPr'))}"


def _background(root: Element, plot: Element | None) -> dict[str, str]:
    """What lies behind the lines: white and nothing where it is not said."""
    behind, within = (_colour(inside(one, "spPr")) for one in (root, plot))
    return {"background": behind or "FFFFFF", "background of the lines": within or "none"}


def _letters(chart: Element | None) -> str:
    """How the letters of a chart are hard to read: too small, or not black."""
    said = [*anywhere(chart, "rPr"), *anywhere(chart, "defRPr")]
    small = any(0 < whole(one.get("sz")) < SMALL for one in said)
    colours = {_colour(one) for one in said} - {"", "000000"}
    return ", ".join(["small"] * small + sorted(colours)) or "black"


def _axis(one: Element) -> dict[str, str]:
    scale = inside(one, "scaling")
    return {
        "title": words(inside(one, "title")),
        "from": _number(value(scale, "min")),
        "to": _number(value(scale, "max")),
        "powers of": _number(value(scale, "logBase")) or "none",
        "direction": value(scale, "orientation", "minMax"),
        "shown": str(not switch(one, "delete")),
        "crosses": "elsewhere" if value(one, "crosses") == "max" else "where it begins",
        "numbers": "none" if value(one, "tickLblPos") == "none" else "shown",
        "number format": number_code(attribute(inside(one, "numFmt"), "formatCode", "General")),
    }


def _number(text: str) -> str:
    try:
        return f"{float(text):.15g}" if text else ""
    except ValueError:
        return text
