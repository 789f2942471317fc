"""All that the workbook of one's own table depends on, besides the numbers in its cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sheetnet.common.settings import MAX_EPOCHS, MAX_SEED, named
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.page.language import said

if TYPE_CHECKING:
    from sheetnet.models.net import Net
    from sheetnet.tables.table import Table

MAX_NETS = 8


@dataclass(frozen=True)
class Spec:
    """All that the layout and the graph depend on, besides the numbers in the input cells; kept in the manifest."""

    table: Mapping[str, Any]  # Table.settings
    target: str
    kind: str  # number, two or many
    classes: tuple[str, ...]
    nets: tuple[Mapping[str, Any], ...]
    epochs: int
    optimiser: str
    seed: int
    source: str
    torch_version: str
    given: tuple[str, ...] = ()  # the nets whose start was given, not drawn
    learner: str = ""  # whose workbook it is, shown on Start
    blanks: bool = False  # whether formulas are left out, to be filled in

    def origin(self, net: str) -> str:
        """Where a net's start parameters come from, in words."""
        return said("they were given" if net in self.given else f"they were drawn from seed {self.seed}")


def spec_of(table: Table, nets: Sequence[Net], **how: Any) -> Spec:
    """The spec of a table and nets; how: the rest of it, such as epochs."""
    target = table.target
    return Spec(
        table=table.settings, target=target.name, kind=target.kind, classes=target.classes,
        nets=tuple(net.settings for net in nets), source=table.raw.source, **how,
    )  # fmt: skip


def sane(spec: Spec) -> Spec:
    """The spec, if it is such as build makes them.

    Raises: ValueError for another.
    """
    if not (isinstance(spec.epochs, int) and 0 < spec.epochs <= MAX_EPOCHS and 0 <= spec.seed <= MAX_SEED):
        raise ValueError("sizes out of bounds")
    if spec.optimiser not in OPTIMISERS or spec.kind not in ("number", "two", "many"):
        raise ValueError("unknown optimiser or target")
    texts = (spec.target, spec.source, spec.torch_version, *spec.classes, *spec.given)
    if not all(isinstance(text, str) and len(text) <= 300 for text in texts) or len(spec.classes) > 100:
        raise ValueError("a setting of another kind")
    if not isinstance(spec.blanks, bool):
        raise ValueError("blanks of another kind")
    named(spec.learner)
    if not 1 <= len(spec.nets) <= MAX_NETS:
        raise ValueError("too many nets, or none")
    return spec
