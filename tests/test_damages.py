"""Nothing that a learner could see is damaged unseen: each kind of tests/damages.py in three workbooks.

DAMAGES=5 tries five places of each kind in each workbook, where the suite tries one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from random import Random

import damages
import pytest
from conftest import Made, converted, edit, run_here
from damages import DAMAGES, DIFFERENCE, NOTE, NOTHING, PRESENTATION, Damage, parts_of, swap

import sheetnet as sn
from sheetnet.book.contents import Contents
from sheetnet.book.manifest import MANIFEST_SHEET, Manifest
from sheetnet.book.opened import find_manifest
from sheetnet.checking import Report, examined, presentation
from sheetnet.checking.examined import examine
from sheetnet.course import LISTING
from sheetnet.engines import Engine
from sheetnet.errors import SheetnetError

PLACES = int(os.environ.get("DAMAGES", "1"))
WORKBOOKS = ("quadratic", "small", "own")


@pytest.fixture(scope="module")
def files(lesson_file: Callable[[str], Path], small: Made, own_file: Path) -> dict[str, Path]:
    return dict(zip(WORKBOOKS, (lesson_file("quadratic"), small.path, own_file), strict=True))


@pytest.fixture(scope="module", autouse=True)
def laid_out_once() -> Iterator[None]:
    """A book is laid out, and what it looks like written and read, once for all damages that leave its manifest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examined, "find_manifest", found_once(find_manifest))
        patch.setattr(presentation, "built_looks", lru_cache(maxsize=3)(presentation.built_looks))
        yield


def found_once(find: Callable[[Contents], Manifest]) -> Callable[[Contents], Manifest]:
    kept: dict[str, Manifest] = {}

    def found(contents: Contents) -> Manifest:
        text = str(contents.sheets[MANIFEST_SHEET].values) if MANIFEST_SHEET in contents.sheets else ""
        if text not in kept:
            kept[text] = find(contents)
        return kept[text]

    return found


def seen_as(report: Report) -> str:
    """The gravest kind of what a report says."""
    if not report.ok:
        return DIFFERENCE
    return PRESENTATION if report.presentation else NOTE if report.notes else NOTHING


def said(report: Report) -> str:
    return "\n".join([*map(str, report.findings), *map(str, report.presentation), *report.notes])


def damaged(path: Path, damage: Damage, seed: str, out: Path) -> Path | None:
    parts = damage.make(_parts(path), Random(seed))
    return None if parts is None else damages.write(parts, out)


@lru_cache(maxsize=3)
def _parts(path: Path) -> dict[str, bytes]:
    return parts_of(path)


def report_on(path: Path, damage: Damage) -> Report | None:
    """What check finds; None for a file that it refuses, with a word and exit code 2."""
    try:
        return sn.check(path) if damage.recalculated else examine(path)
    except SheetnetError:
        return None


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damage_is_seen_as_what_it_is(files: dict[str, Path], tmp_path: Path, kind: str) -> None:
    damage, tried = DAMAGES[kind], 0
    for name, path in files.items():
        for number in range(PLACES):
            out = damaged(path, damage, f"{kind} {name} {number}", tmp_path / "damaged.xlsx")
            if out is None:
                continue
            tried += 1
            report = report_on(out, damage)
            if report is None:
                assert damage.kind == DIFFERENCE, f"{name} {number} is refused"
                continue
            assert (name, number, seen_as(report)) == (name, number, damage.kind), said(report)
            assert damage.says in said(report)
    assert tried, "this damage has no place in any of the workbooks"


def test_there_are_damages_of_every_kind() -> None:
    kinds = [damage.kind for damage in DAMAGES.values()]
    least = {DIFFERENCE: 20, PRESENTATION: 40, NOTE: 3, NOTHING: 3}
    assert {kind: min(kinds.count(kind), count) for kind, count in least.items()} == least


@pytest.mark.parametrize("kind", ["a fill for another", "a name made relative"])
def test_the_whole_check_says_the_same_of_it(files: dict[str, Path], tmp_path: Path, kind: str) -> None:
    out = damaged(files["quadratic"], DAMAGES[kind], kind, tmp_path / "damaged.xlsx")
    assert out is not None
    quick, whole = examine(out), sn.check(out)
    assert (whole.structure, whole.presentation) == (quick.structure, quick.presentation)
    assert seen_as(whole) == DAMAGES[kind].kind


def test_strict_makes_differences_of_what_is_shown(files: dict[str, Path], tmp_path: Path) -> None:
    out = damaged(files["quadratic"], DAMAGES["a fill for another"], "", tmp_path / "damaged.xlsx")
    assert out is not None
    report = examine(out, strict=True)
    assert report.findings == report.presentation != []
    done = run_here("check", "--strict", out)
    assert done.returncode == 1, done.stderr
    assert "the fill is another" in done.stdout


# ---- what is no damage


@pytest.mark.office
def test_what_libreoffice_saves_looks_as_it_was_built(
    office: Engine, files: dict[str, Path], lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    """Lesson 3 has bars in its chart; with DAMAGES all seven lessons are tried."""
    names = [*LISTING] if "DAMAGES" in os.environ else ["quadratic", "matmul", "learning_rate"]
    paths = [*(lesson_file(name) for name in names if name != "titanic"), files["small"], files["own"]]
    first, *others = [Path(shutil.copy(path, tmp_path / f"{at}.xlsx")) for at, path in enumerate(paths)]
    folder = converted(first, tmp_path / "saved", "xlsx", *others).parent
    for path in (first, *others):
        report = examine(folder / path.name)
        assert seen_as(report) == NOTHING, said(report)


def test_what_openpyxl_saves_looks_as_it_was_built(files: dict[str, Path], tmp_path: Path) -> None:
    for name, path in files.items():
        report = examine(edit(path, tmp_path / f"{name}.xlsx", {}))
        assert seen_as(report) == NOTHING, said(report)


def test_charts_that_a_program_drops_are_one_line(small: Made, tmp_path: Path) -> None:
    out = damaged(small.path, DAMAGES["all charts gone"], "", tmp_path / "damaged.xlsx")
    assert out is not None
    (finding,) = examine(out).presentation
    assert finding.what == "6 charts are gone"
    assert finding.got == "none on Start, Descent Linear, Descent Two ReLU, Passenger"


def test_what_a_learner_may_do_is_no_finding(small: Made, tmp_path: Path) -> None:
    parts = parts_of(small.path)
    draw = Random(0)
    for pattern, new in (
        (r'(<c r="B9" s="\d+"><v>)0\.1<', r"\g<1>0.25<"),  # the learning rate
        (r'(<c r="C10" s="\d+")/>', r"\1><v>42</v></c>"),  # an answer
        (r'(<c r="B7" s="\d+"><v>)-?0\.', r"\g<1>1."),  # a weight
        ('<col min="1" max="1" width="', '<col min="1" max="1" width="4'),
        ("<sheetView ", '<sheetView zoomScale="70" '),
    ):
        spoilt = swap(damages.SHEETS, pattern, new)(parts, draw)
        assert spoilt is not None, pattern
        parts = spoilt
    report = examine(damages.write(parts, tmp_path / "edited.xlsx"))
    assert seen_as(report) == NOTHING, said(report)
