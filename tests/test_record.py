"""The hidden record of a workbook: no digit of it changes unseen, and another version's is told by its names."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Made

from sheetnet.book import manifest, reader
from sheetnet.book.contents import Contents
from sheetnet.book.manifest import MANIFEST_SHEET, fingerprint, load
from sheetnet.errors import WorkbookError
from sheetnet.motifs.agreement import TORCH

Change = Callable[[dict[str, Any]], object]


def text_of(contents: Contents) -> str:
    values = contents.sheets[MANIFEST_SHEET].values
    return "".join(str(values[at]) for at in sorted(values))


@pytest.fixture(scope="module")
def texts(small: Made, own_file: Path) -> dict[str, str]:
    return {"titanic": text_of(reader.read(small.path)), "own": text_of(reader.read(own_file))}


def sealed(content: dict[str, Any]) -> str:
    """The text that a version would write which knows this content, with its digest."""
    content = {key: value for key, value in content.items() if key != "digest"}
    text = json.dumps(content, separators=(",", ":"))
    return f'{text[:-1]},"digest":"{sha256(text.encode()).hexdigest()}"}}'


@pytest.mark.parametrize("name", ["titanic", "own"])
def test_a_manifest_is_what_was_written(texts: dict[str, str], name: str) -> None:
    found = load(texts[name], "mine.xlsx")
    assert found.intact
    assert manifest.dump(found) == texts[name] == sealed(json.loads(texts[name]))


def test_every_digit_of_the_record_counts(texts: dict[str, str]) -> None:
    text = texts["own"]
    start, digits = text.index('"record"'), "0123456789"
    places = [at for at in range(start, len(text)) if text[at] in digits]
    for at in places[:: len(places) // 40]:
        other = text[:at] + digits[(int(text[at]) + 1) % 10] + text[at + 1 :]
        try:
            assert not load(other, "mine.xlsx").intact, text[at - 20 : at + 20]
        except WorkbookError:
            continue  # 0 before a number is no JSON: damaged


def test_a_manifest_from_before_there_was_a_digest_is_read(texts: dict[str, str], small: Made) -> None:
    content = json.loads(texts["titanic"])
    old = json.dumps({key: value for key, value in content.items() if key not in ("inputs", "tips", "digest")})
    found = load(old, "mine.xlsx")
    assert found.intact
    assert found.touched(small.inputs) == set()


# ---- inputs as they were


def test_an_input_is_another_from_its_fifteenth_digit_on() -> None:
    value = np.array([[0.1 + 0.2], [7.25]])
    assert fingerprint(value) == fingerprint(np.array([[0.3], [7.25]]))  # as other programs save it
    assert fingerprint(value) != fingerprint(np.array([[0.300000000000001], [7.25]]))
    assert fingerprint(value) != fingerprint(value.T)
    assert fingerprint(value) != fingerprint(value[::-1])
    words = np.array([["male"], [""]], dtype=object)
    assert fingerprint(words) == fingerprint(words.copy()) != fingerprint(words[::-1])
    assert fingerprint(np.array([[np.nan]])) == fingerprint(np.array([[np.nan]])) != fingerprint(np.array([[0.0]]))


def test_a_fare_that_the_sheets_marks_do_not_notice_is_a_learners_right(small: Made) -> None:
    """Torch's numbers on record are for what was built: beside another fare they say nothing, however close it is."""
    found, values = small.manifest, dict(small.inputs)
    said = {id.removeprefix(TORCH): value for id, value in values.items() if id.startswith(TORCH)}
    assert found.touched(values) == set()
    values["data.Fare"] = values["data.Fare"] * 1.0
    values["data.Fare"][0, 0] *= 1 + 1e-9
    assert found.workbook.on_record(values, said)  # by the marks alone nothing has changed
    assert found.touched(values) == {"data.Fare"}
    assert found.workbook.on_record(values, said, found.touched(values)) == {}


def test_weights_of_one_model_leave_what_is_known_of_the_other(small: Made) -> None:
    said = {id.removeprefix(TORCH): value for id, value in small.inputs.items() if id.startswith(TORCH)}
    known = small.workbook.on_record(small.inputs, said)
    left = small.workbook.on_record(small.inputs, said, {"linear.now.weight"})
    assert {id for id in known if "two_relu" in id} <= left.keys() < known.keys()


# ---- another version's


def with_net(change: Change) -> Change:
    return lambda content: change(content["spec"]["nets"][0])


UNKNOWN: dict[str, tuple[str, Change, str]] = {
    "a lesson": ("titanic", lambda c: c.update(lesson="diffusion"), "is of the lesson diffusion"),
    "a recipe": ("titanic", lambda c: c["spec"].update(recipe="stew"), "has the recipe stew"),
    "a model": ("titanic", lambda c: c["spec"]["models"].append("three_gelu"), "has the model three_gelu"),
    "an optimiser": ("titanic", lambda c: c["spec"].update(optimiser="lion"), "was trained with lion"),
    "an optimiser of a net": ("own", lambda c: c["spec"].update(optimiser="lion"), "was trained with lion"),
    "a loss": ("own", with_net(lambda net: net.update(loss="focal")), "has the loss focal"),
    "a layer": ("own", with_net(lambda net: net["steps"][0].update(layer="Mamba")), "has the layer Mamba"),
    "an activation": ("own", with_net(lambda net: net["steps"][1].update(kind="mish")), "has the activation mish"),
    "a setting": ("titanic", lambda c: c["spec"].update(warm_up=3), "has the setting warm_up"),
    "a setting of a net": ("own", with_net(lambda net: net.update(tied=True)), "has the setting tied"),
    "a setting of a layer": ("own", with_net(lambda net: net["steps"][0].update(rank=2)), "has the setting rank"),
    "a kind of target": ("own", lambda c: c["spec"].update(kind="ranks"), "does not know all of its settings"),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_this_version_does_not_know_is_named_with_the_version_that_made_it(
    texts: dict[str, str], what: str
) -> None:
    name, change, words = UNKNOWN[what]
    content = json.loads(texts[name]) | {"sheetnet": "9.1.0"}
    change(content)
    with pytest.raises(WorkbookError) as refused:
        load(sealed(content), "mine.xlsx")
    message = str(refused.value)
    assert message.startswith("mine.xlsx: ")
    assert words in message
    assert "made by sheetnet 9.1.0: install that, or a newer one" in message
