"""Short forms that the sheets of lesson 3 share: a page, numbers, formulas, differences, lines of a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply
from sheetnet.page.book import Chart, Page, Role, Series


class Forms(Lesson):
    """How the sheets of this lesson are laid out."""

    def sheet(self, title: str, about: str, widths: dict[int, float], active: tuple[int, int]) -> Page:
        """A page, called as its title is up to the colon."""
        page = self.book.page(title.partition(":")[0], title, about, freeze=(2, 0))
        page.widths, page.active = widths, active
        return page

    def give(
        self, page: Page, id: str, value: Any, row: int, col: int, title: str, role: Role = "input", **more: Any
    ) -> Node:
        """A matrix of numbers, yellow unless its role says otherwise."""
        node = self.value(more.get("name") or id, value)
        page.place(id, node, row, col, role, title=title, **{"format": "plain", **more})
        return node

    def show(self, page: Page, id: str, node: Node, row: int, col: int, title: str, *kind: Any, **more: Any) -> Node:
        """A matrix of formulas; kind: "cells", and a role other than forward."""
        role, style = next((k for k in kind if k != "cells"), "forward"), "cells" if "cells" in kind else "array"
        more = {"format": "plain", "scale": None if more.get("format") == "text" else size_of(node), **more}
        page.place(id, node, row, col, role, style, title=title, **more)  # type: ignore[arg-type]
        return node

    def stack(
        self, page: Page, prefix: str, row: int, nodes: Mapping[str, tuple[str, Node]], *kind: Any, **more: Any
    ) -> None:
        """Formulas one under the other in column B, their titles in column A: {id: (title, node)}."""
        for i, (id, (title, node)) in enumerate(nodes.items()):
            self.show(page, f"{prefix}.{id}", node, row + i, 1, title, *kind, side=True, **more)

    def gap(self, page: Page, id: str, a: Node, b: Node, row: int, col: int, title: str, **more: Any) -> None:
        """The difference of two blocks that should be equal."""
        self.show(page, id, a - b, row, col, title, "cells", "result", format="diff", **more)

    def chart(
        self,
        page: Page,
        row: int,
        col: int,
        title: str,
        x: str,
        y: str,
        lines: Sequence[Series],
        alt: str,
        *more: Any,
        **bounds: Any,
    ) -> None:
        page.charts.append(Chart(row, col, title, x, y, tuple(lines), alt, *more, **bounds))

    def paths(self, **labels: str) -> list[Series]:
        """Lines of a chart, each through the points of a block (n, 2): {id: label}, id with _ for its dot."""
        areas = [self.book.block(id.replace("_", ".", 1)).area for id in labels]
        sides = [[area.part((0, area.n_rows - 1), (col, col)) for col in (0, 1)] for area in areas]
        return [
            Series(label, x, y, look)
            for label, (x, y), look in zip(labels.values(), sides, ("live", "line 3", "line 2"), strict=True)
        ]


def place_words(
    page: Page, row: int, col: int, words: Sequence[str], style: str = "label", *, across: bool = False
) -> None:
    """Words beside the rows of a block, or over its columns."""
    for i, word in enumerate(words):
        page.text(row + i * (not across), col + i * across, word, "head" if across else style)


def size_of(node: Node) -> Node:
    """What a matrix would be if no signs cancelled: beside it, a rounding error is as good as 0."""
    if node.op in ("matmul", "add", "sub", "mul", "same", "transpose", "sum", "relu", "hstack", "vstack"):
        return apply({"sub": "add"}.get(node.op, node.op), *(size_of(source) for source in node.sources))
    return apply("abs", node)
