"""IronCalc, a spreadsheet engine written in Rust that runs inside this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sheetnet.engines.base import CellError, Engine, Session, Value
from sheetnet.errors import EngineError

if TYPE_CHECKING:
    from ironcalc import Model


class IronCalc(Engine):
    """The engine that pip installs along with sheetnet."""

    name = "ironcalc"

    def missing(self) -> str | None:
        """None, or how to install the Python package."""
        try:
            import ironcalc  # noqa: F401
        except ImportError as error:
            return f"IronCalc cannot be imported ({error}): run 'pip install ironcalc'."
        return None

    def _open(self, path: Path) -> Session:
        import ironcalc

        with _faults_named(path, "load"):
            return IronCalcSession(path, ironcalc.load_from_xlsx(str(path), "en", "UTC", "en"))


class IronCalcSession(Session):
    """A workbook in IronCalc, which counts rows and columns from 1."""

    def __init__(self, path: Path, model: Model) -> None:
        super().__init__(path, [sheet["name"] for sheet in model.get_worksheets_properties()])
        self._model: Model | None = model

    def _set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        where = (self._sheets.index(sheet), row + 1, col + 1)
        with self._running("set a cell of") as model:
            if value is None:
                model.clear_cell_contents(*where)
            elif isinstance(value, str):
                model.update_cell_with_text(*where, value)
            else:
                model.update_cell_with_number(*where, value)

    def _recalculate(self) -> None:
        with self._running("recalculate") as model:
            model.evaluate()

    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        from ironcalc import CellType

        index, error_type = self._sheets.index(sheet), CellType.ErrorValue
        with self._running("read") as model:
            get_value, get_type = model.get_cell_value, model.get_cell_type

            def value_at(i: int, j: int) -> Value:
                value = get_value(index, i, j)
                if isinstance(value, str):  # errors arrive as text too
                    return CellError(value) if get_type(index, i, j) == error_type else value or None
                return value

            columns = range(col + 1, col + 1 + n_cols)
            return [[value_at(i, j) for j in columns] for i in range(row + 1, row + 1 + n_rows)]

    def _add_sheet(self, name: str) -> None:
        with self._running("add a sheet to") as model:
            model.add_sheet(name)

    def _close(self) -> None:
        self._model = None

    @contextmanager
    def _running(self, task: str) -> Iterator[Model]:
        assert self._model is not None  # the public methods have checked it
        with _faults_named(self.path, task):
            yield self._model


@contextmanager
def _faults_named(path: Path, task: str) -> Iterator[None]:
    """A context in which a fault of IronCalc is an EngineError that names the file.

    A Rust panic derives from BaseException and its class cannot be imported; Ctrl-C passes through.
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise EngineError(f"{path}: IronCalc cannot {task} this workbook: {error}") from error
