"""The one family of errors that sheetnet raises for what a user did.

Every message names the thing (file, sheet and cell, column and line, node and shapes), says what was
found, what was expected and what to do. The command line prints the message and leaves with code 2.
"""

from __future__ import annotations


class SheetnetError(Exception):
    """What a user can mend: the base of the family."""


class GraphError(SheetnetError):
    """A graph that cannot be: shapes that do not fit, an op without a rule."""


class DataError(SheetnetError):
    """A table that cannot be used: a missing column, text where a number belongs."""


class WorkbookError(SheetnetError):
    """A workbook that cannot be read, written or understood."""


class EngineError(SheetnetError):
    """A spreadsheet engine that is missing or failed."""


class TrainingError(SheetnetError):
    """A device, dtype or start that torch cannot train with."""


class LiveError(SheetnetError):
    """An open workbook that does not go on with us: text in a weight, a sheet that was deleted, a program closed."""


class SheetnetWarning(UserWarning):
    """What a user should know though all goes on; the command line says it in one line."""
