"""The first screen of every sheet of a workbook as a picture: what a window of 1366 x 768 shows before anybody scrolls.

    /usr/bin/python3 tests/screens.py workbooks/04_titanic.xlsx FOLDER

For a person's eye, at each edit of a page: is the picture that carries the insight there, and no word cut? By the
system's Python, which has LibreOffice's `uno`, and by poppler. LibreOffice's columns are a tenth wider than Excel's.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

SCREEN = 1310, 460  # pixels of cells, as sheetnet.page.screen has it
PIXEL = 2540 / 96  # hundredths of a millimetre
WIDER = 1.11  # LibreOffice's columns


def screens(workbook: Path, folder: Path) -> list[Path]:
    """The pictures written, one for each visible sheet, in their order."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        pdf = Path(temporary, "screens.pdf")
        profile = f"-env:UserInstallation={Path(temporary, 'profile').as_uri()}"
        accept = f"--accept=pipe,name={Path(temporary).name};urp;"
        office = subprocess.Popen(
            ["soffice", "--headless", "--norestore", profile, accept],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _export(_desktop(Path(temporary).name), workbook, pdf)
        finally:
            office.terminate()
            office.wait(timeout=30)
        subprocess.run(["pdftoppm", "-r", "96", "-png", str(pdf), str(folder / "screen")], check=True)
    return sorted(folder.glob("screen*.png"))


def _desktop(pipe: str) -> Any:
    import uno

    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    for _ in range(100):
        try:
            there = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
        except Exception:  # it is still starting; of which class its errors are is only known once it runs
            time.sleep(0.3)
    raise SystemExit("LibreOffice does not start")


def _export(desktop: Any, workbook: Path, pdf: Path) -> None:
    """The first screens as a PDF, a page for each."""
    import uno

    def said(name: str, value: Any) -> Any:
        one = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        one.Name, one.Value = name, value
        return one

    document = desktop.loadComponentFromURL(workbook.resolve().as_uri(), "_blank", 0, (said("Hidden", True),))
    styles = document.StyleFamilies.getByName("PageStyles")
    for number, name in enumerate(document.Sheets.ElementNames):
        sheet = document.Sheets.getByName(name)
        sheet.PrintTitleColumns = sheet.PrintTitleRows = False
        sheet.removeAllManualPageBreaks()
        area = uno.createUnoStruct("com.sun.star.table.CellRangeAddress")
        area.Sheet = number
        right, bottom = SCREEN[0] * PIXEL * WIDER, SCREEN[1] * PIXEL
        while right > sheet.getCellByPosition(area.EndColumn + 1, 0).Position.X:
            area.EndColumn += 1
        while bottom > sheet.getCellByPosition(0, area.EndRow + 1).Position.Y:
            area.EndRow += 1
        sheet.setPrintAreas((area,))
        style = styles.getByName(sheet.PageStyle)
        style.IsLandscape, style.HeaderIsOn, style.FooterIsOn, style.PrintGrid = True, False, False, True
        style.LeftMargin = style.RightMargin = style.TopMargin = style.BottomMargin = 0
        style.ScaleToPages = style.ScaleToPagesX = style.ScaleToPagesY = 0
        style.PageScale, style.PrintHeaders = 100, True
        style.Width, style.Height = int(right) + 8000, int(bottom) + 4000
    document.storeToURL(pdf.as_uri(), (said("FilterName", "calc_pdf_Export"),))
    document.close(True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workbook", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    for picture in screens(options.workbook, options.folder):
        print(picture)
