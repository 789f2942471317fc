"""One page for the teacher of a lesson: time, a plan, goals, what is hard, what to ask, likely mistakes, pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib import import_module
from pathlib import Path

import numpy as np

from sheetnet.classroom.marking import is_marked
from sheetnet.classroom.report_page import STYLE
from sheetnet.common.files import writing
from sheetnet.course.lesson import Lesson
from sheetnet.course.listing import LISTING
from sheetnet.motifs.exercises import read_all
from sheetnet.motifs.predictions import AFTER, BEFORE, OUTGROWN, RIGHT, Prediction, outcomes
from sheetnet.motifs.start import Try
from sheetnet.page.language import said, speaking
from sheetnet.page.printed import printed

NAME = "teacher.html"
MARK = "<meta name=generator content=sheetnet>"
WHOSE = {
    True: "All numbers here are those of the course's own workbook. Workbooks that assign writes have others.",
    False: "All numbers here are those of this one workbook. The course's own, and those of learners, are others.",
}
LOST = "none of them: the numbers outgrow the sheet"
FRAME = ("Start", "Predict", "Exercises", "Words", "Torch", "Blanks")  # what every lesson has beside its own sheets
MORE_STYLE = "img{width:100%;border:1px solid #ccc}figure{margin:1em 0}@media print{figure{break-inside:avoid}}"


def is_taught(workbook: object) -> bool:
    """Whether it is a lesson of the course, of which there are words for the teacher."""
    return isinstance(workbook, Lesson) and workbook.name in LISTING


def write_page(workbook: Lesson, path: Path, pictures: Mapping[str, Path] | None = None) -> None:
    """None; the page stands in the file. pictures: of the sheets by their names, in the page's folder.

    Raises: SheetnetError where it cannot be written.
    """
    with writing(path) as beside:
        beside.write_text(page_of(workbook, pictures or {}), encoding="utf-8")


def is_ours(path: Path) -> bool:
    """Whether a page is one that was written here: it says so."""
    return is_marked(path, MARK)


def page_of(workbook: Lesson, pictures: Mapping[str, Path]) -> str:
    """The page as HTML, in the language of the workbook; all words of the lesson are text in it."""
    with speaking(workbook.book.language):
        return _page_of(workbook, pictures)


def _page_of(workbook: Lesson, pictures: Mapping[str, Path]) -> str:
    entry, words = LISTING[workbook.name], import_module(f"sheetnet.course.{workbook.name}.teaching")
    paper = sum(printed(page).n_pages for page in workbook.book.pages)
    counts = said(
        f"About {workbook.minutes} minutes. {len(workbook.predictions)} questions on Predict, {len(workbook.exercises)}"
        f" on Exercises. {len(workbook.book.pages)} sheets; printed, {paper} pages."
    )
    command = f"sheetnet assign FOLDER --class names.csv --lesson {workbook.name} --key key.xlsx"
    key = said(
        "{command} gives each learner a workbook with other numbers, and you all right answers with their reasons.",
        command=command,
    )
    head = said("Lesson {number}: {title}", number=entry.number, title=said(workbook.title))
    tries = [one.words if isinstance(one, Try) else one for one in workbook.tries]
    code = workbook.language or "en"
    parts = [
        f"<!doctype html><html lang={code}><meta charset=utf-8>{MARK}<title>{escape(head)}</title>",
        f"<style>{STYLE}{MORE_STYLE}</style><h1>{escape(head)}</h1><p>{escape(said(workbook.purpose))}</p><p>{escape(counts)}</p>",
        f"<p>{escape(_whose(workbook))}</p>",
        f"{_head('Afterwards they can')}{_list(map(said, workbook.goals))}",
        f"{_head('What is hard')}{_list(map(said, words.HARD))}",
        f"{_head('A plan')}{_list(_plan(workbook))}",
        f"{_head('Ask aloud, and what one hopes for')}{_asked(map(said, words.ALOUD), map(said, words.ANSWERS))}",
        f"{_head('Predict first: what comes, and why')}{_table(workbook)}",
        f"{_head('To try, at the workbook')}{_list(map(said, tries))}",
        f"{_head('Exercises, and likely mistakes')}<p>{escape(key)}</p>{_exercises(workbook)}",
        f"{_head('The sheets in their order')}{''.join(_sheets(workbook, pictures))}",
    ]
    return "\n".join(parts)


def _head(words: str) -> str:
    return f"<h2>{escape(said(words))}</h2>"


def _titles(*words: str) -> str:
    """A line of headings of a table; "#" counts."""
    return f"<tr>{''.join(f'<th>{escape(said(one))}' for one in words)}</tr>"


def _whose(workbook: Lesson) -> str:
    """Of which workbook the numbers on the page are."""
    return said(WHOSE[workbook.seed == LISTING[workbook.name].seed])


def _plan(workbook: Lesson) -> Iterable[str]:
    """What to do in the minutes: a quarter to predict, half to try, the rest for exercises."""
    guess, look = (max(5, 5 * round(workbook.minutes / part / 5)) for part in (4, 2))
    sheets = [page.name for page in workbook.book.pages if page.name not in FRAME]
    yield said(f"{guess} minutes: Predict, {len(workbook.predictions)} questions. Guess first, then look.")
    words = f"{look} minutes: {{sheets}}, with the {len(workbook.tries)} things to try below."
    yield said(words, sheets=", ".join(sheets))
    rest = max(5, workbook.minutes - guess - look)
    yield said(f"{rest} minutes: Exercises, {len(workbook.exercises)} questions. What is left over is for home.")


def _asked(questions: Iterable[str], answers: Iterable[str]) -> str:
    pairs = zip(questions, answers, strict=True)
    return f"<ul>{''.join(f'<li>{escape(one)}<br><i>{escape(other)}</i></li>' for one, other in pairs)}</ul>"


def _exercises(workbook: Lesson) -> str:
    """Each exercise with its right answer, and the mistakes that the sheet knows; numbers where they are known."""
    values = workbook.handed_out()
    given = None if values is None else workbook.by_node(values)
    rows = []
    for i, one in enumerate(workbook.exercises, start=1):
        truth, wrong = ("", [0.0] * len(one.mistakes))
        if given is not None:
            right, *found = read_all(one.asked, given)
            truth, wrong = _number(right), one.told_apart(right, *found)
        told = (
            f"{f'{_number(number)}: ' if given is not None else ''}{slip.words}"
            for slip, number in zip(one.slips, wrong, strict=False)  # not the wrong sign, which each knows
            if np.isfinite(number)
        )
        rows.append(
            f"<tr><td>{i}</td><td>{escape(one.question)}</td><td>{truth}</td>"
            f"<td>{'<br>'.join(map(escape, told))}</td></tr>"
        )
    return f"<table>{_titles('#', 'Question', 'Right', 'Likely wrong answers')}{''.join(rows)}</table>"


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"


def _table(workbook: Lesson) -> str:
    values = workbook.handed_out()
    if values is None:  # made with settings of one's own, by which other things may come
        return _list(one.words for one in workbook.predictions)
    came = outcomes(workbook.predictions, workbook.by_node(values))
    told = zip(*(came[id][:, 0].tolist() for id in (RIGHT, BEFORE, AFTER)), strict=True)
    rows = (_row(one, *numbers) for one, numbers in zip(workbook.predictions, told, strict=True))
    listed = "".join(f"<tr><td>{i}</td>{row}</tr>" for i, row in enumerate(rows, start=1))
    return f"<table>{_titles('#', 'Question', 'What comes', 'Why')}{listed}</table>"


def _row(asked: Prediction, right: float, before: float, after: float) -> str:
    choice = asked.choices[int(right) - 1] if right else said(LOST)
    numbers = " -> ".join(map(_number, (before, after)))
    question = "<br>".join(map(escape, asked.words.split("\n")))
    return f"<td>{question}</td><td>{escape(f'{choice} ({asked.number}: {numbers})')}</td><td>{escape(asked.why)}</td>"


def _number(number: float) -> str:
    """A number as people read it: four digits, and no powers of ten."""
    if abs(number) >= OUTGROWN:
        return said("too large")
    if abs(number) >= 1000:
        return f"{number:,.0f}"
    return np.format_float_positional(number, precision=4, unique=False, fractional=False, trim="-")


def _sheets(workbook: Lesson, pictures: Mapping[str, Path]) -> Iterable[str]:
    for page in workbook.book.pages:
        picture = pictures.get(page.name)
        alt = escape(said("The first screen of the sheet {name}", name=page.name), quote=True)
        shown = f'<img src="{escape(picture.name, quote=True)}" alt="{alt}">' if picture else ""
        yield f"<figure><figcaption><b>{escape(page.title)}</b><br>{escape(page.about)}</figcaption>{shown}</figure>"
