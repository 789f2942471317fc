"""What the tests of engines share: a workbook that tries them, and what a program has left behind."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import xlsxwriter

from sheetnet.engines import libreoffice

WRONG = 99  # stored beside every formula, so that a stored value cannot pass for a computed one


def write_book(path: Path) -> Path:
    """A workbook with constants on Data, formulas on Calc that are stored wrong, and an empty sheet Free."""
    with xlsxwriter.Workbook(path) as workbook:
        data, calc = workbook.add_worksheet("Data"), workbook.add_worksheet("Calc")
        workbook.add_worksheet("It's free").hide()
        for col, number in enumerate([0.1, 1 / 3, -2.5e200, 1e-300]):
            data.write_number(0, col, number)
        for col, text in enumerate(["passenger", "=1+1", "#NUM!", "12"]):
            data.write_string(1, col, text)
        data.write_blank(2, 0, None, workbook.add_format({"bold": True}))
        for row, numbers in enumerate([[1, 2], [3, 4]]):
            data.write_row(4 + row, 0, numbers)
        calc.write_formula("A1", "=Data!A1*2", None, WRONG)
        calc.write_formula("B1", '="t"&"ext"', None, WRONG)
        calc.write_formula("C1", '=""', None, WRONG)
        calc.write_formula("D1", "=2>1", None, WRONG)
        calc.write_formula("A2", "=1E+200*1E+200", None, WRONG)
        calc.write_formula("B2", "=1/0", None, WRONG)
        calc.write_formula("C2", "=A2+1", None, WRONG)
        calc.write_formula("D2", "='It''s free'!A1*10", None, WRONG)
        calc.write_array_formula("A4:B5", "{=MMULT(Data!A5:B6,TRANSPOSE(Data!A5:B6))}", None, WRONG)
        for cell in ("B4", "A5", "B5"):
            calc.write_number(cell, WRONG)
    return path


def processes(folder: Path) -> list[int]:
    """The numbers of the processes that run with a profile in that folder."""
    listing = subprocess.run(["ps", "-wweo", "pid,args"], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listing.splitlines() if f"UserInstallation={folder.as_uri()}/" in line]


def leftovers(folder: Path, seconds: float = 15) -> list[object]:
    """The processes and files that are still there after that time; [] as soon as there are none."""
    deadline = time.monotonic() + seconds
    while (found := [*processes(folder), *folder.iterdir()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


BY_HAND = """
import sys, uno
here = uno.getComponentContext()
resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
there = resolver.resolve(f"uno:pipe,name={sys.argv[1]};urp;StarOffice.ComponentContext")
desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
documents = desktop.Components.createEnumeration()
document = documents.nextElement()
"""


LEAVE = """
import os
os._exit(0)  # done; the bridge to LibreOffice does not always end well
"""


def by_hand(temporary: Path, code: str) -> None:
    """What a person does in LibreOffice's window: code that knows document and desktop, over a second connection."""
    (folder,) = temporary.glob("sheetnet-*")
    python = libreoffice._find_python(libreoffice._find_soffice() or "")
    assert python
    subprocess.run([python, "-c", BY_HAND + code + LEAVE, folder.name], check=True, capture_output=True, timeout=60)
