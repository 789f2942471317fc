"""IronCalc in a process of its own, served over stdin and stdout: python -P ironcalc_worker.py FOLDER.

FOLDER is where the package ironcalc is. Each request is one line of JSON, [method of Calculator, argument, ...]; each
reply is one line, {"ok": result} or {"error": text}. What IronCalc itself prints goes nowhere. When stdin ends, so does
this.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
from collections.abc import Iterable
from typing import Any, TextIO

STACK_BYTES = 256 * 2**20  # a chain of cells is followed one call deeper for each


class Calculator:
    """One workbook after the other."""

    def __init__(self) -> None:
        self.model: Any = None
        self.seconds = math.inf

    def load(self, path: str, seconds: float, most: int) -> list[str]:
        """The names of the sheets; from now on each task may take so many seconds of the processor, all of them `most`
        bytes of memory.
        """
        import ironcalc

        self.model, self.seconds = None, seconds
        limit("RLIMIT_AS", most)
        self.model = ironcalc.load_from_xlsx(path, "en", "UTC", "en")
        return [sheet["name"] for sheet in self.model.get_worksheets_properties()]

    def forget(self) -> None:
        """The workbook is let go of."""
        self.model = None

    def set(self, sheet: int, row: int, col: int, value: float | str | None) -> None:
        """A cell, counted from 0, holds the value; text stays text."""
        at = (sheet, row + 1, col + 1)
        if value is None:
            self.model.clear_cell_contents(*at)
        elif isinstance(value, str):
            self.model.update_cell_with_text(*at, value)
        else:
            self.model.update_cell_with_number(*at, value)

    def write(self, cells: list[tuple[int, int, int, float | str | None]]) -> None:
        """set(), for many cells."""
        for cell in cells:
            self.set(*cell)

    def evaluate(self) -> None:
        """Every formula is calculated anew."""
        self.model.evaluate()

    def read(self, areas: list[tuple[int, int, int, int, int]]) -> list[list[list[Any]]]:
        """The values of areas (sheet, row, col, n_rows, n_cols); an error is {"error": text}, empty text is None."""
        from ironcalc import CellType

        get_value, get_type, error_type = self.model.get_cell_value, self.model.get_cell_type, CellType.ErrorValue

        def value_at(sheet: int, i: int, j: int) -> Any:
            value = get_value(sheet, i, j)
            if isinstance(value, str):  # errors arrive as text too
                return {"error": value} if get_type(sheet, i, j) == error_type else value or None
            return value

        return [
            [
                [value_at(sheet, i, j) for j in range(col + 1, col + 1 + n_cols)]
                for i in range(row + 1, row + 1 + n_rows)
            ]
            for sheet, row, col, n_rows, n_cols in areas
        ]

    def add_sheet(self, name: str) -> None:
        """There is an empty sheet of that name at the end."""
        self.model.add_sheet(name)


def limit(kind: str, most: float) -> None:
    """None; the system ends or refuses what goes beyond, where it can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    what = getattr(resource, kind)
    _, hard = resource.getrlimit(what)
    resource.setrlimit(what, (int(most) if hard == resource.RLIM_INFINITY else min(int(most), hard), hard))


def serve(requests: Iterable[str], replies: TextIO) -> None:
    """None; each request has been answered, in their order."""
    calculator = Calculator()
    for line in requests:
        task, *arguments = json.loads(line)
        try:
            if math.isfinite(calculator.seconds):
                limit("RLIMIT_CPU", time.process_time() + calculator.seconds + 1)
            reply = {"ok": getattr(calculator, task)(*arguments)}
        except BaseException as error:  # a panic in Rust derives from it, and its class cannot be imported
            reply = {"error": " ".join(str(error).split()) or type(error).__name__}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


def main() -> None:
    """None; serves until stdin ends."""
    sys.path.append(sys.argv[1])
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    requests = open(0, encoding="utf-8")  # noqa: SIM115 (lives as long as this process)
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=serve, args=(requests, replies))
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
