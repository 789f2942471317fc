"""A workbook of ours that has been read: its manifest, and whether its sheets still are where they were built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sheetnet.book import manifest
from sheetnet.book.manifest import MANIFEST_SHEET, Manifest
from sheetnet.book.reader import Contents, Sheet, read_sheet, sheet_names
from sheetnet.errors import WorkbookError


def find_manifest(contents: Contents) -> Manifest:
    """The manifest in a workbook's hidden sheet.

    Raises: WorkbookError when there is none, it is damaged or newer, or lays the workbook out differently.
    """
    if MANIFEST_SHEET not in contents.sheets:
        raise WorkbookError(
            f"{contents.file}: this workbook was not made by sheetnet build (it has no sheet {MANIFEST_SHEET}; the"
            " workbook of a sweep has none)"
        )
    return manifest.load(_text(contents.sheets[MANIFEST_SHEET]), contents.file)


def settings_in(path: Path) -> dict[str, Any] | None:
    """The settings that a workbook was made with, from its hidden sheet alone; None where nobody can read them."""
    try:
        sheet = read_sheet(path, MANIFEST_SHEET)
    except WorkbookError:
        return None
    return None if sheet is None else manifest.settings(_text(sheet))


def _text(sheet: Sheet) -> str:
    return "".join(str(sheet.values[at]) for at in sorted(sheet.values))


def is_ours(path: Path) -> bool:
    """Whether a file is a workbook with our hidden sheet: one that build may write over."""
    try:
        return MANIFEST_SHEET in sheet_names(path)
    except WorkbookError:
        return False


def missing_sheets(contents: Contents, found: Manifest) -> list[str]:
    """The sheets of ours that are not there.

    Raises: WorkbookError when another version has laid the workbook out otherwise.
    """
    if found.blocks != manifest.ranges(found.workbook.book):
        raise WorkbookError(
            f"{contents.file}: sheetnet {found.version} laid this workbook out differently; build it anew"
        )
    return [page.name for page in found.workbook.book.pages if page.name not in contents.sheets]


def as_laid_out(contents: Contents, found: Manifest) -> None:
    """Nothing, for a workbook whose sheets are all there.

    Raises: WorkbookError naming a sheet that is missing, or when another version has laid the workbook out otherwise.
    """
    present = ", ".join(name for name in contents.sheets if name != MANIFEST_SHEET)
    for name in missing_sheets(contents, found):
        raise WorkbookError(
            f"{contents.file}: the sheet {name} is missing: renamed or deleted. There are {present}; give the sheet its"
            " name back, or build the workbook anew"
        )
