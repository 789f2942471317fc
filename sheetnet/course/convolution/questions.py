"""Lesson 12's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from sheetnet.course.convolution.learn import Learn
from sheetnet.course.convolution.own import BAR_SIDE, BARS, EPOCHS, FILTERS, FIND_EPOCHS, OUT, SIDE
from sheetnet.course.convolution.shapes import equal_pixels
from sheetnet.course.drawing import own
from sheetnet.graph.node import Node, apply, lift, row, where
from sheetnet.graph.windows import gather
from sheetnet.motifs.exercises import AS_IT_CAME, WHOLE, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above

COUNTED = "Epochs begin with 0: look at the number in the column Epoch."
ENDS = "It has to fit between both ends: count its places, not its pixels."
INK = (0.0, 0.5, 1.0)


def questions(lesson: Learn) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""
    draw = partial(own, lesson.seed)
    window = np.reshape(draw("window", (0, 0.5, 1, 0.5, 1, 1, 0, 0, 0.5), (INK,) * 9, _telling), (3, 3))
    asked = {key: float((window * taps).sum()) for key, taps in FILTERS.items()}
    top, middle, bottom = (" ".join(f"{one:g}" for one in line) for line in window)
    found = lesson.as_it_came(lesson.out)[0]
    line, col = (int(one) for one in draw("pixel", (4, 3), (range(1, 7), range(1, 7)), partial(_distinct, found)))
    n, k = draw("size", (28, 5), ((20, 24, 28, 30, 32), (5, 7)))
    (wide,) = draw("same", (5,), ((5, 7, 9),))
    side, stride = draw("stride", (28, 2), ((20, 24, 28, 32), (2,)))
    odd = side + 2 - 3
    steps = odd // stride + 1
    a, b, c, d = draw("pool", (1, 3, 0, 2), ((1, 2), (5, 6, 7), (0,), (2, 3, 4)))
    (many,) = draw("many", (8,), ((4, 6, 8, 16, 32),))
    (large,) = draw("dense", (28,), ((16, 20, 24, 28),))
    outputs = (large - 2) ** 2
    down, right = draw("shift", (1, -1), ((1, -1), (1, -1)), lambda *by: _equal(lesson, by) < OUT * OUT)
    losses = lesson.find_losses
    falling = lesson.as_it_came(losses)[0]
    epoch = int(draw("epoch", (2,), (range(2, 6),), lambda at: falling[int(at) + 1].item() > 0.02)[0])
    early = int(draw("early", (10,), (range(8, 13),))[0])
    empty = np.zeros((BAR_SIDE, BAR_SIDE))
    moved = dict(zip(lesson.moves, (down, right), strict=True))
    return [
        Exercise(
            f"Worked: a window 0 0 1 / 0 0 1 / 0 1 1 under the filter for vertical edges, -1 0 1 in each row, gives 3 - 0 = 3. Now you: the window {top} / {middle} / {bottom}, the same filter. What is the output pixel?", asked["vertical"],
            slips=(Slip(asked["horizontal"], "That is the filter for horizontal edges: bottom less top."), Slip(float(window.sum()), "That is the sum of the window. Multiply by the filter first."), Slip(float(window[:, 2].sum()), "You left out the column that counts -1.")),
            hint="The sum of the right column less the sum of the left column.", why="The middle column is multiplied by 0. So it does not count.",
        ),
        Exercise(
            "The same window under the filter for horizontal edges: -1 -1 -1 / 0 0 0 / 1 1 1. What is the output pixel?", asked["horizontal"],
            slips=(Slip(asked["vertical"], "That is the filter for vertical edges: right less left."), Slip(float(window[2].sum()), "You left out the row that counts -1."), Slip(float(window.sum()), "That is the sum of the window.")),
            hint="The sum of the bottom row less the sum of the top row.", why="It is the other filter, turned. It asks what is below, and what is above.",
        ),
        Exercise(
            "The same window under the blur, 1/9 at each place. Write a formula for the output pixel.", asked["blur"],
            slips=(Slip(float(window.sum()), "That is the sum. Each number is multiplied by 1/9."), Slip(float(window.sum()) / 3, "There are nine numbers, not three."), Slip(float(window[1, 1]), "That is the pixel in the middle alone.")),
            hint="The mean of nine numbers.", why="Each pixel becomes the mean of what is around it: soft.",
        ),
        Exercise(
            f"On Slide, as it came: what is the output pixel in row {line}, column {col}?", float(found[line - 1, col - 1]),
            slips=(Slip(float(found[col - 1, line - 1]), "You changed row and column."), Slip(lesson.one, AS_IT_CAME, {}), Slip(float(found[line - 2, col - 1]), "That is another row.")),
            hint="Type both numbers and read This pixel.", why="The same nine numbers, at another window.",
        ),
        Exercise(
            f"A picture has {n:g} rows and {n:g} columns, the filter {k:g} and {k:g}. No padding, stride 1. How many rows has the output?", n - k + 1, WHOLE,
            slips=(Slip(n - k, f"One too few. {ENDS}"), Slip(n, "Without padding the output is smaller than the picture."), Slip(n - 2, "That is for a filter of 3 x 3.")),
            hint="On Sizes, type n and k.", why="n - k steps, and one place more than steps.",
        ),
        Exercise(
            f"A filter of {wide:g} x {wide:g} with stride 1 shall keep the size of a picture. What padding does it need?", (wide - 1) / 2, WHOLE,
            slips=(Slip(wide - 1, "That is for both sides together."), Slip(1.0, "That is for the filter of Slide."), Slip(wide, "Padding has to make up for k - 1 rows, on two sides.")),
            hint="On Sizes, change p until the output is as large as n.", why="k - 1 rows are lost. Half of them is put back on each side.",
        ),
        Exercise(
            f"A picture of {side:g} x {side:g}, a filter of 3 x 3, padding 1, stride {stride:g}. How many rows has the output?", steps, WHOLE,
            slips=(Slip(side, "That is for stride 1."), Slip(steps + 1, "It is rounded down: where only a part of it fits, the filter does not fit."), Slip(steps - 1, "One too few: steps, and one place more."), Slip((side - 3) // stride, "You forgot the padding and the first place.")),
            hint="(n + 2p - k) / s + 1, rounded down.", why="Stride 2 halves each side: a quarter of the numbers is left.",
        ),
        Exercise(
            f"A 2 x 2 window holds {a:g} {b:g} / {c:g} {d:g}. What does max pooling keep?", b, WHOLE,
            slips=(Slip(a + b + c + d, "That is the sum."), Slip((a + b + c + d) / 4, "That is the mean: mean pooling."), Slip(d, "Not the last one: the largest.")),
            hint="MAX of the four.", why="It says that something was found there. Where exactly, it does not say.",
        ),
        Exercise(
            f"A layer has {many:g} filters of 3 x 3, each with a bias, on a grey picture. How many numbers are to be learnt?", many * 10, WHOLE,
            slips=(Slip(many * 9, "You left out the biases."), Slip(many * 9 + 1, "Each filter has a bias of its own."), Slip(many + 9, "Multiply: each filter has nine numbers.")),
            hint="How many has one filter?", why="However large the picture is.",
        ),
        Exercise(
            f"A dense layer from {large:g} × {large:g} pixels to {large - 2:g} × {large - 2:g} outputs, with biases. How many numbers are to be learnt?", large**2 * outputs + outputs, WHOLE,
            slips=(Slip(large**2 * outputs, "You left out the biases: one for each output."), Slip(large * (large - 2), "Those are one row's. Pixels are n × n."), Slip(large**2 + outputs, "Multiply: each output has a weight for each pixel.")),
            hint="On Sharing, type the side of the picture.", why="The convolution does with 10.",
        ),
        Exercise(
            "On Sharing, how many of the 25 weights in a row of the dense layer are there because of the filter, even if some of them are 0?", 9.0, WHOLE,
            slips=(Slip(25.0, "Most are 0 because the window does not reach there."), Slip(16.0, "Those are the others: where the window does not reach."), Slip(3.0, "That is one line of the filter.")),
            hint="How many numbers has the filter?", why="The other sixteen are 0 whatever is learnt: the window does not reach there.",
        ),
        Exercise(
            f"On Shift, type {down:g} for Rows down and {right:g} for Columns right. How many of the {OUT * OUT} pixels are equal?", lesson.equal, WHOLE, moved,
            slips=(Slip(lesson.equal, AS_IT_CAME, {}), Slip(float(OUT * OUT) - lesson.equal, "Those are the pixels that differ."), Slip(float(OUT * OUT), "Look at the difference: it is not 0 everywhere.")),
            hint="Type both numbers, then read Equal pixels.", why="Only at the edge is there a difference.",
        ),
        Exercise(
            f"On Find, as it came: what is the loss at epoch {epoch}?", row(losses, epoch + 1),
            slips=(Slip(row(losses, epoch), f"That is one epoch earlier. {COUNTED}"), Slip(row(losses, epoch + 2), f"That is one epoch later. {COUNTED}"), Slip(row(losses, 1), "That is before any step.")),
            hint="Set the epoch to look at.", why="Of 40 epochs the first few do most of the work.",
        ),
        Exercise(
            f"On Learn, as it came: what is the middle number of the filter at epoch {early}?", middle_of(lesson), 0.01, {lesson.learn_epoch: early},
            slips=(Slip(middle_of(lesson), "That is the filter at the start.", {}), Slip(middle_of(lesson), "That is one epoch earlier.", {lesson.learn_epoch: early - 1.0}), Slip(middle_of(lesson), "That is one epoch later.", {lesson.learn_epoch: early + 1.0})),
            hint="Set the epoch to look at. Which cell of the filter is in the middle?", why="It grows: ink in the middle speaks for an upright bar.",
        ),
        Exercise(
            f"On Learn, at epoch {EPOCHS}, paint nothing: all pixels 0. How probable is it, says the net, that it stands upright? (1 is 100 %.)", lesson.says, 0.001, {lesson.mine: empty, lesson.learn_epoch: float(EPOCHS)},
            slips=(Slip(lesson.says, AS_IT_CAME, {}), Slip(1.0 - lesson.says, "That is how probable it is that it lies."), Slip(lesson.says, "That is for the bar that was painted there.", {lesson.learn_epoch: float(EPOCHS)})),
            hint="Type 0 into all cells of the yellow picture.", why="An empty picture has no upright stripe. What is left are the biases.",
        ),
        choice(
            "On Find the hidden filter is changed. What must be changed so that it is found? 1: the learning rate. 2: the start. 3: nothing.", 3,
            {1: "Try it: is another rate needed?", 2: "Nine zeros know nothing of any filter. So they do as well as before."},
            hint="Try it.", why="The wanted output changes with it, and descent follows the output.",
        ),
        choice(
            "Which filter answers where a bar lies? 1: an upright stripe, -1 2 -1 in each row. 2: the same stripe, turned: it lies. 3: the blur.", 2,
            {1: "In a bar that lies, left, middle and right are alike. What does that filter make of it?", 3: "The mean answers to any ink, upright or not."},
            hint="Ink in the middle row, none above and below.", why="The stripe of the filter lies as the bar does.",
        ),
        choice(
            "On Learn, all nine numbers at the start are 0. What happens? 1: it learns more slowly. 2: nothing is learnt. 3: it finds a filter for bars that lie.", 2,
            {1: "Try it, and look at the curve.", 3: "Try it: what is the filter at the end?"},
            hint="What does each ReLU give, and what is its slope there?", why="Each ReLU gives 0 and has the slope 0. So no step goes through it.",
        ),
        choice(
            "Why does a net look at a photo by convolutions? 1: few numbers, and a thing is known wherever it stands. 2: only they can see edges. 3: they need no descent.", 1,
            {2: "A dense layer could do the same: see Sharing.", 3: "On Learn, the filter is found by descent."},
            hint="Think of Sharing and Shift.", why="Fewer numbers need fewer pictures to learn from.",
        ),
    ]  # fmt: skip


def middle_of(lesson: Learn) -> Node:
    """The middle number of the filter of Learn, (1, 1)."""
    return gather(lesson.learnt, [[4]])


def predictions(lesson: Learn) -> list[Prediction]:
    """What a learner guesses before looking."""
    full = np.ones((SIDE, SIDE))
    ratio = lesson.of_dense / lesson.as_it_came(lesson.of_dense)[0].item()
    apart = apply("max", apply("abs", lesson.found - lesson.hidden))
    still = equal_pixels(lesson.seen_moved, lesson.out)
    upright, lying = (gather(lesson.learnt, [[4]]) - gather(lesson.learnt, [[side]]) for side in (3, 1))
    kept = float(BARS) * row(lesson.rights["kept"], EPOCHS + 1)
    return [
        Prediction(
            "A filter takes the left column of its window off the right one. All pixels of the picture are 1. What does it answer?",
            ("3", "0", "-3"), where(is_above(apply("abs", lesson.one), lift(1e-9)), where(is_above(lesson.one, lift(0.0)), 1.0, 3.0), 2.0), lesson.one, lesson.one,
            "The output pixel before, then with a picture full of ink", "Left and right are alike: three ones less three ones. It answers to edges, not to ink.", "slide.out", {lesson.picture: full},
        ),
        Prediction(
            "A filter of 3 x 3 moves over a picture with 8 rows. How many rows has the output?",
            ("8", "7", "6"), 9.0 - lesson.fitting, lesson.sizes["n"], lesson.fitting,
            "The rows of the picture, then of the output", "The filter has to lie within the picture. From its first place to its last one it makes five steps.", "sizes.fitting",
        ),
        Prediction(
            "The side of the picture grows from 8 to 16. How many numbers does the filter of 3 x 3 learn then?",
            ("four times as many", "twice as many", "as many as before"),
            where(is_above(lesson.of_conv, lift(30.0)), 1.0, where(is_above(lesson.of_conv, lift(15.0)), 2.0, 3.0)), lesson.of_conv, lesson.of_conv,
            "What a convolution learns before, then after", "The filter stays as it is. It only goes to more places.", "sharing.of_conv", {lesson.side: 16.0},
        ),
        Prediction(
            "And how many does a dense layer learn, from all pixels to all output pixels?",
            ("twice as many", "four times as many", "more than twenty times as many"),
            where(is_above(ratio, lift(20.0)), 3.0, where(is_above(ratio, lift(3.0)), 2.0, 1.0)), lesson.of_dense, lesson.of_dense,
            "What a dense layer learns before, then after", "Pixels and outputs both grow to four times as many and more, and they are multiplied.", "sharing.of_dense", {lesson.side: 16.0},
        ),
        Prediction(
            "The picture moves one column to the right. What does its output do?",
            ("it stays as it was", "it moves too, but for its edge", "it changes everywhere"),
            where(is_above(still, lift(35.5)), 1.0, where(is_above(lesson.equal, lift(23.5)), 2.0, 3.0)), float(OUT * OUT), lesson.equal,
            "All output pixels, then those equal to the moved output", "The same filter looks at the same shape at another place. So the answer is the same, one column on.", "shift.output",
        ),
        Prediction(
            f"Of a hidden filter one sees only the output. Descent starts from nine zeros. How near is it after {FIND_EPOCHS} epochs?",
            ("equal, to two decimals", "the right pattern, but too small", "another filter with the same output"),
            where(is_above(lift(0.005), apart), 1.0, where(is_above(lift(1.0), apart), 2.0, 3.0)), row(lesson.find_losses, 1), row(lesson.find_losses, FIND_EPOCHS + 1),
            "The loss at the start, then at the end", "36 outputs say more than enough about nine numbers. Only one filter gives all of them.", "find.found", {lesson.find_epoch: float(FIND_EPOCHS)},
        ),
        Prediction(
            "A net shall tell upright bars from bars that lie, with one filter. Upright is called 1. What will the filter look like?",
            ("an upright stripe", "a stripe that lies", "a blur: all nine numbers alike"),
            where(is_above(upright, lift(1.0)), where(is_above(upright, 2.0 * apply("abs", lying)), 1.0, 2.0), where(is_above(lying, lift(1.0)), 2.0, 3.0)), middle_of(lesson), middle_of(lesson),
            "The middle number of the filter at the start, then at the end", "Ink in the middle and none beside it speaks for an upright bar.", "learn.found", {lesson.learn_epoch: float(EPOCHS)},
        ),
        Prediction(
            "Of the twelve pictures that are kept back, how many does the net know at the end?",
            ("about six: it never saw them", "about nine", "eleven or twelve"),
            where(is_above(kept, lift(10.5)), 3.0, where(is_above(kept, lift(7.5)), 2.0, 1.0)), float(BARS) * row(lesson.rights["kept"], 1), kept,
            "How many it has right before it learns, then after", "The filter looks for a shape, wherever it is. The new bars have the same shape.", "learn.right_kept",
        ),
    ]  # fmt: skip


def _equal(lesson: Learn, by: Sequence[float]) -> float:
    """How many output pixels are equal when the picture is moved by so much."""
    typed = {node: np.array([[one]]) for node, one in zip(lesson.moves, by, strict=True)}
    return float(lesson.as_it_came(lesson.equal, typed=typed)[0].item())


def _telling(*ink: float) -> bool:
    """Whether the three filters answer otherwise to a window, and none of them with 0."""
    window = np.reshape(ink, (3, 3))
    said = [round(float((window * taps).sum()), 6) for taps in FILTERS.values()]
    return len(set(map(abs, said))) == 3 and min(map(abs, said[:2])) > 0.4


def _distinct(found: np.ndarray, line: float, col: float) -> bool:
    """Whether a pixel is another than those with which it may be confused, and not 0."""
    i, j = int(line) - 1, int(col) - 1
    others = found[j, i], found[i - 1, j], -found[i, j], found[1, 4]
    return i > 0 and i != j and found[i, j] != 0 and found[i, j] not in others
