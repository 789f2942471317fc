"""Which sheetnet this is; a workbook says by which it was made."""

VERSION = "0.1.0"
