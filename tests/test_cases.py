"""Small files that once gave wrong numbers or no table, byte for byte, and what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sheetnet as sn

TWO = [[1.0, 2.0], [3.0, 4.0]], [0.0, 1.0]
FORMS: dict[str, tuple[bytes, tuple[list[list[float]], list[float]]]] = {
    "an empty first line": (b"\na,b,y\n1,2,0\n3,4,1\n", TWO),
    "lines of an old Mac": (b"a,b,y\r1,2,0\r3,4,1\r", TWO),
    "a comma at the end": (b"a,b,y,\n1,2,0,\n3,4,1,\n", TWO),
    "semicolons, commas as decimals": (b"a;b;y\n1,5;2,5;0\n3,1;4,2;1\n", ([[1.5, 2.5], [3.1, 4.2]], [0.0, 1.0])),
}
CODINGS = {"0 and 1": (0, 1), "1 and 2": (1, 2), "-1 and 1": (-1, 1)}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("form", FORMS)
def test_both_readers_read_the_same_numbers(form: str) -> None:
    content, (X, y) = FORMS[form]
    Path("made.csv").write_bytes(content)
    rows, table = sn.open_rows("made.csv", "y"), sn.table("made.csv", "y")
    assert rows.features == ("a", "b", "Ones")
    assert table.features == ("a", "b")
    loaded = rows.load()
    np.testing.assert_array_equal(loaded[0][:, :2], X)
    np.testing.assert_array_equal(np.ravel(loaded[1]), y)
    frame = table.frame
    np.testing.assert_array_equal(frame[["a", "b"]].to_numpy(dtype=float), X)
    np.testing.assert_array_equal(frame["y"].to_numpy(dtype=float), y)


def test_an_index_after_sampling_is_no_feature() -> None:
    pd.DataFrame({"a": [1.0, 2, 3], "y": [0.0, 1, 1]}).sample(frac=1, random_state=0).to_parquet("smp.parquet")
    assert sn.open_rows("smp.parquet", "y").features == ("a", "Ones")
    assert sn.table("smp.parquet", "y").features == ("a",)


@pytest.mark.parametrize("coding", CODINGS)
def test_six_rows_that_are_all_right_are_never_half_right(coding: str) -> None:
    """A line that parts them: all right as classes, and no share where the target is taken for a number."""
    low, high = CODINGS[coding]
    x = [-1.0, -0.8, -0.6, 0.6, 0.8, 1.0]
    pd.DataFrame({"x": x, "y": [low] * 3 + [high] * 3}).to_csv("made.csv", index=False)
    table = sn.table("made.csv", "y")
    assert table.target.kind == "two"
    run = sn.train(sn.logistic(table), table, epochs=50, lr=0.5, device="cpu")
    assert run.metrics["accuracy"].tolist() == [1.0]
    rows = sn.open_rows("made.csv", "y")
    of_rows = sn.train(sn.linear(rows), rows, epochs=50, lr=0.1, device="cpu").accuracies[-1]
    assert of_rows == 1.0 if coding == "0 and 1" else np.isnan(of_rows)
