"""Checkpoints: the state of a run in one file of plain arrays (.npz without pickles), written beside and renamed."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sheetnet.common.files import beside, replaceable, replacing, unreadable
from sheetnet.errors import TrainingError

FORMAT = 1
WORDS = {
    "model": "another model",
    "features": "other features",
    "data": "another table",
    "start": "other start weights",
    "lr": "another learning rate",
    "weight_decay": "another weight decay",
    "batch": "mini-batches of another size",
    "seed": "another order of the mini-batches",
    "dtype": "another dtype",
    "path": "another path",
    "device": "another device",
}


@dataclass
class Checkpoint:
    """W (p, k) after so many epochs, what was recorded on the way, and the settings it all belongs to."""

    settings: dict[str, Any]
    W: np.ndarray
    losses: np.ndarray  # of the epochs 0 to epoch - 1
    accuracies: np.ndarray
    kept: dict[int, np.ndarray] = field(default_factory=dict)
    anchor: tuple[int, np.ndarray] | None = None  # of a path that remembers more than W: task.Anchored

    @property
    def epoch(self) -> int:
        """How many steps were made."""
        return len(self.losses)


def save(path: Path, state: Checkpoint) -> None:
    """Write a checkpoint: the old one stands until the new one is whole.

    Raises: TrainingError when it cannot be written.
    """
    anchor: dict[str, np.ndarray] = {}
    if state.anchor:
        anchor["anchor_epoch"], anchor["anchor"] = np.array(state.anchor[0]), state.anchor[1]
    write(
        path,
        state.settings,
        W=state.W,
        losses=state.losses,
        accuracies=state.accuracies,
        kept_epochs=np.array(list(state.kept), dtype=np.int64),
        kept=np.array(list(state.kept.values()), dtype=float).reshape(-1, *state.W.shape),
        **anchor,
    )


def write(path: Path, settings: dict[str, Any], **arrays: np.ndarray) -> None:
    """Write settings and arrays, in place of the old file once they are whole.

    Raises: TrainingError when they cannot be written.
    """
    try:
        with replacing(path) as fresh, fresh.open("wb") as file:
            np.savez(file, settings=np.array(json.dumps({"format": FORMAT, **settings})), **arrays)  # type: ignore[arg-type]
    except OSError as reason:
        raise TrainingError(f"{path}: the checkpoint cannot be written: {reason.strerror or reason}") from None


OTHER = "; delete it or name another file to begin anew"
NONE = f"this is no checkpoint, or only a part of one{OTHER}"


def load(path: Path) -> Checkpoint:
    """The checkpoint in a file.

    Raises: TrainingError for a file that is damaged or no checkpoint.
    """
    settings, found = read(path)
    try:
        epochs, kept = found["kept_epochs"].tolist(), found["kept"]
        state = Checkpoint(
            settings, found["W"], found["losses"], found["accuracies"], dict(zip(epochs, kept, strict=True)),
            (found["anchor_epoch"].item(), found["anchor"]) if "anchor" in found else None,
        )  # fmt: skip
    except (KeyError, ValueError, TypeError):
        raise TrainingError(f"{path}: {NONE}") from None
    begun, anchor = state.anchor or (0, state.W)
    arrays = state.W, state.losses, state.accuracies, kept, anchor
    whole = all(a.dtype == float for a in arrays) and state.losses.ndim == 1
    if not whole or state.losses.shape != state.accuracies.shape or kept.shape[1:] != state.W.shape:
        raise TrainingError(f"{path}: {NONE}")
    epochs = [*state.kept, begun]
    if anchor.shape != state.W.shape or not all(isinstance(at, int) and 0 <= at <= state.epoch for at in epochs):
        raise TrainingError(f"{path}: {NONE}")
    return state


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The settings and arrays that write wrote.

    Raises: TrainingError for a file that is damaged or no checkpoint.
    """
    if found := unreadable(path):
        raise TrainingError(f"{path}: {found}: {NONE}")
    try:
        with zipfile.ZipFile(path) as parts:
            if any(part.compress_type != zipfile.ZIP_STORED for part in parts.infolist()):
                raise ValueError("compressed")  # ours are not, and a small file could unpack to a large one
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        settings = json.loads(str(arrays.pop("settings")))
    except OSError as reason:
        raise TrainingError(f"{path}: the checkpoint cannot be read: {reason.strerror or reason}") from None
    except (ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile, MemoryError, RuntimeError):
        raise TrainingError(f"{path}: {NONE}") from None  # RuntimeError: encrypted, or nested without end
    if not isinstance(settings, dict) or settings.pop("format", None) != FORMAT:
        raise TrainingError(f"{path}: this checkpoint was made by another version of sheetnet{OTHER}")
    return settings, arrays


def check(path: Path, state: Checkpoint, settings: dict[str, Any], shape: tuple[int, ...]) -> None:
    """See that a checkpoint belongs to a run of these settings, with weights of that shape.

    Raises: TrainingError saying what differs.
    """
    compare(path, state.settings, settings, WORDS)
    if state.W.shape != shape:
        raise TrainingError(f"{path}: {NONE}")


def compare(path: Path, found: dict[str, Any], settings: dict[str, Any], words: dict[str, str]) -> None:
    """See that the settings found in a checkpoint are these.

    Raises: TrainingError saying what differs.
    """
    if set(found) != set(settings):
        raise TrainingError(f"{path}: this checkpoint was made by another version of sheetnet{OTHER}")
    for name, what in words.items():
        if found[name] != settings[name]:
            values = f" ({found[name]!r}, not {settings[name]!r})" if name not in ("data", "start", "features") else ""
            raise TrainingError(f"{path}: this checkpoint is of {what}{values}{OTHER}")


def check_place(path: Path) -> None:
    """See that a checkpoint can be written there, before the work is done.

    Raises: TrainingError saying why not.
    """
    try:
        beside(replaceable(path)).unlink()
    except OSError as reason:
        raise TrainingError(f"{path}: the checkpoint cannot be written: {reason.strerror or reason}") from None
