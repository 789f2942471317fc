"""Excel itself, on Windows and macOS: whether it is there, and the two ways to have a workbook open in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sheetnet.engines.base import Engine, Session
from sheetnet.engines.excel_live import AttachedExcel
from sheetnet.engines.excel_session import ExcelSession


class Excel(Engine):
    """Microsoft Excel. open() runs one of its own, without a window; attach() takes the one that a person uses."""

    name = "excel"

    def missing(self) -> str | None:
        """None, or what to install, or which engine to take where Excel cannot run."""
        try:
            import xlwings as xw
        except ImportError as error:
            if sys.platform not in ("win32", "darwin"):
                return _no_excel_here()
            return f"Excel is driven by xlwings, which cannot be imported ({error}): pip install 'sheetnet[excel]'."
        if "excel" not in [engine.name for engine in xw.engines]:
            if sys.platform not in ("win32", "darwin"):
                return _no_excel_here()
            return "xlwings found no way to Excel (pywin32 or appscript is missing): pip install 'sheetnet[excel]'."
        if not _is_installed():
            return "Microsoft Excel is not installed here: install it, or use the engine libreoffice or ironcalc."
        return None

    def _open(self, path: Path) -> Session:
        return ExcelSession(path)

    def _attach(self, path: Path, visible: bool) -> Session:
        self._writable(path)
        return AttachedExcel(path, visible)


def _no_excel_here() -> str:
    return (
        f"Excel runs on Windows and macOS, not on this system ({sys.platform}): "
        "use the engine libreoffice, or ironcalc, which needs nothing installed."
    )


def _is_installed() -> bool:
    """Whether Excel is registered on Windows, or known to macOS; True elsewhere (someone gave xlwings an engine)."""
    if sys.platform == "win32":
        import winreg

        try:
            winreg.CloseKey(winreg.OpenKey(winreg.HKEY_CLASSES_ROOT, r"Excel.Application\CLSID"))
        except OSError:
            return False
    elif sys.platform == "darwin":
        asked = ["osascript", "-e", 'id of application "Microsoft Excel"']
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0
    return True
