"""Lessons laid out without a file, once each: what their blocks and texts say, for tests of their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import numpy as np

from sheetnet.course import kind_of
from sheetnet.course.lesson import Lesson
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node

Typed = Mapping[str, float | np.ndarray | list[list[float]]]


@cache
def drawn(name: str, seed: int) -> tuple[Lesson, Mapping[Node, np.ndarray]]:
    """The lesson with the numbers of a seed, and the values of its inputs; no file."""
    workbook = kind_of(name)("0", seed)
    return workbook, workbook.by_node(workbook.as_delivered())


def given_of(workbook: Lesson, id: str, given: Mapping[Node, np.ndarray]) -> np.ndarray:
    """What a block says."""
    return evaluate([workbook.book.block(id).node], given)[0]


def laid(name: str, seed: int = 0) -> Lesson:
    """The lesson with the numbers of a seed."""
    return drawn(name, seed)[0]


def said(name: str, seed: int, ids: str, typed: Typed | None = None) -> list[np.ndarray]:
    """What blocks say, by their ids, once some inputs, by theirs, hold other numbers."""
    workbook = laid(name, seed)
    inputs = workbook.as_delivered()
    for id, value in (typed or {}).items():
        inputs[id] = np.broadcast_to(np.asarray(value, dtype=float), inputs[id].shape)
    return evaluate([workbook.book.block(id).node for id in ids.split()], workbook.by_node(inputs))


def note(name: str, seed: int, words: str) -> str:
    """The text of a lesson that holds some words."""
    return next(text for text in _texts(name, seed) if words in text)


def figures(name: str, seed: int, pattern: str) -> list[float]:
    """The numbers that a lesson's text has at the places of #."""
    pattern = re.escape(pattern).replace(r"\#", r"(-?[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?)")
    found = (re.search(pattern, text) for text in _texts(name, seed))
    return next([float(number.replace(",", "")) for number in one.groups()] for one in found if one)


def _texts(name: str, seed: int) -> list[str]:
    workbook, _ = drawn(name, seed)
    pages = workbook.book.pages
    tries = [str(getattr(one, "words", one)) for one in workbook.tries]
    return [*tries, *(str(text.text) for page in pages for text in page.texts), *(page.about for page in pages)]
