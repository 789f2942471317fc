"""The names of a class, out of a CSV file as people write them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from sheetnet.common.settings import named
from sheetnet.errors import DataError, SheetnetError
from sheetnet.tables.reading import cells_of, content_of, text_of
from sheetnet.tables.words import refusal, shown

HEAD = re.compile(
    r"((first|last|full|given|family|student|learner)[ _-]?)?names?|(vor|nach|zu|familien)?namen?|learners?|students?"
    r"|first|last|given|family|forenames?|surnames?|pupils?|sch.ler(in)?|(pr.)?nom|nombre|apellidos?"
)
SUCH_AS = "the names of a class, a line each, under the header name"


def names_in(path: Path) -> list[str]:
    """The names in a file: of its columns whose header says name (first and last name go together), or of its only one.

    Raises: DataError naming the file, and line, for what cannot be read, holds no name, or has none in a line, one that
    is too long, or one that stands there already.
    """
    file = str(path)
    cells = cells_of(text_of(content_of(path, "the names of a class"), file, lines="names below it"), file)
    ours = [i for i, head in enumerate(cells.header) if HEAD.fullmatch(head.strip().casefold())]
    rows, lines = cells.rows, cells.lines
    if not ours and len(cells.header) > 1:
        raise refusal(
            file, f"its columns are {', '.join(map(shown, cells.header[:6]))}", SUCH_AS, "call one of them name"
        )
    if not ours and rows:  # a list of names without a header
        ours, rows, lines = [0], [cells.header, *rows], [cells.first, *lines]
    out: dict[str, int] = {}  # the name, and its line
    for row, line in zip(rows, lines, strict=True):
        name = unicodedata.normalize("NFC", " ".join(" ".join(row[i].split()) for i in ours).strip())
        if not name:
            raise refusal(f"{file}, line {line}", "there is no name", SUCH_AS, "fill it in or take the line out")
        try:
            named(name)
        except SheetnetError as reason:
            raise DataError(f"{file}, line {line}: {reason}") from None
        if name in out:
            twice = f"the name {shown(name)} stands there twice, in line {out[name]} too"
            raise refusal(f"{file}, line {line}", twice, SUCH_AS, "add what tells them apart")
        out[name] = line
    if not out:
        raise refusal(file, "there is no name in it", SUCH_AS, "write one a line")
    return list(out)
