"""The README's pictures of sheets, drawn anew: first screens of the committed workbooks, as `slides` draws them.

    python tests/pictures.py

For a person's eye: look at each of them before it is committed. (The pictures of the sweep and of the speed come from
tests/benchmarks.)
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from sheetnet.engines.screens import screens

WORKBOOKS = Path(__file__).parents[1] / "workbooks"
SHOWN = {
    "01_quadratic": {"Descent": "quadratic"},
    "02_relu": {"Many": "relu"},
    "04_titanic": {"Start": "start", "Gradient Two ReLU": "gradient", "Descent Two ReLU": "descent"},
    "06_learning_rate": {"Rates": "learning_rate"},
    "12_convolution": {"Learn": "convolution"},
    "14_attention": {"Writes": "attention"},
}
WIDE, COLOURS = 1400, 64


def drawn() -> list[Path]:
    """The pictures written."""
    out = []
    for file, sheets in SHOWN.items():
        with tempfile.TemporaryDirectory() as folder:
            found = screens(WORKBOOKS / f"{file}.xlsx", Path(folder))
            for sheet, name in sheets.items():
                target = WORKBOOKS / "pictures" / f"{name}.png"
                with Image.open(found[sheet]) as picture:
                    small = picture.convert("RGB").resize((WIDE, round(picture.height * WIDE / picture.width)))
                    small.quantize(COLOURS).save(target, optimize=True)
                out.append(target)
    return out


if __name__ == "__main__":
    for picture in drawn():
        print(picture)
