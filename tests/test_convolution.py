"""Lesson 12: what it says of filters, sizes and what is learnt, held against torch and against what its sheets show."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import laid_out
import numpy as np
import pytest
import torch
from torch.nn.functional import conv2d, max_pool2d

from sheetnet.course.convolution import own
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import variable
from sheetnet.graph.windows import correlate, framed, gather, largest
from sheetnet.page.look import FAINT, PICTURES
from sheetnet.page.screen import Geometry

SEEDS = [0, 2]
lesson, said, told = (partial(one, "convolution") for one in (laid_out.laid, laid_out.said, laid_out.figures))


# ---- what torch says


@pytest.mark.parametrize("k", [1, 2, 3, 5])
@pytest.mark.parametrize("p", [0, 1, 2])
@pytest.mark.parametrize("s", [1, 2, 3])
def test_filters_and_pools_of_random_pictures_are_torchs(k: int, s: int, p: int) -> None:
    draw = np.random.default_rng([k, s, p])
    a, taps = draw.normal(size=(7, 9)), draw.normal(size=(k, k))
    picture, filter_ = variable("picture", a.shape), variable("taps", taps.shape)
    padded = gather(picture, framed(a.shape, p))
    slid, pooled = evaluate([correlate(padded, filter_, s), largest(picture, k, s)], {picture: a, filter_: taps})
    ours, theirs = (torch.tensor(one)[None, None] for one in (a, taps))
    np.testing.assert_allclose(slid, conv2d(ours, theirs, stride=s, padding=p)[0, 0].numpy(), rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(pooled, max_pool2d(ours, k, s)[0, 0].numpy())


def test_the_size_that_the_sheet_calculates_is_torchs() -> None:
    for n, k, p, s in (
        (8, 3, 0, 1),
        (8, 3, 1, 1),
        (8, 3, 0, 2),
        (28, 5, 2, 1),
        (28, 3, 1, 2),
        (9, 4, 1, 3),
        (40, 1, 5, 6),
    ):
        typed = dict(zip(("sizes.n", "sizes.k", "sizes.p", "sizes.s"), (n, k, p, s), strict=True))
        exact, fits = (one.item() for one in said(0, "sizes.by_formula sizes.fitting", typed))
        theirs = conv2d(torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k), stride=s, padding=p).shape[-1]
        assert (np.floor(exact), fits) == (theirs, theirs)


# ---- what the texts say


def test_counts_in_texts_are_those_of_the_sheets() -> None:
    picture, out, patches = said(0, "slide.picture slide.out product.patches")
    assert told(0, "The picture has # columns, the output has #") == [picture.shape[1], out.shape[1]]
    assert told(0, "All # output pixels") == [out.size] == [len(patches)]
    one = said(0, "product.patches", {"slide.picture": np.eye(64)[27].reshape(8, 8)})[0]
    assert one.sum() == 9  # a pixel in the middle stands in nine rows
    assert one.sum(axis=1).max() == 1
    assert told(0, "The formula says #.") == [said(0, "sizes.by_formula", {"sizes.s": 2})[0].item()]
    pixels, outputs, dense, conv = (
        one.item() for one in said(0, "sharing.pixels sharing.outputs sharing.of_dense sharing.of_conv")
    )
    assert told(0, "has # pixels and # output pixels") == [pixels, outputs]
    assert told(0, "learns # × # weights and # biases, # numbers") == [pixels, outputs, outputs, dense]
    assert told(0, "The convolution learns #: nine") == [conv]
    assert told(0, "# made pictures with noise") == [2 * own.BARS]
    assert told(0, "Descent moves # numbers") == [said(0, "learn.taps")[0].shape[1] + 3]
    assert told(0, "the mean of the # answers") == [said(0, "learn.answer")[0].size] == [own.POSITIONS]
    same = said(0, "sizes.same_size slide.picture")
    assert same[0].shape == same[1].shape  # padding 1 keeps the size


@pytest.mark.parametrize("digit", own.DIGITS)
def test_a_moved_picture_moves_its_output_and_keeps_the_largest(digit: int) -> None:
    lines = ("." * 8, *own.DIGITS[digit].split("|"), "." * 8)
    picture = np.array([[own.GREY[one] for one in line] for line in lines])
    assert picture.shape == (8, 8)
    assert picture[:, [0, -1]].max() == 0
    before, after, equal, gap = said(0, "shift.before shift.after shift.equal shift.gap", {"slide.picture": picture})
    assert before == after
    assert 24 <= equal.item() <= 36
    assert abs(gap[:, 1:]).max() < 1e-12  # only at the edge


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hidden_filter_is_found_whatever_it_is(seed: int) -> None:
    for hidden in (own.FILTERS["vertical"], own.FILTERS["blur"], np.arange(9.0).reshape(3, 3) / 4 - 1):
        typed = {"find.hidden": np.array(hidden), "find.epoch": 40}
        found, exact = said(seed, "find.found find.exact", typed)
        assert abs(found - hidden).max() < 0.005
        assert abs(exact.reshape(3, 3) - hidden).max() < 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_the_learnt_filter_is_an_upright_stripe_and_knows_what_was_kept_back(seed: int) -> None:
    first, losses, rights = said(seed, "learn.found learn.losses_given learn.rights_kept")
    assert (first == said(seed, "learn.start")[0]).all()
    assert rights[0] == 0.5  # it calls all of them upright
    assert min(said(seed, "learn.answers learn.w learn.c")[0][0]) > 0
    assert rights[-1] == 1.0
    assert (np.diff(losses[:, 0]) < 0).all()
    last = said(seed, "learn.found", {"learn.epoch": 60})[0]
    assert last[:, 1].min() > 0 > last[:, [0, 2]].max()


def test_what_is_to_be_tried_on_learn_comes_true() -> None:
    lying, cross = np.zeros((6, 6)), np.zeros((6, 6))
    lying[2] = cross[2] = cross[:, 3] = 1.0
    usual, lies, both = (
        said(0, "learn.says", {"learn.epoch": 60} | more)[0].item()
        for more in ({}, {"learn.mine": lying}, {"learn.mine": cross})
    )
    assert usual > 0.9 > 0.5 > lies
    assert 0.5 < both < usual
    losses, taps = said(0, "learn.losses_given learn.taps", {"learn.start": 0.0})
    assert np.ptp(losses) == pytest.approx(0, abs=1e-12)  # nothing is learnt
    assert not taps.any()


def test_pictures_of_which_the_story_is_not_true_are_noticed() -> None:
    given, kept, start = own.bars(0)
    assert own.tells(given, kept, start)
    assert not own.tells(given, kept, 0.0 * start)
    assert not own.tells(given, kept.transpose(0, 2, 1), start)  # the names of the kinds are changed
    assert not own.tells(np.round(given), kept, np.round(start))  # ReLUs at their corners


# ---- how it looks


def test_pictures_have_one_scale_of_colours_each_and_the_window_stands_out(lesson_file: Callable[[str], Path]) -> None:
    workbook = lesson(0)
    blocks = [block for block in workbook.book.blocks if block.format in PICTURES]
    sheets = {page.name: number for number, page in enumerate(workbook.book.pages, start=1)}
    with zipfile.ZipFile(lesson_file("convolution")) as archive:
        texts = {name: archive.read(f"xl/worksheets/sheet{number}.xml").decode() for name, number in sheets.items()}
    for block in blocks:
        (rules,) = re.findall(
            rf'<conditionalFormatting sqref="{block.area.address()}">.*?</conditionalFormatting>',
            texts[block.area.sheet],
        )
        full, faint = PICTURES[block.format], FAINT[block.format]
        numbers = [float(x) for x in re.findall(r'<cfvo type="num" val="(.*?)"', rules)]
        assert numbers == [-full, 0.0, full], block.id
        assert f"<formula>{faint:g}</formula>" in rules
    assert len(blocks) > 40
    area, row, col = (workbook.book.block(f"slide.{id}").area for id in ("picture", "row", "col"))
    at = row.address((True, True)), col.address((True, True))
    formula = f"AND(ABS(ROW()-{area.row + 1}-{at[0]})&lt;=1,ABS(COLUMN()-{area.col + 1}-{at[1]})&lt;=1)"
    assert formula in texts["Slide"]


def test_all_that_teaches_stands_on_first_screens() -> None:
    for page in lesson(0).book.pages[2:-3]:
        seen = Geometry(page).first_screen()
        assert list(seen.charts) == page.charts, page.name
        wanted = [block for block in page.blocks if block.role == "input" and block.style == "values"]
        assert {block.id for block in wanted} <= {block.id for block in seen.blocks}, page.name
