"""Grades as a workbook: the gradebook first, then the exercises with a picture, then answers beside the right ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sheetnet.classroom.grades import COLUMNS, Grades
from sheetnet.classroom.marking import GRADES, new_book, new_sheet, write_words
from sheetnet.classroom.report_page import COLORS, LEGEND, letter

WIDE = 60  # columns of words
TOP = 3  # the first line of the gradebook


def write_book(grades: Grades, path: Path) -> None:
    """None; the workbook stands in the file."""
    with new_book(path, GRADES) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        _gradebook(book, grades, bold, wrapped)
        _exercises(book, grades, bold, wrapped)
        _answers(book, grades, bold, wrapped)


def _gradebook(book: Any, grades: Grades, bold: Any, wrapped: Any) -> None:
    look = {"align": "center", "valign": "top", "border": 1, "border_color": "#BFBFBF"}
    colored = {word: book.add_format({**look, "bg_color": color}) for word, color in COLORS.items()}
    heads = ("learner", *grades.exercises, "right", "of", "remarks")
    n = len(grades.exercises)
    sheet = new_sheet(book, "Gradebook", heads, TOP - 1, bold, still=1)
    sheet.write_string(0, 0, grades.title, book.add_format({"bold": True, "font_size": 14}))
    sheet.write_string(1, 0, LEGEND.replace(" below", " at the right"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, n + 2, 5.5)
    sheet.set_column(n + 3, n + 3, WIDE)
    for i, line in enumerate(grades.lines, start=TOP):
        sheet.write_string(i, 0, line.who, wrapped)
        told = line.words
        if line.paper:
            for j, answer in enumerate(line.paper.answers, start=1):
                sheet.write_string(i, j, letter(answer), colored[answer.verdict])
            sheet.write_number(i, n + 1, line.paper.n_right, wrapped)
            sheet.write_number(i, n + 2, len(line.paper.answers), wrapped)
            told = "; ".join(line.paper.told)
        write_words(sheet, i, {n + 3: (told, WIDE)}, wrapped)
    shown = {line.who for line in grades.lines if line.paper is None}  # whose line says why there is no paper
    others = [problem for problem in grades.problems if problem.learner not in shown]
    for i, problem in enumerate(others, start=TOP + len(grades.lines)):
        sheet.write_string(i, 0, problem.learner or problem.file, wrapped)
        write_words(sheet, i, {n + 3: (f"{problem.file}: not graded, {problem.words}", WIDE)}, wrapped)


def _exercises(book: Any, grades: Grades, bold: Any, wrapped: Any) -> None:
    heads = ("exercise", "question", "learners", "right", "close", "wrong", "not done", "commonest wrong answers")
    sheet, share = new_sheet(book, "Exercises", heads, 0, bold), book.add_format({"num_format": "0%", "valign": "top"})
    sheet.set_column(0, 0, 9)
    sheet.set_column(1, 1, WIDE)
    sheet.set_column(3, 6, 9)
    sheet.set_column(7, 7, WIDE)
    for i, one in enumerate(grades.questions, start=1):
        sheet.write_string(i, 0, one.called, wrapped)
        mistakes = "; ".join(f"{words} ({n})" for words, n in one.mistakes)
        write_words(sheet, i, {1: (one.question, WIDE), 7: (mistakes, WIDE)}, wrapped)
        sheet.write_number(i, 2, one.n, wrapped)
        for j, value in enumerate((one.right, one.close, one.wrong, one.not_done), start=3):
            sheet.write_number(i, j, value, share)
    last = len(grades.questions)
    chart = book.add_chart({"type": "bar", "subtype": "percent_stacked"})
    for col, color in ((3, "#1E6B34"), (4, "#E0A000"), (5, "#A61C1C"), (6, "#BFBFBF")):
        places = ["Exercises", 1, col, last, col]
        names = ["Exercises", 1, 0, last, 0]
        chart.add_series({"name": heads[col], "categories": names, "values": places, "fill": {"color": color}})
    chart.set_title({"name": "Exercise by exercise", "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 640, "height": 120 + 24 * last})
    sheet.insert_chart(last + 2, 1, chart, {"description": "The share of right, close, wrong and missing answers."})


def _answers(book: Any, grades: Grades, bold: Any, wrapped: Any) -> None:
    sheet = new_sheet(book, "Answers", COLUMNS, 0, bold)
    widths = (22, 32, 11, 9, 10, 22, 12, 12, 36, 6, 36)
    for col, width in enumerate(widths):
        sheet.set_column(col, col, width)
    for i, row in enumerate(grades.rows, start=1):
        words = {j: (text, widths[j]) for j, text in enumerate(row.values()) if isinstance(text, str) and text}
        write_words(sheet, i, words, wrapped)
        for j, value in enumerate(row.values()):
            if isinstance(value, int | float):
                sheet.write_number(i, j, value, wrapped)
