"""What a workbook says of itself, as JSON on a hidden sheet: enough for check to lay it out again.

settings give the layout and the graph; blocks where everything stands; record the values that torch gave, and the start
weights and rates, when the workbook was made; inputs a fingerprint of each input as it was then; digest that of all the
text before it, so that no digit of it changes unseen. Workbooks from before they could be have neither of the two.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from sheetnet.book.tips import has_tips, tips
from sheetnet.common.version import VERSION
from sheetnet.course import LISTING, OWN, workbook_of
from sheetnet.course.lesson import Lesson
from sheetnet.errors import SheetnetError, WorkbookError
from sheetnet.models.layers import ACTIVATIONS, ARITHMETIC, KINDS
from sheetnet.models.losses import LOSSES
from sheetnet.models.model import kind_of, known
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.page.book import Book
from sheetnet.tables.sayings import RECIPES

MANIFEST_SHEET = "_sheetnet"
TITANIC = "titanic"  # the lesson of a manifest that names none
DIGEST = "digest"  # the last key
FORMAT = 2  # raised when an older sheetnet could no longer read what a newer one writes


@dataclass(frozen=True)
class Manifest:
    """Version, workbook, the ranges of all blocks by id, and what was recorded when the workbook was made.

    inputs: fingerprints by id; tips: those of what their cells say that they held. intact: whether the text is the one
    that was written.
    """

    version: str
    workbook: Lesson
    blocks: dict[str, str]
    record: dict[str, np.ndarray]
    inputs: Mapping[str, str] = field(default_factory=dict)
    tips: Mapping[str, str] = field(default_factory=dict)
    intact: bool = True

    def touched(self, inputs: Mapping[str, np.ndarray]) -> set[str]:
        """The ids of inputs that are not as they were when the workbook was made, be it in the fifteenth digit."""
        return {id for id, was in self.inputs.items() if id in inputs and fingerprint(inputs[id]) != was}


def ranges(book: Book) -> dict[str, str]:
    """The range of every block by id, such as {"start.epoch": "Start!B11"}."""
    return {block.id: block.area.full(fixed=False) for block in book.blocks}


def fingerprint(value: np.ndarray) -> str:
    """A short digest of numbers or words, cell by cell, of numbers the 15 digits that every program keeps."""
    cells = [cell if isinstance(cell, str) else f"{cell:.15g}" for cell in value.ravel().tolist()]
    return sha256(json.dumps([value.shape, cells]).encode()).hexdigest()[:16]


def made(workbook: Lesson, values: Mapping[str, np.ndarray], record: Mapping[str, np.ndarray]) -> Manifest:
    """The manifest of a workbook that is being made, with a fingerprint of every input that others are calculated from.

    values: of the inputs, by id.
    """
    typed = [b for b in workbook.book.blocks if b.style == "values" and b.role in ("input", "data")]
    was = {b.id: fingerprint(values[b.id]) for b in typed}
    said = {b.id: fingerprint(np.array(tips(values[b.id]), dtype=object)) for b in typed if has_tips(b)}
    return Manifest(VERSION, workbook, ranges(workbook.book), dict(record), was, said)


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
        "inputs": dict(manifest.inputs),
        "tips": dict(manifest.tips),
    }
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return f'{text[:-1]},"{DIGEST}":"{_digest(text)}"}}'


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _intact(text: str, content: Any) -> bool:
    """Whether a manifest is, to the letter, what was written; True for one from before there was a digest."""
    found = re.search(rf',"{DIGEST}":"([0-9a-f]{{64}})"\}}\Z', text)
    return DIGEST not in content if found is None else _digest(text[: found.start()] + "}") == found[1]


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
    made_by, intact = _made_by(content), _intact(text, content)
    try:
        workbook = workbook_of(content.get("lesson", TITANIC), content["spec"])
        record = {k: np.array(v, dtype=float) for k, v in content["record"].items()}
        inputs, said = ({str(k): str(v) for k, v in content.get(key, {}).items()} for key in ("inputs", "tips"))
        blocks, version = dict(content["blocks"]), str(content["sheetnet"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, SheetnetError):
        if intact and DIGEST in content:  # it is as it was written, so that it means something to another version
            raise WorkbookError(f"{file}: sheetnet {VERSION} does not know all of its settings. {made_by}") from None
        raise WorkbookError(f"{file}: its hidden manifest is damaged; build the workbook anew") from None
    if strange := _strange(content["spec"], json.loads(json.dumps(workbook.settings))):
        raise WorkbookError(
            f"{file}: this workbook has the setting {strange}, unknown to sheetnet {VERSION}. {made_by}"
        )
    return Manifest(version, workbook, blocks, record, inputs, said, intact)


def settings(text: str) -> dict[str, Any] | None:
    """The settings that a manifest's text holds, without laying out the workbook; None for a damaged one."""
    try:
        content: Any = json.loads(text)
        return dict(content["spec"]) if _intact(text, content) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _made_by(content: Any) -> str:
    return f"It was made by sheetnet {content.get('sheetnet', '?')!s:.20}: install that, or a newer one"


def _strange(found: Any, known: Any) -> str:
    """The first setting, be it inside others, that this version would not have written; empty where there is none."""
    if isinstance(found, dict) and isinstance(known, dict):
        inner = [_strange(found[key], known[key]) for key in found if key in known]
        return next((f"{key!s:.40}" for key in found if key not in known), next(filter(None, inner), ""))
    if isinstance(found, list) and isinstance(known, list):
        return next(filter(None, map(_strange, found, known)), "")
    return ""


def _listed(of: dict[str, Any], key: str) -> list[Any]:
    found = of.get(key)
    return found if isinstance(found, list) else []


def _check_known(content: Any, file: str) -> None:
    """Raises: WorkbookError for what has a name that this sheetnet does not know, with those that it has."""
    content = content if isinstance(content, dict) else {}
    spec = content.get("spec")
    spec = spec if isinstance(spec, dict) else {}
    lesson = content.get("lesson", TITANIC)
    nets = [net for net in _listed(spec, "nets") if isinstance(net, dict)]
    steps = [step for net in nets for step in _listed(net, "steps") if isinstance(step, dict)]
    of_passengers = lesson == TITANIC
    models = [name for name in _listed(spec, "models") if isinstance(name, str)] if of_passengers else []
    asked: list[tuple[str, list[Any], Any]] = [
        ("is of the lesson", [lesson], (*LISTING, OWN)),
        ("has the recipe", [spec.get("recipe")] if of_passengers else [], RECIPES),
        ("has the model", [name for name in models if kind_of(name) is None], (known(),)),
        ("was trained with", [spec["optimiser"]] if "optimiser" in spec else [], OPTIMISERS),
        ("has the loss", [net.get("loss") for net in nets], LOSSES),
        ("has the layer", [step.get("layer") for step in steps], KINDS),
        ("has the activation", [step.get("kind") for step in steps if step.get("layer") == "Activation"], ACTIVATIONS),
        ("has the operation", [step.get("op") for step in steps if step.get("layer") == "Combine"], ARITHMETIC),
    ]
    for says, names, there in asked:
        for name in names:
            if isinstance(name, str) and name.isidentifier() and len(name) <= 40 and name not in there:
                ours = f"sheetnet {VERSION} has {', '.join(there)}"
                raise WorkbookError(f"{file}: this workbook {says} {name}; {ours}. {_made_by(content)}")
