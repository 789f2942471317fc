"""An answer key for the teacher alone: what is right for each learner, worked out from lesson and seed."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from sheetnet.book import reader
from sheetnet.book.contents import where
from sheetnet.book.inputs import read_inputs
from sheetnet.book.opened import find_manifest
from sheetnet.classroom.assigning import Assigned
from sheetnet.classroom.filling import question_of
from sheetnet.classroom.handouts import Handout, handout_of
from sheetnet.classroom.keys import DIGITS
from sheetnet.classroom.marking import KEY, new_book, new_sheet, writable, write_words
from sheetnet.classroom.writing import tame
from sheetnet.common.files import writing
from sheetnet.common.leftovers import temporary
from sheetnet.errors import SheetnetError
from sheetnet.motifs.blanks import Blank
from sheetnet.motifs.exercises import read_all
from sheetnet.page.area import area_of

if TYPE_CHECKING:
    from sheetnet.book.build import Built

ENDINGS = (".xlsx", ".csv")


@dataclass(frozen=True)
class Right:
    """The right answer to one exercise of one learner: a number, how far one may be off, and the reason.

    Of a blank, which is called "blank 1", the question is its place, and right the formula that was taken out.
    """

    learner: str
    file: str
    exercise: int | str
    question: str
    right: float | str
    within: float | None
    why: str


# a cell, or a range, of the sheet that a formula stands on
OWN_CELLS = re.compile(r"(?<![\w.!:$'])(\$?[A-Z]{1,3}\$?\d+)(?::(\$?[A-Z]{1,3}\$?\d+))?(?![\w.(])")
WIDTHS = 10, 60, 34, 10, 60  # of the sheet of reasons
HEADS = [field.name for field in fields(Right)]


def right_answers(
    assigned: Sequence[Assigned], lesson: str | Handout, *, blanks: bool = False, language: str = "",
    moved: Callable[[int, str], None] = lambda at, name: None,
) -> Iterator[Right]:  # fmt: skip
    """What is right for each learner, exercise by exercise, in the workbooks that assign has handed out.

    A workbook that a learner may have opened is not asked: it is made again from lesson and seed. blanks, language: of
    the workbooks. moved: called with how many are done and whose is next.
    """
    given = handout_of(lesson)

    def again(seed: int) -> Built:
        return given.write(place / "again.xlsx", seed, "", blanks, language)

    with temporary() as place:
        for i, one in enumerate(assigned):
            moved(i, one.learner)
            path = one.path if one.written else again(one.seed).path
            contents = reader.read(path)
            workbook = find_manifest(contents).workbook
            values = workbook.handed_out() or read_inputs(contents, workbook)  # a table of one's own is in the file
            found = read_all([exercise.asked[0] for exercise in workbook.exercises], workbook.by_node(values))
            for number, (exercise, truth) in enumerate(zip(workbook.exercises, found, strict=True), start=1):
                right = float(f"{truth:.{DIGITS}g}")
                within = exercise.tolerance(truth)
                yield Right(one.learner, one.path.name, number, exercise.question, right, within, exercise.why)
            missing = workbook.blanks.found if workbook.blanks else []
            for number, blank in enumerate(missing, start=1):
                area = blank.filled.area
                formula = as_seen(contents.sheets[area.sheet].formulas[area.row, area.col].text, missing)
                yield Right(one.learner, one.path.name, f"blank {number}", question_of(blank), formula, None, "")
        moved(len(assigned), "")


def as_seen(formula: str, blanks: Sequence[Blank]) -> str:
    """A formula of the sheet Blanks that reads the cells to fill in, where it reads hidden ones that stand for them."""
    places = {
        at: where(blank.cells.area.sheet, *seen)
        for blank in blanks
        for at, seen in zip(blank.filled.area.cells(), blank.cells.area.cells(), strict=True)
    }

    def seen(found: re.Match[str]) -> str:
        first, last = (area_of("", one.replace("$", "")).corners[:2] if one else None for one in found.groups())
        if first not in places or (last and last not in places):
            return found[0]
        return places[first] + (f":{places[last].rpartition('!')[2]}" if last else "")

    return OWN_CELLS.sub(seen, formula)


def key_file(path: Path, folder: Path, names: Path | None = None) -> Path:
    """The path, where a key may be written there. names: the file with those of the class.

    Raises: SheetnetError for another ending, a place among what learners are given, a file that is no key.
    """
    if path.suffix.lower() not in ENDINGS:
        raise SheetnetError(f"{path}: for --key name a file that ends in {' or '.join(ENDINGS)}")
    if folder.resolve() in path.resolve().parents:
        raise SheetnetError(f"{path}: the key would lie in {folder}, which learners are given; name another folder")
    writable(path, KEY, HEADS, names)
    return path


def save_key(rights: Sequence[Right], path: Path) -> None:
    """None; the key stands in the file, an .xlsx or a .csv, its words as text.

    Raises: SheetnetError where it cannot be written.
    """
    with writing(path) as beside:
        if path.suffix.lower() == ".csv":
            with beside.open("w", newline="", encoding="utf-8-sig") as file:  # with a mark that Excel knows UTF-8 by
                lines = csv.writer(file, quoting=csv.QUOTE_ALL)
                lines.writerows([HEADS, *([tame(value) for value in astuple(one)] for one in rights)])
        else:
            _xlsx(rights, beside)


def _xlsx(rights: Sequence[Right], path: Path) -> None:
    """A row for each learner, a column for each exercise; on a second sheet the questions and reasons, each once."""
    asked: dict[int | str, Right] = {}
    for one in rights:
        asked.setdefault(one.exercise, one)
    learners: dict[tuple[str, str], dict[int | str, Right]] = {}
    for one in rights:
        learners.setdefault((one.learner, one.file), {})[one.exercise] = one
    numbers = [name for name, one in asked.items() if one.within is not None]
    with new_book(path, KEY) as book:
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = new_sheet(book, "Key", ("learner", "file", *map(str, numbers)), 0, bold, still=1)
        sheet.set_column(0, 1, 30)
        sheet.set_column(2, 1 + len(numbers), 11)
        for i, ((learner, file), found) in enumerate(learners.items(), start=1):
            sheet.write_string(i, 0, learner, wrapped)
            sheet.write_string(i, 1, file, wrapped)
            for j, number in enumerate(numbers, start=2):
                sheet.write_number(i, j, found[number].right, wrapped)
        reasons = new_sheet(book, "Reasons", ("exercise", "question", "right for all", "to within", "why"), 0, bold)
        for col, width in enumerate(WIDTHS):
            reasons.set_column(col, col, width)
        for i, (name, one) in enumerate(asked.items(), start=1):
            told = ((_words(found[name].right), _words(found[name].within)) for found in learners.values())
            same = ("".join({*found} if len({*found}) == 1 else ()) for found in zip(*told, strict=True))
            alike = len({(found[name].question, found[name].why) for found in learners.values()}) == 1
            question = one.question if alike else f"{one.question} (with the numbers of {one.learner})"
            texts = zip((str(name), question, *same, one.why), WIDTHS, strict=True)
            write_words(reasons, i, dict(enumerate(texts)), wrapped)


def _words(value: float | str | None) -> str:
    """A number without digits that say nothing; a formula as it is."""
    return "" if value is None else value if isinstance(value, str) else f"{value:.12g}"
