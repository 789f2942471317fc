"""What check found: block by block, with the first bad cell of each, for people and for programs."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field

SHOWN = 3  # blocks with differing numbers that are written out below the table


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


@dataclass
class Report:
    """All blocks of a file, and what is wrong outside of them (sheets, names)."""

    file: str
    engine: str
    formula_cells: int
    blocks: list[BlockReport] = field(default_factory=list)
    structure: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.findings

    @property
    def findings(self) -> list[Finding]:
        """What is wrong, causes first: structure, formulas and values that were changed, then numbers that differ."""
        found = self.structure + [block.finding for block in self.blocks if block.finding]
        return sorted(found, key=lambda finding: finding.computed)

    def to_json(self) -> str:
        """The report as JSON."""
        content = asdict(self)
        for block, source in zip(content["blocks"], self.blocks, strict=True):
            block |= {"verdict": source.verdict}
        content["ok"] = self.ok
        return json.dumps(_finite(content), indent=1)

    def __str__(self) -> str:
        from tabulate import tabulate

        rows = [
            (b.id, b.range, b.cells, _short(b.max_abs), _short(b.max_rel), _short(b.torch_abs), b.verdict)
            for b in self.blocks
        ]
        heads = ("block", "cells at", "cells", "abs", "rel", "torch abs", "verdict")
        lines = [tabulate(rows, heads, disable_numparse=True), ""] if rows else []
        causes = sum(not finding.computed for finding in self.findings)
        shown = self.findings[: causes + SHOWN]
        lines += [str(finding) for finding in shown]
        if len(self.findings) > len(shown):
            lines.append(f"... and numbers in {len(self.findings) - len(shown)} more blocks; see the table.")
        lines += [f"note: {note}" for note in self.notes]
        witnessed = sum(b.torch_abs is not None for b in self.blocks)
        if self.ok:
            lines.append(
                f"{self.file}: all {len(self.blocks)} blocks equal, {self.formula_cells} formula cells recalculated by"
                f" {self.engine}; {witnessed} blocks also equal torch."
            )
        else:
            count = len(self.findings)
            lines.append(f"{self.file}: {count} difference{'s' if count > 1 else ''} found; see above.")
        return "\n".join(lines)


def _short(value: float | None) -> str:
    return "" if value is None else "0" if value == 0 else f"{value:.1e}"


def _finite(value: object) -> object:
    """JSON has no inf and nan: null."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
