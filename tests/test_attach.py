"""A session on the user's own file: what every engine does alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import EVERY_ENGINE, engine_of
from engine_book import by_hand, write_book

from sheetnet.engines import Engine, Session
from sheetnet.engines.base import Gone
from sheetnet.errors import EngineError

FREE = "It's free"
SMALLEST = 2.3e-308  # that Excel has


@pytest.fixture(scope="module", params=EVERY_ENGINE)
def attached(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path = write_book(tmp_path_factory.mktemp("attached") / "book.xlsx")
    with engine_of(request.param) as engine, engine.attach(path, visible=False) as session:
        session.recalculate()
        yield session


def test_blocks_are_written_and_what_depends_on_them_follows(attached: Session) -> None:
    attached.write([(FREE, 0, 0, [[4.25, 0.1 + 0.2]]), ("Data", 4, 0, [[1.0, 0.0], [0.0, 2.0]])])
    attached.refresh()
    assert attached.read("Calc", 1, 3, 1, 1) == [[42.5]]
    assert attached.read("Calc", 3, 0, 2, 2) == [[1.0, 0.0], [0.0, 4.0]]
    assert attached.read(FREE, 0, 0, 1, 2) == [[4.25, 0.1 + 0.2]]


def test_a_block_may_mix_numbers_text_and_nothing(attached: Session) -> None:
    rows: list[list[float | str | None]] = [[1.5, "=1+1", None], ["12", "", -1e-300], ["'quoted", "TRUE", SMALLEST]]
    attached.write([(FREE, 10, 2, rows)])
    attached.refresh()
    empty_is_none = [[None if value == "" else value for value in row] for row in rows]
    assert attached.read(FREE, 10, 2, 3, 3) == empty_is_none
    attached.write([(FREE, 10, 2, [[None] * 3] * 3)])
    assert attached.read(FREE, 10, 2, 3, 3) == [[None] * 3] * 3


def test_nothing_is_written_where_one_value_cannot_be(attached: Session) -> None:
    attached.set(FREE, 20, 0, 1.0)
    with pytest.raises(EngineError, match="cannot hold inf"):
        attached.write([(FREE, 20, 0, [[2.0]]), (FREE, 21, 0, [[float("inf")]])])
    with pytest.raises(EngineError, match="'Nowhere'"):
        attached.write([(FREE, 20, 0, [[2.0]]), ("Nowhere", 0, 0, [[2.0]])])
    assert attached.read(FREE, 20, 0, 1, 1) == [[1.0]]


def test_a_sheet_is_added_once_and_a_chart_is_no_fault(attached: Session) -> None:
    if "Extra" not in attached.sheets:
        attached.add_sheet("Extra")
    attached.write([("Extra", 0, 0, [["a", "b"], [1.0, 2.0], [2.0, 5.0]])])
    attached.draw("Extra", (0, 0, 3, 2), (2, 5), "A line")
    assert attached.read("Extra", 1, 1, 2, 1) == [[2.0], [5.0]]
    with pytest.raises(EngineError, match="there is a sheet 'Extra' already"):
        attached.add_sheet("Extra")


@pytest.mark.office
def test_a_range_that_is_asked_for_again_stays_in_its_place(office: Engine, tmp_path: Path, temporary: Path) -> None:
    with office.attach(write_book(tmp_path / "book.xlsx"), visible=False) as session:
        for _ in range(3):
            assert session.read("Data", 4, 0, 1, 2) == [[1.0, 2.0]]
        by_hand(temporary, "document.Sheets.getByName('Data').Rows.insertByIndex(0, 1)")
        for _ in range(3):
            assert session.read("Data", 4, 0, 1, 2) == [[None, None]]
            assert session.read("Data", 5, 0, 1, 2) == [[1.0, 2.0]]
        by_hand(temporary, "document.Sheets.removeByName('Data')")
        with pytest.raises(Gone, match="the sheet 'Data' is gone"):
            session.read("Data", 5, 0, 1, 2)
        with pytest.raises(Gone, match="the sheet 'Data' is gone"):
            session.write([("Data", 4, 0, [[9.0, 9.0]])])
        assert session.read("Calc", 4, 0, 1, 1) != [[9.0]]
