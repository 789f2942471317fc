"""Every sheet of a workbook as a picture, the first printed page of each, by LibreOffice and poppler.

    python tests/pictures.py workbooks/04_titanic.xlsx FOLDER [--dpi 120]

For a person's eye: nothing cut off, no ####, headings where they belong.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path


def pages(workbook: Path, folder: Path, dpi: int) -> list[Path]:
    """The pictures written, one for each sheet, named 01.png, 02.png, ... in the order of the sheets."""
    folder.mkdir(parents=True, exist_ok=True)
    out: list[Path] = []
    with tempfile.TemporaryDirectory() as temporary:
        profile = f"-env:UserInstallation={Path(temporary, 'profile').as_uri()}"
        convert = ["soffice", "--headless", profile, "--convert-to", "pdf", "--outdir", temporary, str(workbook)]
        subprocess.run(convert, check=True, capture_output=True, timeout=300)
        pdf = Path(temporary, workbook.with_suffix(".pdf").name)
        words = ["pdftotext", "-layout", str(pdf), "-"]
        text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        seen: set[str] = set()
        for number, page in enumerate(text.split("\f"), start=1):
            title = page.strip().partition("\n")[0].strip()
            if title and title not in seen:
                seen.add(title)
                target = folder / f"{len(seen):02d}"
                at = ["-f", str(number), "-l", str(number), "-r", str(dpi), "-singlefile", "-png"]
                subprocess.run(["pdftoppm", *at, str(pdf), str(target)], check=True)
                out.append(target.with_suffix(".png"))
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dpi", type=int, default=120)
    options = parser.parse_args()
    for picture in pages(options.workbook, options.folder, options.dpi):
        print(picture)
    sys.exit(0)
