"""A file of XlsxWriter that says which language its texts are in, for programs that read it aloud or check spelling."""

from __future__ import annotations

from typing import Any

import xlsxwriter
from xlsxwriter.packager import Packager

ENGLISH = "en-US"  # what XlsxWriter writes into every chart


class SpokenWorkbook(xlsxwriter.Workbook):  # type: ignore[misc]
    """A workbook in a language, such as "de": its properties say so, and its charts."""

    language = "en"

    def _get_packager(self) -> Packager:
        return _Spoken(self.language)


class _Spoken(Packager):  # type: ignore[misc]
    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def _write_core_file(self) -> None:
        super()._write_core_file()
        self._replace("</cp:coreProperties>", f"<dc:language>{self.language}</dc:language></cp:coreProperties>")

    def _write_chart_files(self) -> None:
        before = len(self.filenames)
        super()._write_chart_files()
        if self.language != "en":
            for place in range(before, len(self.filenames)):
                for said in ('lang="{}"', '<c:lang val="{}"'):
                    self._replace(said.format(ENGLISH), said.format(self.language), place)

    def _replace(self, old: str, new: str, place: int = -1) -> None:
        """Other words in a part of the package that was just written to memory."""
        content: Any = self.filenames[place][0]
        text = content.getvalue().replace(old, new)
        content.seek(0)
        content.truncate()
        content.write(text)
