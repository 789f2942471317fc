"""The benchmark's judge: a target that is missed is told."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ROOT


@pytest.fixture
def machine() -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("machine", ROOT / "tests" / "benchmarks" / "machine.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["machine"] = module  # where dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["machine"]


@pytest.mark.parametrize(("seconds", "missed"), [(2e-6, True), (0.9e-6, False)])
def test_a_missed_target_is_told(
    machine: Any, capsys: pytest.CaptureFixture[str], seconds: float, missed: bool
) -> None:
    lines = [machine.Line("autograd loop", lambda: 1e-7), machine.Line("sheetnet fused", lambda: seconds)]
    group = machine.Group("A sweep", "net and epoch", lines, 1e-7, ("1 us", 1e-6))
    group.measure(3)
    group.show()
    assert group.missed is missed
    assert ("MISSED" in capsys.readouterr().out) is missed


def test_what_the_readme_says_of_times_is_made_of_what_was_measured() -> None:
    """No figure is typed by hand: `python tests/benchmarks/tables.py` writes them."""
    spec = importlib.util.spec_from_file_location("tables", ROOT / "tests" / "benchmarks" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.partition(tables.BEGIN)[2].partition(tables.END)[0] == tables.measured()
    planted = [json.loads((tables.FIGURES / f"{name}.json").read_text()) for name in ("commands", "training")]
    planted[1]["groups"][1]["lines"][-1]["median"] *= 1.02
    assert tables.section(*planted, tables.sizes()) != tables.measured()
