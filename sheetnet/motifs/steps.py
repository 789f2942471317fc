"""Row-by-row tables: one block for each step of a pass, side by side, and the numbers of the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sheetnet.graph.node import Node
from sheetnet.page.book import Page, Role, Style

TITLES = {
    "lin": "Lin",
    "relu": "ReLU",
    "pred": "Prediction",
    "error": "Error",
    "sq_error": "Squared error",
    "correct": "Correct",
}
FORMATS = {"correct": "plain", "mask": "plain", "v": "fine", "v_hat": "fine"}


def place_steps(
    page: Page,
    prefix: str,
    nodes: Sequence[Node],
    row: int,
    col: int,
    role: Role = "forward",
    style: Style = "array",
    *,
    call: Callable[[str], str] = lambda name: "",
    format: str = "weight",
) -> int:
    """Place named nodes side by side as blocks `prefix.name`, called call(name) in formulas; the next free column."""
    for node in nodes:
        title = TITLES.get(node.name, node.name)
        k = node.shape[1]
        labels = tuple(f"{title} {j + 1}" for j in range(k)) if k > 1 else ()
        page.place(
            f"{prefix}.{node.name}",
            node,
            row,
            col,
            role,
            style,
            name=call(node.name),
            title=title,
            labels=labels,
            format=FORMATS.get(node.name, format),
        )
        width = max(12.0, len(title) + 3.0 if k == 1 else 0.0)
        page.widths |= {c: max(width, page.widths.get(c, 0.0)) for c in range(col, col + k)}
        col += k
    return col


def number_rows(page: Page, n_rows: int, row: int, col: int = 0, title: str = "No", first: int = 1) -> None:
    """1, 2, 3, ... down a column, under a heading."""
    page.text(row - 1, col, title, "head")
    for i in range(n_rows):
        page.text(row + i, col, str(first + i), "count")
