"""assign: the workbook of a lesson, or of one's own table, for each learner of a class, with numbers of their own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from sheetnet.book.opened import settings_in
from sheetnet.classroom.handouts import Handout, handout_of
from sheetnet.common.files import made_folder
from sheetnet.common.settings import named
from sheetnet.course import LISTING
from sheetnet.errors import SheetnetError

Moved = Callable[[int, str], None]
MOST = 500  # learners at once
SEEDS = 999_983
GIVEN = re.compile(r"\d\d_\w+_[0-9a-f]{4}(?![^\W_])")  # how the name of a file begins that was handed out
DIFFERS = {
    "seed": "another --seed", "learner": "another name", "blanks": "another choice of --blanks",
    "language": "another --language",
}  # fmt: skip


@dataclass(frozen=True)
class Assigned:
    """One learner's workbook: the file, the seed of its numbers, whether it was written or stood there already."""

    learner: str
    path: Path
    seed: int
    written: bool


def assign(
    folder: str | Path, learners: Sequence[str], lesson: str | Handout, *, seed: int = 0, blanks: bool = False,
    language: str = "", moved: Moved = lambda at, name: None,
) -> list[Assigned]:  # fmt: skip
    """A workbook in the folder for each learner, whose name stands on Start; a file that is there already stays.

    lesson: its name, or OwnTable(table, model): then each learner has other start numbers of the same model.
    seed: of the class: another one gives everybody other numbers. The numbers of a learner hang on the name, the lesson
    and this seed alone, so that a learner who comes later changes nobody else's. blanks: some formulas are left out, to
    be filled in. language: of its texts, such as "de". moved: called with how many are done and whose is next.
    Raises: SheetnetError for an unknown lesson, a name that is none or stands there twice, a folder that cannot be
    made, that holds workbooks of another lesson, or of these learners with other settings.
    """
    folder, given = Path(folder), handout_of(lesson)
    given.see(blanks, language)
    names = [named(unicodedata.normalize("NFC", name.strip())) for name in learners]
    if not names or len(names) > MOST:
        raise SheetnetError(f"a class has 1 to {MOST} learners, found {len(names)}")
    for i, name in enumerate(names, start=1):
        if not name or name in names[: i - 1]:
            words = f"the name {name!r} stands there twice: add what tells them apart" if name else "has no name"
            raise SheetnetError(f"learner {i}: {words}")
    made_folder(folder)
    asked = {"blanks": blanks, "language": "" if language == "en" else language}
    planned = [(name, folder / file_name(name, given.file), own_seed(seed, given.lesson, name)) for name in names]
    _no_other_lesson(folder, given.lesson)
    for name, path, own in planned:  # before anything is written
        moved(0, name)
        _as_asked(path, {"seed": own, "learner": name, **asked})
    out: list[Assigned] = []
    for name, path, own in planned:
        moved(len(out), name)
        written = not path.exists()
        if written:
            given.write(path, own, name, blanks, language)
        out.append(Assigned(name, path, own, written))
    moved(len(out), "")
    return out


def _no_other_lesson(folder: Path, lesson: str) -> None:
    """Nothing, where no workbook of another lesson was handed out in a folder. Raises: SheetnetError naming one."""
    others = [path.name for path in sorted(folder.glob("*.xlsx")) if (of := lesson_of(path.name)) and of != lesson]
    if others:
        raise SheetnetError(
            f"{folder / others[0]}: the folder holds workbooks of the lesson {lesson_of(others[0])}; name another"
            f" folder for {lesson}"
        )


def _as_asked(path: Path, asked: Mapping[str, object]) -> None:
    """Nothing, where a workbook that is there already is as it would be made now; one that nobody can read stays, too.

    Raises: SheetnetError naming the file, and what differs.
    """
    if not path.exists():
        return
    settings = settings_in(path)
    if settings is None:
        return
    found = {**dict.fromkeys(asked, ""), "blanks": False, **settings}
    for option, value in asked.items():
        if found[option] != value:
            raise SheetnetError(
                f"{path}: this workbook, already handed out, was made with {DIFFERS[option]}, and it stays as it is;"
                " give the same as then, or name another folder"
            )


def lesson_of(name: str) -> str:
    """The lesson of a file, by the name that assign has given it; "" for another.

    >>> lesson_of("01_quadratic_Ada_Lovelace_8cf7 (1).xlsx"), lesson_of("01_quadratic_feedback.pdf")
    ('quadratic', '')
    """
    if not GIVEN.match(unicodedata.normalize("NFC", name)):
        return ""
    return next((lesson for lesson, entry in LISTING.items() if name.startswith(f"{entry.file}_")), "")


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
