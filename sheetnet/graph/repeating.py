"""One formula that takes the same step again and again: REDUCE, for dialects that have it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sheetnet.graph.dialects import Dialect
from sheetnet.graph.formula import render
from sheetnet.graph.names import unfit
from sheetnet.graph.node import Node
from sheetnet.graph.sharing import Seen


@dataclass(frozen=True)
class Repeated:
    """What `after` makes of `before`, an input that it reads, so many times, from `start` on; all of one shape."""

    start: Node
    before: Node
    after: Node
    times: int

    def render(self, places: Seen, dialect: Dialect, taken: Collection[str]) -> str:
        """The formula, with its equals sign; start stands somewhere."""
        name = self.before.name
        while unfit(name) or name.lower() in taken:
            name += "_now"
        within = _Within(places, self.before, f"_xlpm.{name}")
        step = render(self.after, within, dialect, {*taken, name.lower()}).removeprefix("=")
        rule = f"_xlfn.LAMBDA(_xlpm.{name},_xlpm.each_,{step})"
        return f"=_xlfn.REDUCE({places.whole(self.start)},_xlfn.SEQUENCE({self.times}),{rule})"


@dataclass(frozen=True)
class _Within:
    """Places, as seen from within a LAMBDA that calls a node by name."""

    places: Seen
    node: Node
    name: str

    def whole(self, node: Node) -> str | None:
        return self.name if node is self.node else self.places.whole(node)
