"""The README's commands and code do what it says."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import Made, command_of, run_here

from sheetnet.book import reader
from sheetnet.course.listing import LISTING

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, text in BLOCKS if kind == "sh" for line in text.splitlines() if line.startswith("sheetnet ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_command_of_the_readme_is_understood(line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)[1:]
    command = command_of(name)
    assert command.make_context(name, arguments).params


def test_python_of_the_readme_runs_and_gives_the_numbers_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = [text for kind, text in BLOCKS if kind == "python"]
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(code, names)
    run, report = names["run"], names["report"]
    first, last = re.findall(r"(0\.\d+)\.\.\.", code)
    assert str(run.losses[0]).startswith(first)  # type: ignore[attr-defined]
    assert str(run.losses[100]).startswith(last)  # type: ignore[attr-defined]
    assert report.ok  # type: ignore[attr-defined]


def test_files_named_in_the_readme_exist() -> None:
    targets = [t for t in re.findall(r"\]\(([^)]+)\)", README) if "://" not in t]
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


def test_ci_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- test command -->" in README
    assert "test command" in script
    assert "-m pytest" in README.partition("<!-- test command -->")[2].split("```")[1]


def _in_a_fresh_process(code: str) -> str:
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return run.stdout.strip()


def test_importing_sheetnet_is_light() -> None:
    heavy = "('numpy', 'torch', 'pandas', 'xlsxwriter', 'openpyxl', 'ironcalc')"
    assert _in_a_fresh_process(f"import sys, sheetnet; print([m for m in {heavy} if m in sys.modules])") == "[]"


def test_public_names_stay_what_they_are_whatever_was_imported_before() -> None:
    code = """
import importlib, pkgutil, sheetnet as sn
for module in pkgutil.iter_modules(sn.__path__):
    if module.name != "__main__":
        importlib.import_module(f"sheetnet.{module.name}")
print([name for name in sn.__all__ if name != "__version__" and not callable(getattr(sn, name))])
"""
    assert _in_a_fresh_process(code) == "[]"


def test_train_learns_what_the_passengers_workbook_shows(titanic_file: Made) -> None:
    """The first command of the README builds, then trains: both begin from the same weights and say the same."""
    for name in ("linear", "two-relu"):
        said = run_here("train", name, "--epochs", 100, "--lr", 0.1, "--device", "cpu", "--json")
        assert said.returncode == 0, said.stderr
        losses = titanic_file.manifest.record[f"torch.{name.replace('-', '_')}.descent.loss"][:, 0]
        np.testing.assert_allclose(json.loads(said.stdout)["losses"], losses, rtol=1e-9)


def test_each_place_where_a_question_is_answered_is_there() -> None:
    """A sheet of a lesson, such as 4 Data, or a notebook."""
    table = README.partition("Questions that the course answers")[2].partition("</details>")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    files = {entry.number: ROOT / "workbooks" / f"{entry.file}.xlsx" for entry in LISTING.values()}
    sheets = {number: set(reader.read(path).sheets) for number, path in files.items()}
    for question, where in rows:
        assert question.endswith("?")
        for place in where.split(", "):
            number, _, sheet = place.partition(" ")
            assert int(sheet) in files if number == "notebook" else sheet in sheets[int(number)], (question, place)
    numbers = {place.partition(" ")[0] for _, where in rows for place in where.split(", ")}
    assert {int(number) for number in numbers if number.isdigit()} == set(files)
