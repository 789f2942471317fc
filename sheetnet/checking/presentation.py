"""What a learner would see otherwise than it was built, though every formula is right: findings of their own kind.

The workbook is written anew without its numbers, and what both files show is read by one reader, so that whatever the
writer writes is compared.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import groupby
from typing import NamedTuple

import numpy as np

from sheetnet.book.bare import bare
from sheetnet.book.manifest import MANIFEST_SHEET, fingerprint
from sheetnet.book.package import Package
from sheetnet.checking.drawings import Drawing
from sheetnet.checking.looks import SheetLooks, looks
from sheetnet.checking.report import Finding
from sheetnet.checking.styles import KINDS
from sheetnet.page.area import Area, area_of, cell_address, column_letters, quoted
from sheetnet.page.book import Book, Page
from sheetnet.page.language import speaking

SHOWN = 3  # places of one kind that are named
NARROW = 0.5  # of its width or height, below which a column or row counts as hidden
MOST = 200  # characters of a cell that are shown
MOVED = 2  # columns or rows by which a chart may stand elsewhere: programs place it by their own measures


class Seen(NamedTuple):
    """One thing that looks otherwise: on which sheet, what, at which place, and what was found and expected."""

    sheet: str
    what: str
    place: str
    got: str
    expected: str


def check_presentation(found: Mapping[str, SheetLooks], book: Book, tips: Mapping[str, str]) -> list[Finding]:
    """What sheets that look so show otherwise than the book does, one finding for each kind on each of them.

    tips: the fingerprints, by the ids of blocks, of what their cells said that they held.
    """
    with speaking(book.language):
        built = built_looks(book)
    pages = [page.name for page in book.pages if page.name in found]
    there = [name for name in found if name in pages]
    seen = []
    if there != pages:
        seen.append(Seen("", "the sheets stand in another order", "sheets", ", ".join(there), ", ".join(pages)))
    gone: list[tuple[str, str]] = []
    for page in book.pages:
        if page.name in found:
            areas = [block.area for block in page.blocks]
            seen += _sheet(page.name, found[page.name], built[page.name], areas, gone)
            seen += _tips(page, found[page.name], tips)
        else:
            seen.append(Seen(page.name, "what this sheet shows cannot be told", "A1", "nothing known", "the sheet"))
    hidden = found.get(MANIFEST_SHEET)
    if hidden is not None and hidden.view["sheet"] == "visible":
        seen.append(Seen(MANIFEST_SHEET, "the hidden sheet is shown", "A1", "visible", "hidden"))
    if gone:
        titles, sheets = (
            ", ".join(repr(title) for title, _ in gone[:SHOWN]),
            ", ".join(dict.fromkeys(s for _, s in gone)),
        )
        count = "a chart is" if len(gone) == 1 else f"{len(gone)} charts are"
        seen.append(Seen("", f"{count} gone", "charts", f"none on {sheets}", titles))
    return _together(seen)


def built_looks(book: Book) -> dict[str, SheetLooks]:
    """What the sheets of a book look like, by name; of each block its first cell."""
    with zipfile.ZipFile(BytesIO(bare(book))) as archive:
        return looks(Package("", {name: archive.read(name) for name in archive.namelist()}))


def _together(seen: list[Seen]) -> list[Finding]:
    """A finding for each sheet and kind, that names the first places."""
    out = []
    for (sheet, what), several in groupby(sorted(seen, key=lambda one: one[:2]), key=lambda one: one[:2]):
        first, *others = several
        where = f"{quoted(sheet)}!{first.place}" if sheet else first.place
        if others:
            named = ", ".join([first.place, *(one.place for one in others[: SHOWN - 1])])
            what = f"{what} ({len(others) + 1} such places on this sheet: {named})"
        out.append(Finding(where, what, first.got, first.expected))
    return out


def _sheet(
    name: str, found: SheetLooks, built: SheetLooks, areas: list[Area], gone: list[tuple[str, str]]
) -> Iterator[Seen]:
    cells: set[str] = set()  # of blocks
    for area in areas:
        letters = [column_letters(area.col + j) for j in range(area.n_cols)]
        block = [f"{letter}{area.row + i + 1}" for i in range(area.n_rows) for letter in letters]
        look = built.styles[block[0]]
        for at in block:
            if found.styles.get(at) != look:
                yield from _style(name, at, found, look)
        cells.update(block)
    merged = [area_of(name, place) for place in built.merged]  # of which the first cell is what is seen
    under = {cell_address(*at) for area in merged for at in area.cells() if at != (area.row, area.col)}
    for at, look in built.styles.items():
        if at not in cells and at not in under:
            yield from _style(name, at, found, look)
    for at, words in built.words.items():
        said = found.words.get(at, "")
        if at not in cells and said != words and not _same_number(said, words):
            yield Seen(name, "the words were changed", at, repr(said)[:MOST], repr(words)[:MOST])
    for at in found.words.keys() - built.words.keys() - cells:
        yield Seen(name, "a cell was filled that was empty", at, repr(found.words[at])[:MOST], "nothing")
    got, expected = ({at: "; ".join(rules) for at, rules in one.rules.items()} for one in (found, built))
    yield from _differing(name, "the conditional format is another", got, expected, "no rule")
    yield from _differing(name, "other values may be typed", found.bounds, built.bounds, "anything")
    yield from _differing(name, "the link leads elsewhere", found.links, built.links, "no link")
    got, expected = (dict.fromkeys(sorted(one.merged), "one merged cell") for one in (found, built))
    yield from _differing(name, "cells are merged otherwise", got, expected, "cells of their own")
    for key, was in built.view.items():
        if (now := found.view.get(key, was)) != was:
            yield Seen(name, f"{key}: not as built", "A1", now, was)
    yield from _hidden(name, found, built, [*areas, *merged, *(area_of(name, at) for at in built.words)])
    yield from _charts(name, found, built, gone)
    if found.others != built.others:
        yield Seen(name, "drawings lie over the cells", "A1", f"{found.others} drawings or controls", str(built.others))
    for at in found.notes:
        yield Seen(name, "a note was added", at, "a note", "none")


def _same_number(got: str, expected: str) -> bool:
    try:
        return float(got) == float(expected)
    except ValueError:
        return False


def _style(name: str, at: str, found: SheetLooks, look: tuple[str, ...]) -> Iterator[Seen]:
    got = found.style(at)
    if got != look:
        for kind, a, b in zip(KINDS.values(), got, look, strict=True):
            if a != b:
                yield Seen(name, f"the {kind} is another", at, a, b)


def _differing(
    name: str, what: str, found: Mapping[str, str], built: Mapping[str, str], nothing: str
) -> Iterator[Seen]:
    for at in [*built, *(at for at in found if at not in built)]:
        if found.get(at) != built.get(at):
            yield Seen(name, what, at, found.get(at, nothing), built.get(at, nothing))


def _tips(page: Page, found: SheetLooks, tips: Mapping[str, str]) -> Iterator[Seen]:
    """What cells say that they held as the workbook came: of that there is a fingerprint only."""
    for block in page.blocks:
        if block.id in tips:
            said = [found.tips.get(cell_address(*at), "") for at in block.area.cells()]
            if fingerprint(np.array(said, dtype=object)) != tips[block.id]:
                shown = ", ".join(said)[:MOST] or "nothing"
                at = block.area.address()
                yield Seen(page.name, "the tips say that other values came here", at, shown, "those that it came with")


def _hidden(name: str, found: SheetLooks, built: SheetLooks, areas: list[Area]) -> Iterator[Seen]:
    """Columns and rows that hold something of ours and are hidden, or too small to show it."""
    for col in sorted({col for area in areas for col in range(area.col, area.col + area.n_cols)}):
        got, was = (one.columns.get(col, one.usual[0]) for one in (found, built))
        if got < NARROW * was:
            at = column_letters(col)
            yield Seen(name, "a column is hidden, or too narrow", f"{at}:{at}", f"{got:g} wide", f"{was:g} wide")
    for row in sorted({row for area in areas for row in range(area.row, area.row + area.n_rows)}):
        got, was = (one.rows.get(row, one.usual[1]) for one in (found, built))
        if got < NARROW * was:
            yield Seen(name, "a row is hidden, or too low", f"{row + 1}:{row + 1}", f"{got:g} high", f"{was:g} high")


def _charts(name: str, found: SheetLooks, built: SheetLooks, gone: list[tuple[str, str]]) -> Iterator[Seen]:
    """Each chart beside the one of its title; those of other titles in their order."""
    left = list(found.charts)
    pairs: list[tuple[Drawing, Drawing | None]] = []
    for chart in built.charts:
        same = next((one for one in left if one.title == chart.title), None)
        if same is not None:
            left.remove(same)
        pairs.append((chart, same))
    for chart, one in pairs:
        one = one or (left.pop(0) if left else None)
        if one is None:
            gone.append((chart.title, name))
            continue
        what = f"the chart {chart.title!r} was changed"
        for key in [*chart.facts, *(key for key in one.facts if key not in chart.facts)]:
            if one.facts.get(key) != chart.facts.get(key):
                got, expected = one.facts.get(key, "none"), chart.facts.get(key, "none")
                yield Seen(name, f"{what}: {key}", f"chart {chart.title!r}", got or "nothing", expected or "nothing")
        if len(one.corners) != len(chart.corners) or any(
            abs(a - b) > MOVED for a, b in zip(one.corners, chart.corners, strict=True)
        ):
            yield Seen(name, f"{what}: place", f"chart {chart.title!r}", _place(one), _place(chart))
    for one in left:
        yield Seen(name, "a chart was added", f"chart {one.title!r}", _place(one), "no chart")


def _place(chart: Drawing) -> str:
    if len(chart.corners) != 4:
        return "nowhere"
    left, top, right, bottom = chart.corners
    return f"{column_letters(left)}{top + 1} to {column_letters(right)}{bottom + 1}"
