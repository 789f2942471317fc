"""Grades as files: CSV, one page of HTML, a workbook, Gradescope's results. Text of others stays text."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sheetnet.classroom.grades import COLUMNS, Grades
from sheetnet.classroom.marking import GRADES
from sheetnet.classroom.report_book import write_book
from sheetnet.classroom.report_page import write_page
from sheetnet.common.files import writing
from sheetnet.errors import SheetnetError

RISKY = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # how a cell of a CSV file begins that is taken for a formula


def save(grades: Grades, path: str | Path) -> None:
    """None; the grades stand in the file, as its ending says: .csv, .html, .xlsx, or .json for Gradescope.

    Raises: SheetnetError for another ending, or a file that cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in WRITERS:
        raise SheetnetError(f"{path}: name a file that ends in {', '.join(WRITERS)}")
    with writing(path) as beside:
        WRITERS[path.suffix.lower()](grades, beside)


def _csv(grades: Grades, path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:  # with a mark that Excel knows UTF-8 by
        out = csv.DictWriter(file, COLUMNS, quoting=csv.QUOTE_ALL)  # also for programs that part cells at semicolons
        out.writeheader()
        out.writerows({key: tame(value) for key, value in row.items()} for row in grades.rows)


def tame(value: Any) -> Any:
    """A text that no program takes for a formula: with an apostrophe before it; a number as it is."""
    if not isinstance(value, str) or not value.strip().startswith(RISKY):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def _gradescope(grades: Grades, path: Path) -> None:
    """Results as Gradescope's autograders give them; of several files all of them, and what was not graded."""
    results = [
        {
            "learner": paper.who,
            "output": "\n".join(paper.remarks),
            "tests": [
                {
                    "name": f"{paper.lesson} {answer.called}",
                    "score": float(answer.verdict == "right"),
                    "max_score": 1.0,
                    "output": " ".join([answer.verdict, *filter(None, (answer.says, *answer.remarks))]),
                }
                for answer in paper.answers
            ],
        }
        for paper in grades.papers
    ]
    missed = [{"learner": p.learner, "file": p.file, "output": p.words} for p in grades.problems]
    whole: Any = results[0] if len(results) == 1 and not missed else {"papers": results, "not_graded": missed}
    path.write_text(json.dumps({"extra_data": {"made_by": GRADES}, **whole}, indent=1), encoding="utf-8")


WRITERS: dict[str, Callable[[Grades, Path], None]] = {
    ".csv": _csv, ".html": write_page, ".xlsx": write_book, ".json": _gradescope
}  # fmt: skip
