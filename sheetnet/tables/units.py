"""A target that is a number, and its own units: a model learns it scaled, people read it as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sheetnet.graph.node import Node, apply
from sheetnet.tables.columns import How

FACTS = {  # what is learnt of a column, by how it is taken
    "standardised": ("Mean", "Spread"),
    "share_of_largest": ("Largest",),
    "min_max": ("Smallest", "Largest"),
}


def unscaled(how: How, pred: Node, fact: Callable[[str], Node]) -> Node:
    """What was scaled, in its own units again: standardised is pred x spread + mean; fact gives what was learnt."""
    if how == "standardised":
        return pred * fact("Spread") + fact("Mean")
    if how == "share_of_largest":
        return pred * fact("Largest")
    if how == "min_max":
        return pred * (fact("Largest") - fact("Smallest")) + fact("Smallest")
    return apply("exp", pred) - 1 if how == "log" else pred


@dataclass(frozen=True)
class Units:
    """The target's column in its own units (n, 1), in the rows in use, and the facts by which it was scaled."""

    name: str
    how: How
    own: Node
    facts: Mapping[str, Node]

    @property
    def scaled(self) -> bool:
        """Whether y is another column than the target's own."""
        return self.how != "number"

    @property
    def factor(self) -> Node | None:
        """What an error of y is multiplied with to be one in the target's own units; None where none does it."""
        facts = self.facts
        if self.how == "standardised":
            return facts["Spread"]
        if self.how == "share_of_largest":
            return facts["Largest"]
        return facts["Largest"] - facts["Smallest"] if self.how == "min_max" else None

    def of(self, pred: Node) -> Node:
        """Predictions of y in the target's own units."""
        return unscaled(self.how, pred, self.facts.__getitem__)
