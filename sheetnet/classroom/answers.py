"""An answer key for the teacher alone: what is right for each learner, worked out from lesson and seed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from sheetnet.book import reader
from sheetnet.book.opened import find_manifest
from sheetnet.classroom.assigning import Assigned
from sheetnet.classroom.marking import KEY, new_book, writable
from sheetnet.classroom.writing import tame
from sheetnet.common.files import writing
from sheetnet.common.leftovers import temporary
from sheetnet.errors import SheetnetError
from sheetnet.motifs.exercises import read_all

if TYPE_CHECKING:
    from sheetnet.book.build import Built

ENDINGS = (".xlsx", ".csv")
DIGITS = 12  # of a right answer


@dataclass(frozen=True)
class Right:
    """The right answer to one exercise of one learner: a number, how far one may be off, and the reason."""

    learner: str
    file: str
    exercise: int
    question: str
    right: float
    within: float
    why: str


HEADS = [field.name for field in fields(Right)]


def right_answers(
    assigned: Sequence[Assigned], lesson: str, *, language: str = "",
    moved: Callable[[int, str], None] = lambda at, name: None,
) -> Iterator[Right]:  # fmt: skip
    """What is right for each learner, exercise by exercise, in the workbooks that assign has handed out.

    A workbook that a learner may have opened is not asked: it is made again from lesson and seed. language: of the
    workbooks. moved: called with how many are done and whose is next.
    """
    from sheetnet.book.build import build_lesson

    def again(seed: int) -> Built:
        return build_lesson(lesson, place / "again.xlsx", seed=seed, language=language)

    with temporary() as place:
        for i, one in enumerate(assigned):
            moved(i, one.learner)
            path = one.path if one.written else again(one.seed).path
            workbook = find_manifest(reader.read(path)).workbook
            values = workbook.handed_out()
            assert values is not None, "assign makes no workbook with settings of its own"
            found = read_all([exercise.asked[0] for exercise in workbook.exercises], workbook.by_node(values))
            for number, (exercise, truth) in enumerate(zip(workbook.exercises, found, strict=True), start=1):
                right = float(f"{truth:.{DIGITS}g}")
                within = exercise.tolerance(truth)
                yield Right(one.learner, one.path.name, number, exercise.question, right, within, exercise.why)
        moved(len(assigned), "")


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
    with new_book(path, KEY) as book:
        sheet, bold, wrapped = book.add_worksheet("Key"), book.add_format({"bold": True}), book.add_format()
        wrapped.set_text_wrap()
        wrapped.set_align("top")
        sheet.write_row(0, 0, HEADS, bold)
        for col, width in enumerate((22, 28, 9, 70, 16, 9, 60)):
            sheet.set_column(col, col, width, wrapped)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rights), len(HEADS) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for i, one in enumerate(rights, start=1):
            for j, value in enumerate(astuple(one)):
                (sheet.write_string if isinstance(value, str) else sheet.write_number)(i, j, value, wrapped)
