"""Grades as files: CSV, one page of HTML, a workbook with pictures, Gradescope's results. Text of others stays text."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from sheetnet.classroom.grades import COLUMNS, Grades
from sheetnet.classroom.marking import GRADES
from sheetnet.common.files import writing
from sheetnet.errors import SheetnetError

RISKY = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # how a cell of a CSV file begins that is taken for a formula
DATE = datetime(2000, 1, 1)  # of all workbooks: same grades, same bytes
STYLE = (
    "body{font:15px Calibri,Carlito,sans-serif;max-width:60em;margin:2em auto;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.2em .6em;border-bottom:1px solid #ccc;text-align:left}"
    ".bar{display:inline-block;height:.8em;background:#1E6B34}.rest{background:#EDEDED}"
)


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


def _html(grades: Grades, path: Path) -> None:
    papers = "".join(
        f"<tr><td>{escape(p.who)}</td><td>{escape(p.lesson)}</td><td>{p.n_right} of {len(p.answers)}</td></tr>"
        for p in grades.papers
    )
    questions = "".join(
        f"<tr><td>{escape(q.lesson)} {q.number}</td><td>{escape(q.question)}</td>"
        f'<td><span class="bar" style="width:{8 * q.right:.2f}em"></span><span class="bar rest" '
        f'style="width:{8 * (1 - q.right):.2f}em"></span> {q.right:.0%}</td>'
        f"<td>{'<br>'.join(f'{escape(words)} ({n})' for words, n in q.mistakes)}</td></tr>"
        for q in grades.questions
    )
    remarks = "".join(f"<li>{escape(who)}: {escape(words)}</li>" for who, words in grades.remarks)
    problems = "".join(f"<li>{escape(f'{p.file} {p.learner}')}: {escape(p.words)}</li>" for p in grades.problems)
    parts = [
        f'<!doctype html><html lang=en><meta charset=utf-8><meta name=generator content="{GRADES}">',
        "<title>Grades</title>",
        f"<style>{STYLE}</style><h1>Grades</h1>",
        f"<table><tr><th>Learner<th>Lesson<th>Right</tr>{papers}</table>",
        "<h2>Exercise by exercise</h2><table><tr><th>#<th>Question<th>Right<th>Commonest wrong answers</tr>",
        f"{questions}</table>",
        f"<h2>To look at</h2><ul>{remarks or '<li>nothing</li>'}</ul>",
        f"<h2>Not graded</h2><ul>{problems}</ul>" if problems else "",
    ]
    path.write_text("\n".join(parts), encoding="utf-8")


def _xlsx(grades: Grades, path: Path) -> None:
    with new_book(path, GRADES) as book:
        bold, share = book.add_format({"bold": True}), book.add_format({"num_format": "0%"})
        _learners_sheet(book, grades, bold)
        _answers_sheet(book, grades, bold)
        sheet = book.add_worksheet("Exercises")
        heads = ("exercise", "question", "learners", "right", "close", "wrong", "not done", "commonest wrong answers")
        sheet.write_row(0, 0, heads, bold)
        sheet.set_column(0, 0, 14)
        sheet.set_column(1, 1, 60)
        sheet.set_column(3, 6, 9, share)
        sheet.set_column(7, 7, 60)
        for i, one in enumerate(grades.questions, start=1):
            sheet.write_string(i, 0, f"{one.lesson} {one.number}")
            sheet.write_string(i, 1, one.question)
            for j, value in enumerate((one.n, one.right, one.close, one.wrong, one.not_done), start=2):
                sheet.write_number(i, j, value)
            sheet.write_string(i, 7, "; ".join(f"{words} ({n})" for words, n in one.mistakes))
        last = len(grades.questions)
        chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
        for col, color in ((3, "#1E6B34"), (4, "#E0A000"), (5, "#A61C1C"), (6, "#BFBFBF")):
            where = ["Exercises", 1, col, last, col]
            names = ["Exercises", 1, 0, last, 0]
            series = {"name": heads[col], "categories": names, "values": where, "fill": {"color": color}}
            chart.add_series(series)
        chart.set_title({"name": "Exercise by exercise", "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True})
        chart.set_size({"width": 640, "height": 120 + 24 * last})
        sheet.insert_chart(last + 2, 1, chart, {"description": "The share of right, close, wrong and missing answers."})


def new_book(path: Path, mark: str) -> Any:
    """A workbook of XlsxWriter in which every text stays text, with a mark of who made it and no date of today."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"comments": mark, "created": DATE})
    return book


def _learners_sheet(book: Any, grades: Grades, bold: Any) -> None:
    sheet = book.add_worksheet("Learners")
    sheet.write_row(0, 0, ("learner", "file", "lesson", "right", "of", "remarks"), bold)
    sheet.set_column(0, 1, 30)
    sheet.set_column(5, 5, 90)
    sheet.freeze_panes(1, 0)
    remarks: dict[str, list[str]] = {}
    for who, words in grades.remarks:
        remarks.setdefault(who, []).append(words)
    for i, paper in enumerate(grades.papers, start=1):
        for j, text in enumerate((paper.who, paper.file, paper.lesson)):
            sheet.write_string(i, j, text)
        sheet.write_number(i, 3, paper.n_right)
        sheet.write_number(i, 4, len(paper.answers))
        sheet.write_string(i, 5, "; ".join(remarks.get(paper.who, ()))[:32_000])
    for i, problem in enumerate(grades.problems, start=1 + len(grades.papers)):
        for j, text in enumerate((problem.learner, problem.file)):
            sheet.write_string(i, j, text)
        sheet.write_string(i, 5, f"not graded: {problem.words}")


def _answers_sheet(book: Any, grades: Grades, bold: Any) -> None:
    sheet = book.add_worksheet("Answers")
    sheet.write_row(0, 0, COLUMNS, bold)
    sheet.set_column(0, 1, 26)
    sheet.set_column(5, 8, 24)
    sheet.freeze_panes(1, 0)
    for i, row in enumerate(grades.rows, start=1):
        for j, value in enumerate(row.values()):
            if isinstance(value, int | float):
                sheet.write_number(i, j, value)
            elif value:
                sheet.write_string(i, j, str(value)[:32_000])


def _gradescope(grades: Grades, path: Path) -> None:
    """Results as Gradescope's autograders give them; of several files all of them, and what was not graded."""
    results = [
        {
            "learner": paper.who,
            "output": "\n".join(paper.remarks),
            "tests": [
                {
                    "name": f"{paper.lesson} {answer.number}",
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
    ".csv": _csv, ".html": _html, ".xlsx": _xlsx, ".json": _gradescope
}  # fmt: skip
