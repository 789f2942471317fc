"""Grades as one page of HTML: the gradebook first, then the exercises, what to look at, and each paper's mistakes."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from sheetnet.classroom.grades import Answer, Grades, Line, Paper, Question
from sheetnet.classroom.marking import GRADES

STYLE = (
    "body{font:15px Calibri,Carlito,sans-serif;max-width:60em;margin:2em auto;color:#222}"
    "table{border-collapse:collapse}td,th{padding:.2em .6em;border-bottom:1px solid #ccc;text-align:left}"
    ".bar{display:inline-block;height:.8em;background:#1E6B34}.rest{background:#EDEDED}"
)
LETTERS = {"right": "R", "close": "C", "wrong": "W", "not done": "-"}
COLORS = {"right": "#CFE8D5", "close": "#FCE8B2", "wrong": "#F4C7C3", "not done": "#EDEDED"}
LEGEND = "R right, C close, W wrong, - not done; * there is a remark below"
MORE_STYLE = (
    ".grid td,.grid th{text-align:center;padding:.2em .4em}.grid td:first-child{text-align:left}"
    + "".join(f".{LETTERS[word].replace('-', 'N')}{{background:{color}}}" for word, color in COLORS.items())
    + "@media print{@page{size:landscape}thead{display:table-header-group}tr{break-inside:avoid}"
    "*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}"
)


def write_page(grades: Grades, path: Path) -> None:
    """None; the page stands in the file."""
    problems = (f"{problem.file} {problem.learner}: {problem.words}" for problem in grades.problems)
    title = escape(grades.title)
    parts = [
        f'<!doctype html><html lang=en><meta charset=utf-8><meta name=generator content="{GRADES}">',
        f"<title>{title}</title><style>{STYLE}{MORE_STYLE}</style><h1>{title}</h1>",
        _grid(grades),
        f"<p>{LEGEND}</p><h2>Exercise by exercise</h2>",
        "<table><tr><th>#<th>Question<th>Right<th>Commonest wrong answers</tr>",
        *map(_question, grades.questions),
        f"</table><h2>To look at</h2>{_list(f'{who}: {words}' for who, words in grades.remarks)}",
        f"<h2>Not graded</h2>{_list(problems)}" if grades.problems else "",
        "<h2>Given and right</h2>",
        *(_details(line.who, line.paper) for line in grades.lines if line.paper),
    ]
    path.write_text("\n".join(parts), encoding="utf-8")


def letter(answer: Answer) -> str:
    """The verdict as a letter, with a star where there is a remark."""
    return LETTERS[answer.verdict] + "*" * bool(answer.remarks)


def number(value: float | None) -> str:
    """A number for people, in six digits; "" for none."""
    return "" if value is None else f"{value:.6g}"


def _grid(grades: Grades) -> str:
    heads = "".join(f"<th>{escape(name)}" for name in grades.exercises)
    rows = "".join(_row(line, len(grades.exercises)) for line in grades.lines)
    return f"<table class=grid><thead><tr><th>Learner{heads}<th>Right</tr></thead>{rows}</table>"


def _row(line: Line, n: int) -> str:
    if line.paper is None:
        return f"<tr><td>{escape(line.who)}<td colspan={n}>{escape(line.words)}<td>-</tr>"
    cells = "".join(
        f"<td class={LETTERS[answer.verdict].replace('-', 'N')}>{letter(answer)}" for answer in line.paper.answers
    )
    empty = "<td>" * (n - len(line.paper.answers))
    return f"<tr><td>{escape(line.who)}{cells}{empty}<td>{_total(line.paper)}</tr>"


def _total(paper: Paper) -> str:
    return f"{paper.n_right} of {len(paper.answers)}"


def _question(one: Question) -> str:
    bars = (
        f'<span class="bar" style="width:{8 * one.right:.2f}em"></span><span class="bar rest" '
        f'style="width:{8 * (1 - one.right):.2f}em"></span> {one.right:.0%}'
    )
    mistakes = "<br>".join(f"{escape(words)} ({n})" for words, n in one.mistakes)
    return f"<tr><td>{escape(one.called)}<td>{escape(one.question)}<td>{bars}<td>{mistakes}</tr>"


def _details(who: str, paper: Paper) -> str:
    """What was not right in a paper, beside what is."""
    told = [answer for answer in paper.answers if answer.verdict in ("close", "wrong")]
    rows = "".join(
        f"<tr><td>{answer.called}<td>{escape(answer.typed)}<td>{number(answer.value)}<td>{number(answer.right)}"
        f"<td>{escape(answer.says)}</tr>"
        for answer in told
    )
    heads = "<tr><th>#<th>Typed<th>Which is<th>Right is<th>Mistake</tr>"
    table = f"<table>{heads}{rows}</table>" if told else "<p>nothing wrong</p>"
    return f"<details><summary>{escape(who)}, {_total(paper)}</summary>{table}</details>"


def _list(lines: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines) or '<li>nothing</li>'}</ul>"
