"""The maker of mutants: each kind of fault is made, and a mutant is killed where a test notices it, and only there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from mutants import EQUIVALENT, MODULES, mutants


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("a < b", {"a <= b"}),
        ("a is not b", {"a is b"}),
        ("a + b", {"a - b"}),
        ("a - b", {"a + b", "b - a"}),
        ("2.5", {"3.5"}),
        ("True", {"False"}),
        ("'text'", set()),
        ("a and b", {"a or b"}),
        ("f(a, b, c)", {"f(b, a, c)"}),
        ("max(a, b)", set()),
        ("{1: a, 2: b}", {"{2: a, 2: b}", "{1: a, 3: b}", "{1: b, 2: a}"}),
        ("not a", {"not not a"}),
        ("a if b else c", {"a if not b else c"}),
        ("[a for a in b if c]", {"[a for a in b]"}),
    ],
)
def test_each_fault_that_can_be_made_is_made(source: str, faults: set[str]) -> None:
    assert {mutant.after for mutant in mutants(source)} == faults


def test_lines_are_dropped_but_for_words_and_types() -> None:
    source = 'def f(a: dict[int, 1]) -> 2:\n    """Words."""\n    a.pop()\n    return a\n'
    assert [(m.line, m.before, m.after) for m in mutants(source)] == [
        (1, "a.pop()", "pass"), (1, "return a", "pass"),
    ]  # fmt: skip


def test_what_a_test_notices_is_killed_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "thing.py").write_text("def half(a):\n    return a / 2\n")
    (tmp_path / "test_thing.py").write_text("from thing import half\n\ndef test_half():\n    assert half(0) == 0\n")
    command = [sys.executable, ROOT / "tests/mutants.py", "thing.py", "--root", tmp_path, "--tests", "test_thing.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    said = done.stdout.splitlines()
    assert {(said[i].split()[0], said[i + 2].strip()[2:]) for i in range(0, len(said), 3)} == {
        ("survived", "return a * 2"), ("survived", "return a / 3"),
        ("killed", "return 2 / a"), ("killed", "pass"),
    }  # fmt: skip
    assert done.stderr == "2 survived\n"


def test_equivalent_mutants_are_mutants() -> None:
    """Whose text has changed since is no longer known to be equivalent."""
    for module in MODULES:
        known = {(before, after) for name, before, after in EQUIVALENT if name == module}
        if known:
            assert known <= {(m.before, m.after) for m in mutants((ROOT / module).read_text())}
    assert {name for name, _, _ in EQUIVALENT} <= set(MODULES)
