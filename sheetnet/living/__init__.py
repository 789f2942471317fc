"""live: a workbook that is open in Excel or LibreOffice, written into while torch trains."""

from sheetnet.living.session import LiveSession, Stands, live

__all__ = ["LiveSession", "Stands", "live"]
