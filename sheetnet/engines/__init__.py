"""The spreadsheet engines that calculate a workbook: IronCalc, LibreOffice, and Excel itself."""

from __future__ import annotations

from sheetnet.engines.base import CellError, Engine, Session, Value
from sheetnet.errors import EngineError

NAMES = ("ironcalc", "libreoffice", "excel")

__all__ = ["NAMES", "CellError", "Engine", "Session", "Value", "get"]


def get(name: str) -> Engine:
    """The engine of that name; its module is imported only now.

    Raises: EngineError for a name that is not in NAMES.
    """
    match name:
        case "ironcalc":
            from sheetnet.engines.ironcalc import IronCalc

            return IronCalc()
        case "libreoffice":
            from sheetnet.engines.libreoffice import LibreOffice

            return LibreOffice()
        case "excel":
            from sheetnet.engines.excel import Excel

            return Excel()
        case _:
            raise EngineError(f"There is no engine {name!r}: use one of {', '.join(NAMES)}.")
