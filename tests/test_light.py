"""A light install, without numba, matplotlib and pyarrow: what works all the same, and what says which it needs."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, run_here
from test_paths import task_of

import sheetnet as sn
from sheetnet.common.extras import EXTRAS, has
from sheetnet.training import nets
from sheetnet.training.paths import choose

MISSING = [*EXTRAS, "xlwings"]


def test_a_workbook_is_built_and_checked_without_any_extra(tmp_path: Path) -> None:
    """In a process of its own, that has not imported them before."""
    program = f"""
import sys
sys.modules.update(dict.fromkeys({MISSING}))
from sheetnet.__main__ import main
for command in (["build", "quadratic", "-o", "one.xlsx"], ["check", "one.xlsx"]):
    main(command, standalone_mode=False)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "blocks equal" in done.stdout


def test_another_path_is_taken_where_numba_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    assert not has("numba")
    table = sn.titanic()
    net, long = sn.two_relu(table), 10**6
    assert choose(task_of(net, table, "float64"), long) == "closed"
    assert choose(task_of(net, table, "float32", batch=32), long) == "autograd"
    assert nets.choose(task_of(net, table, "float64")).name == "closed"


@pytest.mark.parametrize(
    ("args", "package"),
    [
        (("train", "linear", "--epochs", 2, "--path", "fused"), "numba"),
        (("train", "linear", "--epochs", 2, "--plot", "curves.png"), "matplotlib"),
        (("build", "rows.parquet", "--target", "t", "-o", "out.xlsx"), "pyarrow"),
        (("train", "linear", "--data", "rows.csv", "--target", "t", "--epochs", 2), "pyarrow"),
    ],
)
def test_what_is_missing_is_said_with_the_extra_that_brings_it(
    args: tuple[object, ...], package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"a": [1.0, 2.0, 4.0], "t": [3.0, 5.0, 4.0]}).to_csv("rows.csv", index=False)
    Path("rows.parquet").write_bytes(b"PAR1 and more PAR1")
    monkeypatch.setitem(sys.modules, package, None)
    said = run_here(*args)
    assert said.returncode == 2, said.stderr
    assert f'needs {package}, which is not installed: pip install "sheetnet[{EXTRAS[package][0]}]"' in said.stderr


def test_the_extras_are_those_that_pyproject_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    of = project["optional-dependencies"]
    for package, (extra, _) in EXTRAS.items():
        assert [one.partition(">")[0] for one in of[extra]] == [package]
        assert not [one for one in project["dependencies"] if one.startswith(package)]
        assert [one for one in of["tested"] if one.startswith(f"{package}==")], "CI has it"
    assert of["all"] == ["sheetnet[fast,plot,parquet,excel]"]
