"""What a clever pupil tries to read an answer out of a workbook without working it out, and without trial."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Made

from sheetnet.book import reader
from sheetnet.book.manifest import MANIFEST_SHEET
from sheetnet.book.opened import find_manifest
from sheetnet.course import LISTING
from sheetnet.course.lesson import Lesson
from sheetnet.graph.judging import WIDTH
from sheetnet.motifs.exercises import MARKS, OFFSETS, REACH, Exercise

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
Grid = np.ndarray  # (n, k): right, close, mistakes
Way = Callable[[float, float, float], Iterable[float]]


def in_the_middle(reach: float, offset: float, mark: float) -> Iterable[float]:
    """The small whole number that lies nearest to the middle of a bin."""
    off = [abs((n - offset) / (WIDTH * reach) - round((n - offset) / (WIDTH * reach))) for n in range(1, 10)]
    yield 1.0 + off.index(min(off))


# What is made of the three numbers that the sheet holds of a right answer: reach, offset and fingerprint
WAYS: dict[str, Way] = {
    "the fingerprint": lambda reach, offset, mark: (mark,),
    **{
        f"the offset times {scale:g}": lambda reach, offset, mark, scale=scale: (offset * scale,)  # type: ignore[misc]
        for scale in (sign * 10.0**power for power in range(-4, 5) for sign in (1, -1))
    },
    "in units of the tolerance": lambda reach, offset, mark: [s * offset / reach for s in (1, -1)],
    "in units of the bin": lambda reach, offset, mark: [s * offset / (WIDTH * reach) for s in (1, -1)],
    "the rest of a division by the bin": lambda reach, offset, mark: (offset % (WIDTH * reach),),
    "what stands after the point": lambda reach, offset, mark: (math.fmod(offset, 1.0),),
    "what stands in the middle": in_the_middle,
}


def found_by(way: Way, exercises: Sequence[Exercise], truths: Sequence[float], keys: Sequence[Grid]) -> list[int]:
    """The exercises whose answer a way finds."""
    out = []
    for i, (exercise, truth) in enumerate(zip(exercises, truths, strict=True)):
        guesses = way(*(float(column[i, 0]) for column in keys))
        if any(abs(guess - truth) <= exercise.tolerance(truth) for guess in guesses):
            out.append(i)
    return out


@dataclass
class Sheet:
    """A workbook as it is handed out: what its file holds, and the right answers, computed from its lesson."""

    contents: reader.Contents
    lesson: Lesson
    record: dict[str, np.ndarray]
    truths: list[float]


@pytest.fixture(scope="module")
def handed_out(titanic_file: Made, lesson_file: Callable[[str], Path]) -> list[Sheet]:
    out = []
    for name in LISTING:
        made = titanic_file if name == "titanic" else None
        contents = reader.read(made.path if made else lesson_file(name))
        found = find_manifest(contents)
        given = found.workbook.by_node(made.inputs if made else found.workbook.as_delivered())
        truths = [one.truth(given) for one in found.workbook.exercises]
        out.append(Sheet(contents, found.workbook, found.record, truths))
    return out


def test_no_recipe_leads_from_what_the_files_hold_to_the_answers(handed_out: list[Sheet]) -> None:
    """Who always says 1 finds a third of the choices: a recipe that works would find all that are whole numbers."""
    whole = sum(exercise.is_whole for sheet in handed_out for exercise in sheet.lesson.exercises)
    assert whole > 30
    for name, way in WAYS.items():
        told = [
            sheet.lesson.exercises[i].question
            for sheet in handed_out
            for i in found_by(
                way, sheet.lesson.exercises, sheet.truths, [sheet.record[id] for id in (REACH, OFFSETS, MARKS)]
            )
        ]
        assert len(told) <= whole / 2, (name, told)


def test_equal_answers_do_not_look_alike(handed_out: list[Sheet]) -> None:
    for sheet in handed_out:
        for id in (OFFSETS, MARKS):
            column = sheet.record[id][:, 0].tolist()
            assert len(set(column)) == len(column)


def said_in_secret(sheet: Sheet) -> list[str]:
    """The questions with an answer whose digits, to four places, stand in a name or on the hidden sheet, and in no cell
    that one sees; of whole numbers, and those with one digit after the point, that says nothing."""
    hidden = "".join(str(value) for value in sheet.contents.sheets[MANIFEST_SHEET].values.values())
    names = " ".join(sheet.contents.names.values())
    said = {round(float(number), 4) for number in NUMBER.findall(f"{hidden} {names}")}
    shown = {
        round(value, 4)
        for name, cells in sheet.contents.sheets.items() if name != MANIFEST_SHEET
        for value in (*cells.values.values(), *cells.stored.values()) if isinstance(value, float)
    }  # fmt: skip
    asked = zip(sheet.lesson.exercises, (round(truth, 4) for truth in sheet.truths), strict=True)
    return [one.question for one, truth in asked if truth != round(truth, 1) and truth in said - shown]


def test_no_name_or_hidden_sheet_says_an_answer_that_no_sheet_shows(handed_out: list[Sheet]) -> None:
    assert [said_in_secret(sheet) for sheet in handed_out] == [[]] * len(handed_out)
    sheet = handed_out[0]
    planted = replace(sheet.contents, names={"help": "=-0.98765"})
    assert len(said_in_secret(replace(sheet, contents=planted, truths=[-0.98765, *sheet.truths[1:]]))) == 1


@pytest.mark.parametrize(
    "name", ["the offset times 1", "the offset times -1", "the offset times 0.001", "what stands in the middle"]
)
def test_a_recipe_that_works_is_noticed(name: str) -> None:
    """Keys as a careless sheet would hold them: the answer itself, its negative, a thousand of it, a bin's middle."""
    exercises = [Exercise(f"which? {n}", float(n), 0.25) for n in (1, 2, 3, 4, 2, 3)]
    truths = np.array([[float(one.answer)] for one in exercises])
    offsets = {
        "the offset times 1": truths,
        "the offset times -1": -truths,
        "the offset times 0.001": truths * 1000,
        "what stands in the middle": truths - 4321 * WIDTH * 0.25,
    }[name]
    keys = [np.full((6, 1), 0.25), offsets, np.full((6, 1), 7.0)]
    assert len(found_by(WAYS[name], exercises, truths[:, 0].tolist(), keys)) == 6
