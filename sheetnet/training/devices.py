"""Where torch trains, and in which numbers: names that people type -> torch's device and dtype."""

from __future__ import annotations

import torch

from sheetnet.errors import TrainingError

DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
HALF = ("bfloat16", "float16")


def resolve_device(name: str = "auto", dtype: str = "float64") -> torch.device:
    """The torch device of that name; `auto` takes CUDA, else MPS (for float32, the most it has), else the CPU.

    Raises: TrainingError for a device that is unknown or not there.
    """
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.insert(0, "mps")
    if torch.cuda.is_available():
        found.insert(0, "cuda")
    if name == "auto":
        return torch.device(next(device for device in found if (device, dtype) != ("mps", "float64")))
    try:
        device = torch.device(name)
    except RuntimeError:
        raise TrainingError(f"there is no device {name!r}; this machine has {', '.join(found)}, or say auto") from None
    missing = device.type not in found
    if missing or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise TrainingError(f"the device {name!r} is not there; this machine has {', '.join(found)}, or say auto")
    return device


def resolve_dtype(name: str, device: torch.device) -> torch.dtype:
    """The torch dtype of that name: float64, float32, bfloat16 or float16; MPS has no float64.

    Raises: TrainingError for any other.
    """
    if name not in DTYPES:
        raise TrainingError(f"the dtype must be one of {', '.join(DTYPES)}, not {name!r}")
    if name == "float64" and device.type == "mps":
        raise TrainingError("mps has no float64; say --dtype float32, or --device cpu to compare with the sheet")
    return DTYPES[name]
