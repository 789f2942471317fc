"""What a workbook says of itself, as JSON on a hidden sheet: enough for check to lay it out again.

spec gives the layout and the graph; blocks where everything stands; record the values that torch gave, and the start
weights and rates, when the workbook was made.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from sheetnet.data.passengers import MAX_ROWS
from sheetnet.errors import WorkbookError
from sheetnet.features import RECIPES
from sheetnet.layout import Book
from sheetnet.lessons.titanic import Spec
from sheetnet.models import KINDS
from sheetnet.optimisers import OPTIMISERS
from sheetnet.settings import MAX_EPOCHS

MANIFEST_SHEET = "_sheetnet"
FORMAT = 1  # raised when an older sheetnet could no longer read what a newer one writes


@dataclass(frozen=True)
class Manifest:
    """Format, version, spec, the ranges of all blocks by id, and what was recorded when the workbook was made."""

    version: str
    spec: Spec
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
        "spec": asdict(manifest.spec),
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
    try:
        spec = content["spec"]
        spec = {"given": [], **spec}  # workbooks from before it could be
        spec = Spec(**{f.name: spec[f.name] for f in fields(Spec)} | {k: tuple(spec[k]) for k in ("models", "given")})
        record = {k: np.array(v, dtype=float) for k, v in content["record"].items()}
        return Manifest(str(content["sheetnet"]), _sane(spec), dict(content["blocks"]), record)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise WorkbookError(f"{file}: its hidden manifest is damaged; build the workbook anew") from None


def _sane(spec: Spec) -> Spec:
    """The spec, if it is such as build makes them."""
    whole = (spec.epochs, spec.n_raw, spec.n_rows, spec.seed)
    if (
        not all(isinstance(n, int) for n in whole)
        or not 0 < spec.epochs <= MAX_EPOCHS
        or not 1 < spec.n_rows <= spec.n_raw <= MAX_ROWS
    ):
        raise ValueError("sizes out of bounds")
    if spec.recipe not in RECIPES or spec.optimiser not in OPTIMISERS:
        raise ValueError("unknown recipe or optimiser")
    if not all(isinstance(flag, bool) for flag in (spec.best, spec.shipped)) or not isinstance(spec.torch_version, str):
        raise ValueError("a setting of another kind")
    if not spec.models or len(set(spec.models)) < len(spec.models) or not set(spec.models) <= set(KINDS):
        raise ValueError("unknown models")
    if not set(spec.given) <= set(spec.models):
        raise ValueError("start weights of a model that is not there")
    return spec
