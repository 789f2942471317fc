"""Compiled code is kept from run to run; where it cannot be, or is damaged, the run goes on with a sentence."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numba import config
from numba.core import caching

import sheetnet as sn
from sheetnet.errors import SheetnetWarning
from sheetnet.training import fused
from sheetnet.training.compiling import compiled


def double(x: float) -> float:
    return x + x


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which numba keeps what it compiles."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def made() -> tuple[Any, float, list[str]]:
    """The function as a new run compiles it, what it says of 2, and the warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        function = compiled()(double)
        found = function(2.0)
    assert all(issubclass(one.category, SheetnetWarning) for one in said)
    return function, found, [str(one.message) for one in said]


def hits(function: Any) -> int:
    return sum(function.stats.cache_hits.values())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "cut": lambda file: file.write_bytes(file.read_bytes()[:50]),
    "noise": lambda file: file.write_bytes(bytes(range(7, 250))),
    "text": lambda file: file.write_bytes(b"<html>" * 50),
}


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_it_compiles_anew_what_was_damaged_and_says_so_once(cache: Path, damage: str, kind: str) -> None:
    made()
    for file in cache.rglob(f"*.{kind}"):
        DAMAGES[damage](file)
    function, found, said = made()
    assert (found, hits(function)) == (4.0, 0)
    assert len(said) == 1
    assert "is damaged" in said[0]
    function, found, said = made()  # and it is whole again
    assert (found, hits(function), said) == (4.0, 1, [])


def test_it_goes_on_without_a_folder_for_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching._CacheLocator, "from_function", classmethod(lambda *_: None))
    for locator in caching.CompileResultCacheImpl._locator_classes:
        monkeypatch.setattr(locator, "from_function", classmethod(lambda *_: None))
    _, found, said = made()
    assert found == 4.0
    assert len(said) == 1
    assert "NUMBA_CACHE_DIR names a folder" in said[0]


def test_it_goes_on_where_every_folder_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "cache"
    place.write_bytes(b"this is no folder, and none can be made below it")
    for locator in caching.CompileResultCacheImpl._locator_classes:
        monkeypatch.setattr(locator, "get_cache_path", lambda _: str(place / "sheetnet"))
    _, found, said = made()
    assert (found, len(said)) == (4.0, 1)
    assert "each run compiles anew" in said[0]


def test_what_another_version_left_is_not_taken(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made()
    for kind in ("nbi", "nbc"):  # each file is a pickle of another thing than it should be
        for file in cache.rglob(f"*.{kind}"):
            file.write_bytes(pickle.dumps(("0.1", {"old": "index"})))
    function, found, _ = made()
    assert (found, hits(function)) == (4.0, 0)


def test_a_sweep_needs_no_folder(cache: Path) -> None:
    table = sn.titanic()
    sn.sweep(sn.two_relu(table), table, nets=3, lr=0.1, scale=0.5, epochs=2, device="cpu")
    assert list(cache.rglob("*")) == []


def test_the_loops_over_rows_are_compiled_once_for_a_dtype(cache: Path) -> None:
    table, many = sn.titanic(), fused.sums.overloads
    for batch in (None, 100):
        sn.train(sn.two_relu(table), table, epochs=2, device="cpu", path="fused", batch=batch)
    signatures = [signature for signature in many if str(signature[0].dtype) == "float64"]
    assert len(signatures) == 1


def test_it_goes_on_where_the_disk_is_full(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "_save_data", full)
    _, found, said = made()
    assert (found, len(said)) == (4.0, 1)
    assert "No space left on device" in said[0]
