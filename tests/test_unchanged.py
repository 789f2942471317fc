"""A workbook that stands there already is left alone, when another processor would round its numbers otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import rezip

import sheetnet as sn
from sheetnet.graph import evaluate

LESSON = "quadratic"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("unchanged") / "lesson.xlsx"
    sn.build_lesson(LESSON, path)
    return path


@pytest.fixture
def there(built: Path, tmp_path: Path) -> Path:
    return shutil.copy(built, tmp_path / "lesson.xlsx")


def rounded_otherwise(monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    """Products and sums as another processor may round them."""
    honest = dict(evaluate.NUMERIC)
    for op in ("matmul", "mean"):
        monkeypatch.setitem(evaluate.NUMERIC, op, lambda xp, *a, _op=op: honest[_op](xp, *a) * (1 + by))


def test_last_bits_do_not_rewrite_a_file(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = there.read_bytes()
    rounded_otherwise(monkeypatch, 2 * np.finfo(float).eps)
    assert sn.build_lesson(LESSON, there.with_name("other.xlsx")).path.read_bytes() != before  # they do differ
    sn.build_lesson(LESSON, there)
    assert there.read_bytes() == before
    assert not list(there.parent.glob(".*"))


def test_more_than_last_bits_does(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = there.read_bytes()
    rounded_otherwise(monkeypatch, 1e-9)
    sn.build_lesson(LESSON, there)
    assert there.read_bytes() != before


CHANGES = {
    "a formula": (b"<f>AVERAGE(", b"<f>SUM("),
    "a word that a formula gave": (b">equal</v>", b">differs</v>"),
    "an input": (b"<v>0.001</v>", b"<v>0.0010000000000001</v>"),
    "a width": (b'width="', b'width="1'),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_person_changed_is_written_anew(built: Path, there: Path, what: str) -> None:
    old, new = CHANGES[what]
    rezip(built, there, lambda name, content: content.replace(old, new) if "/worksheets/" in name else content)
    changed = there.read_bytes()
    assert changed != built.read_bytes()
    sn.build_lesson(LESSON, there)
    assert there.read_bytes() == built.read_bytes()


def test_another_input_is_another_workbook(there: Path) -> None:
    sn.write_params(there, there, {"slopes.wiggle": 0.001 + 1e-14})
    assert sn.read_params(there).inputs["slopes.wiggle"][0, 0] == 0.001 + 1e-14


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_is_replaced(there: Path, built: Path, content: bytes) -> None:
    there.write_bytes(content)
    sn.build_lesson(LESSON, there)
    assert there.read_bytes() == built.read_bytes()
