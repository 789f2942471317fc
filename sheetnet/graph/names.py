"""Names that formulas can say in every spreadsheet program, whatever language it speaks."""

from __future__ import annotations

import re

from sheetnet.graph.dialect import ARRAY, CELL
from sheetnet.graph.dialects import RESERVED

LONGEST = 255  # characters of a name
# A row or a column where cells are counted (R1C1): Row, Column; German Zeile, Spalte; Polish Wiersz, Kolumna; French
# Ligne; Spanish Fila; Swedish Kolumn; Finnish Rivi, Sarake; Hungarian Sor, Oszlop. A program that speaks the language
# takes such a name for a cell, calls the file damaged and drops the name (Microsoft's KB 111393).
_ROW, _COLUMN = "[rzwlfs]", "[csko]"
_CELL = re.compile(rf"[a-z]{{1,3}}\d+|{_ROW}\d*({_COLUMN}\d*)?|{_COLUMN}\d*")
_OWN = {  # what Excel itself keeps under names
    "print_area", "print_titles", "criteria", "database", "extract", "consolidate_area", "sheet_title", "auto_open",
    "auto_close", "auto_activate", "auto_deactivate", "true", "false",
}  # fmt: skip
_KEPT = re.compile(r"_xl(nm|fn|ws|udf|eta|pm)?|solver_[a-z]{3}")
_WRITTEN = [*(template for template, *_ in ARRAY.values()), *(template for template, _ in CELL.values())]
FUNCTIONS = {name.lower() for text in _WRITTEN for name in re.findall(r"([A-Z][A-Z0-9.]*)\(", text)}  # of our formulas


def unfit(name: str) -> str:
    """Why a name is none that every program takes, in words that follow it; empty where it is one.

    >>> unfit("lin"), unfit("Z"), unfit("w12")
    ('', 'looks like a cell in some language', 'looks like a cell in some language')
    """
    low = name.lower()
    if len(name) > LONGEST:
        return f"has {len(name)} characters, a name at most {LONGEST}"
    if not re.fullmatch(r"[a-z_][a-z0-9_]*", low, re.ASCII):
        return "is not of letters, digits and _, beginning with no digit"
    if _CELL.fullmatch(low):
        return "looks like a cell in some language"
    if low in _OWN or _KEPT.fullmatch(low):
        return "is a name that Excel keeps for itself"
    if low in RESERVED:
        return "is a name that formulas use within themselves"
    return "is a function's name" if low in FUNCTIONS else ""
