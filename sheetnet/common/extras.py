"""Packages that a light install leaves out, and how to get them; what needs one asks here before it is imported."""

from __future__ import annotations

from importlib.util import find_spec

from sheetnet.errors import SheetnetError

EXTRAS = {  # package: its extra in pyproject.toml, and what needs it
    "numba": ("fast", "the paths fused and gram"),
    "matplotlib": ("plot", "a picture of curves"),
    "pyarrow": ("parquet", "a Parquet or Arrow file, and rows that are read in parts,"),
}


def has(package: str) -> bool:
    """Whether a package is installed; it is not imported."""
    return find_spec(package) is not None


def need(package: str) -> None:
    """None, where a package of EXTRAS is installed. Raises: SheetnetError that says what needs it and how to get it."""
    if not has(package):
        extra, what = EXTRAS[package]
        raise SheetnetError(f'{what} needs {package}, which is not installed: pip install "sheetnet[{extra}]"')
