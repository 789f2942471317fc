"""Checkpoints: the state of a run in one file of plain arrays (.npz without pickles), written beside and renamed."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

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

    @property
    def epoch(self) -> int:
        """How many steps were made."""
        return len(self.losses)


def save(path: Path, state: Checkpoint) -> None:
    """Write a checkpoint: the old one stands until the new one is whole.

    Raises: TrainingError when it cannot be written.
    """
    beside = ""
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            np.savez(
                file,
                settings=np.array(json.dumps({"format": FORMAT, **state.settings})),
                W=state.W,
                losses=state.losses,
                accuracies=state.accuracies,
                kept_epochs=np.array(list(state.kept), dtype=np.int64),
                kept=np.array(list(state.kept.values()), dtype=float).reshape(-1, *state.W.shape),
            )
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as reason:
        raise TrainingError(f"{path}: the checkpoint cannot be written: {reason.strerror}") from None
    finally:
        if beside and os.path.exists(beside):
            os.unlink(beside)


OTHER = "; delete it or name another file to begin anew"
NONE = f"this is no checkpoint, or only a part of one{OTHER}"


def load(path: Path) -> Checkpoint:
    """The checkpoint in a file.

    Raises: TrainingError for a file that is damaged or no checkpoint.
    """
    try:
        with zipfile.ZipFile(path) as parts:
            if any(part.compress_type != zipfile.ZIP_STORED for part in parts.infolist()):
                raise ValueError("compressed")  # ours are not, and a small file could unpack to a large one
        with np.load(path, allow_pickle=False) as file:
            found = json.loads(str(file["settings"]))
            epochs, kept = file["kept_epochs"].tolist(), file["kept"]
            state = Checkpoint(
                found, file["W"], file["losses"], file["accuracies"], dict(zip(epochs, kept, strict=True))
            )
    except OSError as reason:
        raise TrainingError(f"{path}: the checkpoint cannot be read: {reason.strerror or reason}") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, TypeError):
        raise TrainingError(f"{path}: {NONE}") from None
    if not isinstance(found, dict) or found.pop("format", None) != FORMAT:
        raise TrainingError(f"{path}: this checkpoint was made by another version of sheetnet{OTHER}")
    arrays = state.W, state.losses, state.accuracies
    if any(a.dtype != float for a in arrays) or state.W.ndim != 2 or state.losses.ndim != 1:
        raise TrainingError(f"{path}: {NONE}")
    if state.losses.shape != state.accuracies.shape or state.W.shape[0] != len(found.get("features", ())):
        raise TrainingError(f"{path}: {NONE}")
    return state


def check(path: Path, state: Checkpoint, settings: dict[str, Any]) -> None:
    """See that a checkpoint belongs to a run of these settings.

    Raises: TrainingError saying what differs.
    """
    found = state.settings
    if set(found) != set(settings):
        raise TrainingError(f"{path}: this checkpoint was made by another version of sheetnet{OTHER}")
    for name, words in WORDS.items():
        if found[name] != settings[name]:
            values = f" ({found[name]!r}, not {settings[name]!r})" if name not in ("data", "start", "features") else ""
            raise TrainingError(f"{path}: this checkpoint is of {words}{values}{OTHER}")
