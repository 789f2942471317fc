"""What check found: block by block, with the first bad cell of each, for people and for programs."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from sheetnet.errors import WorkbookError

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 3  # blocks with differing numbers that are written out below the table
HEADS = ("block", "cells at", "cells", "abs", "rel", "torch abs", "verdict")
_EPOCH = re.compile(r"(.+\.descent\..+)\.\d+")  # the id of a parameter at an epoch, a block of its own


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be: where, what, what was found and what was expected."""

    where: str
    what: str
    got: str
    expected: str
    computed: bool = False  # a recalculated number, which may be wrong only because of another finding

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n    got      {self.got}\n    expected {self.expected}"


@dataclass
class BlockReport:
    """One block held against the graph and, where it has a say, against torch. Differences are over all its cells."""

    id: str
    range: str
    cells: int
    max_abs: float = 0.0
    max_rel: float = 0.0
    torch_abs: float | None = None
    torch_rel: float | None = None
    compared: bool = False
    finding: Finding | None = None

    @property
    def ok(self) -> bool:
        """Whether every cell of the block is right."""
        return self.finding is None

    @property
    def verdict(self) -> str:
        """`equal`, `differs`, or `not compared` when the block was not recalculated."""
        return "differs" if not self.ok else "equal" if self.compared else "not compared"


@dataclass(repr=False)
class Report:
    """All blocks of a file, and what is wrong outside of them (sheets, names). True where everything agrees.

    presentation: what a reader sees otherwise than it was built, though the numbers are right; a difference if strict.
    """

    file: str
    engine: str
    formula_cells: int
    blocks: list[BlockReport] = field(default_factory=list)
    structure: list[Finding] = field(default_factory=list)
    presentation: list[Finding] = field(default_factory=list)
    strict: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.findings

    @property
    def findings(self) -> list[Finding]:
        """What is wrong, causes first: structure, formulas and values that were changed, then numbers that differ."""
        found = self.structure + [block.finding for block in self.blocks if block.finding]
        found += self.presentation if self.strict else []
        return sorted(found, key=lambda finding: finding.computed)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each block, by its id: range, cells, differences from the graph and from torch, verdict."""
        import pandas as pd

        columns = ["range", "cells", "max_abs", "max_rel", "torch_abs", "torch_rel", "verdict"]
        rows = [[getattr(block, name) for name in columns] for block in self.blocks]
        index = pd.Index([block.id for block in self.blocks], name="block", dtype=object)
        return pd.DataFrame(rows, index, columns).astype({"torch_abs": float, "torch_rel": float})

    def raise_if_bad(self) -> None:
        """Nothing, where everything agrees.

        Raises: WorkbookError with what was found first, and how much more.
        """
        if found := self.findings:
            more = f"; and {len(found) - 1} more, see print(report)" if len(found) > 1 else ""
            first = " ".join(str(found[0]).split())
            raise WorkbookError(f"{self.file}: {first}{more}")

    def to_json(self) -> str:
        """The report as JSON."""
        content = asdict(self)
        for block, source in zip(content["blocks"], self.blocks, strict=True):
            block |= {"verdict": source.verdict}
        content["ok"] = self.ok
        return json.dumps(_finite(content), indent=1)

    def __str__(self) -> str:
        from tabulate import tabulate

        rows = self._rows()
        lines = [tabulate(rows, HEADS, disable_numparse=True), ""] if rows else []
        causes = sum(not finding.computed for finding in self.findings)
        shown = self.findings[: causes + SHOWN]
        lines += [str(finding) for finding in shown]
        if len(self.findings) > len(shown):
            lines.append(f"... and numbers in {len(self.findings) - len(shown)} more blocks; see the table.")
        if self.presentation and not self.strict:
            lines += ["What is shown was changed, not what is calculated (--strict makes these differences):"]
            lines += [str(finding) for finding in self.presentation]
        lines += [f"note: {note}" for note in self.notes]
        ending = "" if self.ok else "; see above"
        return "\n".join([*lines, f"{self.file}: {self._verdict()}{ending}."])

    def __repr__(self) -> str:
        return f"<Report {self.file}: {self._verdict()}>"

    def _repr_html_(self) -> str:
        cells = ("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in self._rows())
        heads = "".join(f"<th>{name}</th>" for name in HEADS)
        found = "".join(f"<li><pre>{escape(str(finding))}</pre></li>" for finding in self.findings[:10])
        seen = "".join(f"<li><pre>{escape(str(one))}</pre></li>" for one in self.presentation[:10] if not self.strict)
        words = f"<p>{escape(self.file)}: {escape(self._verdict())}</p><ul>{found}</ul>"
        words += f"<p>What is shown was changed, not what is calculated:</p><ul>{seen}</ul>" if seen else ""
        return f"{words}<details><summary>blocks</summary><table><tr>{heads}</tr>{''.join(cells)}</table></details>"

    def _verdict(self) -> str:
        if not self.ok:
            count = len(self.findings)
            return f"{count} difference{'s' if count > 1 else ''} found"
        witnessed = sum(b.torch_abs is not None for b in self.blocks)
        return (
            f"all {len(self.blocks)} blocks equal, {self.formula_cells} formula cells recalculated by {self.engine};"
            f" {witnessed} blocks also equal torch"
        )

    def _rows(self) -> list[tuple[str | int, ...]]:
        """A line of the table for each block, and one for all epochs of a parameter."""
        groups = ((key, list(blocks)) for key, blocks in groupby(_by_parameter(self.blocks), _parameter))
        return [_line(key, blocks) for key, blocks in groups]


def _by_parameter(blocks: Sequence[BlockReport]) -> list[BlockReport]:
    """The blocks, in which the epochs of one parameter stand together, where its first one stood."""
    first: dict[str, int] = {}
    for at, block in enumerate(blocks):
        first.setdefault(_parameter(block), at)
    return sorted(blocks, key=lambda block: first[_parameter(block)])


def _parameter(block: BlockReport) -> str:
    """What a line of the printed table is for: a block, or a parameter in all epochs."""
    match = _EPOCH.fullmatch(block.id)
    return match[1] if match else block.id


def _line(key: str, blocks: Sequence[BlockReport]) -> tuple[str | int, ...]:
    torch = [block.torch_abs for block in blocks if block.torch_abs is not None]
    worst = [_worst([b.max_abs for b in blocks]), _worst([b.max_rel for b in blocks]), _worst(torch) if torch else None]
    verdicts = [block.verdict for block in blocks]
    verdict: str = next(word for word in ("differs", "not compared", "equal") if word in verdicts)
    where = blocks[0].range
    if len(blocks) > 1:
        key = f"{key}, {len(blocks)} epochs"
        where += f" to {blocks[-1].range.rpartition('!')[2]}"
        if verdict != "equal":
            verdict += f" in {verdicts.count(verdict)}"
    return key, where, sum(block.cells for block in blocks), *map(_short, worst), verdict


def _worst(values: Sequence[float]) -> float:
    """The largest; nan where one is nan."""
    return math.nan if any(map(math.isnan, values)) else max(values)


def _short(value: float | None) -> str:
    return "" if value is None else "0" if value == 0 else f"{value:.1e}"


def _finite(value: object) -> object:
    """JSON has no inf and nan: null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
