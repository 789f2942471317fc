"""assign: the workbook of a lesson for each learner of a class, with numbers of their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from sheetnet.common.settings import named
from sheetnet.course import LISTING, kind_of
from sheetnet.course.languages import language_of
from sheetnet.errors import SheetnetError
from sheetnet.motifs.blanks import fillable

Moved = Callable[[int, str], None]
MOST = 500  # learners at once
SEEDS = 999_983


@dataclass(frozen=True)
class Assigned:
    """One learner's workbook: the file, the seed of its numbers, whether it was written or stood there already."""

    learner: str
    path: Path
    seed: int
    written: bool


def assign(
    folder: str | Path, learners: Sequence[str], lesson: str, *, seed: int = 0, blanks: bool = False,
    language: str = "", moved: Moved = lambda at, name: None,
) -> list[Assigned]:  # fmt: skip
    """A workbook in the folder for each learner, whose name stands on Start; a file that is there already stays.

    seed: of the class: another one gives everybody other numbers. The numbers of a learner hang on the name, the lesson
    and this seed alone, so that a learner who comes later changes nobody else's. blanks: some formulas are left out, to
    be filled in. language: of its texts, such as "de". moved: called with how many are done and whose is next.
    Raises: SheetnetError for an unknown lesson, a name that is none or stands there twice, a folder that cannot be
    made.
    """
    from sheetnet.book.build import build_lesson

    kind, folder = kind_of(lesson), Path(folder)
    if blanks:
        fillable(lesson, kind.to_fill)
    language_of(language, lesson)
    names = [named(unicodedata.normalize("NFC", name.strip())) for name in learners]
    if not names or len(names) > MOST:
        raise SheetnetError(f"a class has 1 to {MOST} learners, found {len(names)}")
    for i, name in enumerate(names, start=1):
        if not name or name in names[: i - 1]:
            words = f"the name {name!r} stands there twice: add what tells them apart" if name else "has no name"
            raise SheetnetError(f"learner {i}: {words}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise SheetnetError(f"{folder}: the folder cannot be made: {reason.strerror or reason}") from None
    out: list[Assigned] = []
    for name in names:
        moved(len(out), name)
        own = own_seed(seed, lesson, name)
        path = folder / file_name(name, LISTING[lesson].file)
        written = not path.exists()
        if written:
            build_lesson(lesson, path, seed=own, learner=name, blanks=blanks, language=language)
        out.append(Assigned(name, path, own, written))
    moved(len(out), "")
    return out


def own_seed(seed: int, lesson: str, learner: str) -> int:
    """The seed of a learner's numbers, from 1 on.

    >>> own_seed(0, "quadratic", "Ada") == own_seed(0, "quadratic", "Ada") != own_seed(0, "quadratic", "Ben")
    True
    """
    return 1 + crc32(f"{seed}\n{lesson}\n{learner}".encode()) % SEEDS


def file_name(learner: str, before: str) -> str:
    """A name for a learner's file, of letters and digits alone, that no other learner's file has.

    >>> file_name("Ada Lovelace", "01"), file_name("../../x", "01"), file_name("=", "01")
    ('01_Ada_Lovelace_8cf7.xlsx', '01_x_33a8.xlsx', '01_learner_a39c.xlsx')
    """
    stem = re.sub(r"\W+", "_", learner).strip("_")[:60] or "learner"
    return f"{before}_{stem}_{crc32(learner.encode()) % 0x10000:04x}.xlsx"
