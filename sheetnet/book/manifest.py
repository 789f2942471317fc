"""What a workbook says of itself, as JSON on a hidden sheet: enough for check to lay it out again.

settings give the layout and the graph; blocks where everything stands; record the values that torch gave, and the start
weights and rates, when the workbook was made.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetnet.common.version import VERSION
from sheetnet.course import workbook_of
from sheetnet.course.lesson import Lesson
from sheetnet.errors import SheetnetError, WorkbookError
from sheetnet.models.layers import KINDS
from sheetnet.models.losses import LOSSES
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.page.book import Book

MANIFEST_SHEET = "_sheetnet"
FORMAT = 2  # raised when an older sheetnet could no longer read what a newer one writes


@dataclass(frozen=True)
class Manifest:
    """Version, workbook, the ranges of all blocks by id, and what was recorded when the workbook was made."""

    version: str
    workbook: Lesson
    blocks: dict[str, str]
    record: dict[str, np.ndarray]


def ranges(book: Book) -> dict[str, str]:
    """The range of every block by id, such as {"start.epoch": "Start!B11"}."""
    return {block.id: block.area.full(fixed=False) for block in book.blocks}


def dump(manifest: Manifest) -> str:
    """The manifest as text; numbers with all their digits, not finite ones as null."""
    record = {
        key: [[x if math.isfinite(x) else None for x in line] for line in value.tolist()]
        for key, value in manifest.record.items()
    }
    content = {
        "sheetnet": manifest.version,
        "format": FORMAT,
        "lesson": manifest.workbook.name,
        "spec": manifest.workbook.settings,
        "blocks": manifest.blocks,
        "record": record,
    }
    return json.dumps(content, separators=(",", ":"), ensure_ascii=True)


def load(text: str, file: str) -> Manifest:
    """The manifest that a text holds.

    Raises: WorkbookError naming the file when the text is damaged or of a newer format.
    """
    try:
        content: Any = json.loads(text)
        format = int(content["format"])
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        raise WorkbookError(f"{file}: its hidden manifest is damaged; build the workbook anew") from None
    if format > FORMAT:
        raise WorkbookError(
            f"{file}: made by sheetnet {content.get('sheetnet', '?')} (manifest {format}); this one reads manifests"
            f" up to {FORMAT}. Install a newer sheetnet"
        )
    _check_known(content, file)
    try:
        workbook = workbook_of(content.get("lesson", "titanic"), content["spec"])
        record = {k: np.array(v, dtype=float) for k, v in content["record"].items()}
        return Manifest(str(content["sheetnet"]), workbook, dict(content["blocks"]), record)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, SheetnetError):
        raise WorkbookError(f"{file}: its hidden manifest is damaged; build the workbook anew") from None


def _check_known(content: Any, file: str) -> None:
    """Raises: WorkbookError for an optimiser, loss or layer that this sheetnet does not have, with those it has."""
    spec = content.get("spec") if isinstance(content, dict) else None
    spec = spec if isinstance(spec, dict) else {}
    nets = [net for net in spec.get("nets") or () if isinstance(net, dict)]
    steps = [step for net in nets for step in net.get("steps") or () if isinstance(step, dict)]
    asked: list[tuple[str, list[Any], Any]] = [
        ("was trained with", [spec["optimiser"]] if "optimiser" in spec else [], OPTIMISERS),
        ("has the loss", [net.get("loss") for net in nets], LOSSES),
        ("has the layer", [step.get("layer") for step in steps], KINDS),
    ]
    for says, names, there in asked:
        for name in names:
            if isinstance(name, str) and name.isidentifier() and len(name) <= 40 and name not in there:
                raise WorkbookError(
                    f"{file}: this workbook {says} {name}; sheetnet {VERSION} has {', '.join(there)}. It was made by"
                    f" sheetnet {content.get('sheetnet', '?')!s:.20}: install that, or a newer one"
                )
