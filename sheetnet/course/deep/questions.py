"""Lesson 10's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import sqrt

from sheetnet.course.deep.compared import Compared
from sheetnet.course.deep.own import AFTER, DEPTH, EPOCHS, MANY_NETS, NEAR
from sheetnet.course.drawing import own
from sheetnet.graph.node import Node, apply, lift, row, selector, where
from sheetnet.motifs.exercises import AS_IT_CAME, WHOLE, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above


def questions(lesson: Compared) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""
    draw = partial(own, lesson.seed)
    n, error = draw("d_pred", (5, 3), ((4, 5, 8, 10), (-6, -3, 3, 6, 7)))
    d, up, other = draw("d_lin", (2, -3, 4), ((-3, -2, 2, 3), (-4, -3, 3, 5), (4, 6, 7)))
    act = draw("act", (1, 0, 3, 2), ((1, 2, 3), (0,), (3, 4, 5), (1, 2)))
    back = draw("back", (2, 5, -1, 1), ((1, 2, 3), (4, 5), (-3, -2, -1), (1, 2)), lambda *one: one[0] != -one[2])
    grad = sum(a * b for a, b in zip(act, back, strict=True))
    inputs, first, second = map(int, draw("sizes", (6, 5, 3), ((5, 6, 7, 8), (4, 5, 6), (2, 3))))
    sizes = [*pairwise((inputs, first, second, 1))]
    weights, biases = sum(a * b for a, b in sizes), sum(b for _, b in sizes)
    (rate,) = draw("rate", (0.05,), ((0.03, 0.04, 0.05, 0.06),))
    (units,) = draw("units", (7,), ((5, 6, 7, 9, 11),))
    (layers,) = draw("layers", (6,), ((5, 6, 7),))
    (w,) = draw("dead weight", (1.5,), ((0.5, 0.8, 1.2, 1.5, 2.2),))
    (wide,) = draw("wide", (50,), ((12, 18, 32, 50, 72),))
    times, deep = draw("times", (0.7, 5), ((0.6, 0.7, 0.8, 1.2), (4, 5)))
    (spread,) = draw("sigmoid", (1.2,), ((1, 1.2, 1.4, 1.5),))
    rows, epochs, model = draw("cost", (400, 500, 30), ((300, 400, 600), (500, 800), (20, 30, 60)))
    slower, steeper = {lesson.lr: rate}, {lesson.of_kind["sigmoid"]: spread}
    sigmoid, loss = lesson.ratios[1], lesson.loss_end
    cost = 3 * rows * epochs * model / 1e6
    return [
        Exercise(
            f"The loss is the mean of error^2 over {n:g} rows. The error of one row is {error:g}. What is d_pred of that row?", 2 * error / n,
            slips=(Slip(2 * error, "You did not divide by the number of rows."), Slip(error / n, "You forgot the 2 of the square."), Slip(error**2 / n, "That is what the row adds to the loss, not the slope.")),
            hint="The slope of error^2 is 2 × error. And a mean divides.", why="Here the way back begins: each row with its own share.",
        ),
        Exercise(
            f"d_pred of a row is {d:g}. W_3 is {up:g} for the first unit, {other:g} for the second. lin_2 of the first unit is above 0 in this row. What is its d_lin_2?", d * up,
            slips=(Slip(d * other, "That goes back to the second unit."), Slip(0, "It would be 0 if lin_2 were below 0."), Slip(d * (up + other), "Each unit gets its own part only."), Slip(d, "Times the weight that leads from this unit on.")),
            hint="d_pred times the weight of this unit. Then look at lin_2.", why="A ReLU that is on lets the slope through as it is.",
        ),
        Exercise(
            f"relu_1 of a unit is {act[0]:g}, {act[1]:g}, {act[2]:g}, {act[3]:g} in four rows. d_lin_2 of a unit of the next layer is {back[0]:g}, {back[1]:g}, {back[2]:g}, {back[3]:g}. What is the gradient of the weight between them?", grad,
            slips=(Slip(grad / 4, "The mean is in d_pred already. Here one adds up."), Slip(sum(back), "That is the gradient of the bias."), Slip(sum(act) * sum(back), "First multiply row by row, then add.")),
            hint="Row by row: what came in × what came back. Then the sum.", why="The product with the turned relu_1 does this for all weights at once.",
        ),
        Exercise(
            f"A net has {inputs} inputs, hidden layers of {first} and {second} units, and one output. How many parameters has it, with biases?", float(weights + biases), WHOLE,
            slips=(Slip(float(weights), "Those are the weights. Each unit has a bias, too."), Slip(float(weights + biases - 1), "The output has a bias, too."), Slip(float(inputs * first * second), "The layers stand one after the other: add their weights.")),
            hint="Each layer: inputs × units weights, and a bias for each unit.", why="Most of them stand where two large layers meet.",
        ),
        Exercise(
            f"On Descent, set the learning rate to {rate:g}. What is the loss at epoch {EPOCHS}?", loss, 0.001, slower,
            slips=(Slip(loss, AS_IT_CAME, {}), Slip(lesson.loss_then, "That is the loss at the epoch to look at.")),
            hint="Type the rate, then read the last line.", why="Another rate, another way: the corners come to stand elsewhere.",
        ),
        Exercise(
            f"A net has one input and one hidden layer of {units:g} ReLUs. Its line has at most how many straight pieces?", units + 1, WHOLE,
            slips=(Slip(units, "That is how many corners it has at most. Count the pieces between them."), Slip(2 * units, "Each unit adds one corner, not two pieces."), Slip(2**units, "That many could come from depth, not from one layer.")),
            hint="Draw a line with one corner, then with two. Count the pieces.", why="Each corner cuts one piece in two.",
        ),
        Exercise(
            f"The folding net of Fold gets {layers:g} layers, of two units each. How many straight pieces has its line?", 2**layers, WHOLE,
            slips=(Slip(2 * layers, "That is the number of its units. Each layer doubles the pieces."), Slip(2**layers - 1, "That is the number of corners."), Slip(layers**2, "Not a square: doubled again and again.")),
            hint="Each layer doubles the pieces. It begins with one.", why="In one hidden layer, so many pieces need almost as many units.",
        ),
        Exercise(
            f"x lies between -2 and 2. A ReLU has the weight {w:g}. Below which bias is it off for every x?", -2 * w,
            slips=(Slip(-w, "x may be 2: then the sum is larger."), Slip(-2 / w, "Not divided: weight × x + bias must not come above 0."), Slip(-2 - w, "Weight × x, not weight + x.")),
            hint="For which x is weight × x largest? Then the bias must pull it down to 0.", why="Below that, the unit is dead from the start.",
        ),
        Exercise(
            f"A ReLU layer takes {wide:g} inputs. Which spread should its weights have at the start, so that the numbers keep their size?", sqrt(2 / wide),
            slips=(Slip(2 / wide, "The square root is missing."), Slip(sqrt(1 / wide), "A ReLU lets half of it through: 2 / n under the root."), Slip(sqrt(2 * wide), "2 divided by n, not times n.")),
            hint="He's start: sqrt(2 / n).", why="The more inputs are added up, the smaller each weight must be.",
        ),
        Exercise(
            f"Each layer makes its numbers {times:g} times as large. How large is a 1 after {deep:g} layers?", times**deep,
            slips=(Slip(times * deep, "Not added up: multiplied again in each layer."), Slip(times ** (deep - 1), "One layer is missing."), Slip(times ** (deep + 1), "That is one layer too many.")),
            hint=f"{times:g} × {times:g}, and so on.", why="A little too small or too large in each layer becomes much in a deep net.",
        ),
        Exercise(
            f"On Vanishing, set the spread of the sigmoids to {spread:g}. How many times as large is the gradient in layer {DEPTH} as in layer 1?", sigmoid, 0.001, steeper, True,
            slips=(Slip(sigmoid, AS_IT_CAME, {}), Slip(1.0 / sigmoid, "The other way round: layer 1 divided by layer 6."), Slip(lesson.ratios[0], "That is the net with ReLUs.")),
            hint="Type the spread, then read the last line, on the right.", why="Larger weights bring more of the gradient back to layer 1.",
        ),
        Exercise(
            f"A model has {model:g} weights. It learns from {rows:g} rows in {epochs:g} epochs. Counted as on Models, how many million multiplications is that?", cost,
            slips=(Slip(cost / 3, "That is the way forward alone."), Slip(cost * 1e6, "In millions, please."), Slip(cost / epochs, "That is one epoch.")),
            hint="Weights × rows × 3 × epochs, divided by 1,000,000.", why="A phone does so many in less than a second. A large language model needs a million million times as many.",
        ),
        choice(
            "A ReLU is dead. What wakes it up again? 1: more epochs. 2: a larger learning rate. 3: neither of them.", 3,
            {1: "Its gradient is 0 in every epoch.", 2: "A larger rate times a gradient of 0 is still 0."},
            hint="What is its gradient, and so its step?", why="0 times anything is 0. Only another start, or noise on its gradient, would move it.",
        ),
        choice(
            "You train the same net from 20 starts, and get 20 losses. What do they show? 1: the net has a mistake. 2: descent only finds a low place near its start. 3: the learning rate is 0.", 2,
            {1: "It is the same net each time, and one start ends well.", 3: "With a rate of 0 nothing would move at all."},
            hint="What differs between the 20, and what is the same?", why="Each start has its own way down. Who tries one only may be unlucky.",
        ),
    ]  # fmt: skip


def predictions(lesson: Compared) -> list[Prediction]:
    """What a learner guesses before looking."""

    def size(a: Node) -> Node:
        return apply("sum", apply("abs", a))

    def steps(number: Node, low: float, high: float) -> Node:
        """1 below the low one, 2 between them, 3 above the high one."""
        return where(is_above(lift(low), number), 1.0, where(is_above(number, lift(high)), 3.0, 2.0))

    grad = size(lesson.found["grad_W_1"])
    errors, sizes, means = lesson.errors, lesson.sizes, lesson.mean_of_parts
    dead = [row(lesson.dead_counts, at) @ selector(2, 1, 1) for at in (1, AFTER + 1)]
    well = apply("sum", apply("greater", lift(NEAR), lesson.ends[0]))
    ends = [row(column, DEPTH + 1) for column in sizes]
    first, last = (row(lesson.gradients[1], at) for at in (1, DEPTH))
    line, deep = row(means, 2), row(means, 5)
    return [
        Prediction(
            "On Chain, both numbers of W_3 become 0. What becomes of the gradient of W_1?",
            ("it stays", "it becomes 0", "it grows"),
            where(is_above(lift(1e-9), grad), 2.0, where(is_above(grad, lift(1e9)), 3.0, 1.0)), grad, grad,
            "The sizes of the gradient of W_1, added up, before and after", "Every way back to W_1 goes through W_3. Where a weight is 0, nothing comes back.", "chain.grad_W_1", {lesson.P["W_3"]: 0.0},
        ),
        Prediction(
            "A net with one hidden layer follows a curve. With 8 units instead of 4, what is its loss?",
            ("less than a tenth", "about a quarter", "about half"),
            where(is_above(row(errors, 3), 10.0 * row(errors, 4)), 1.0, where(is_above(row(errors, 3), 3.0 * row(errors, 4)), 2.0, 3.0)), row(errors, 3), row(errors, 4),
            "The loss with 4 units, then with 8", "Twice the corners: the pieces are half as wide, and squared errors fall much faster than that.", "units.errors",
        ),
        Prediction(
            "And with 32 units instead of 16?",
            ("less than a tenth", "about a quarter", "hardly lower"),
            where(is_above(row(errors, 5), 10.0 * row(errors, 6)), 1.0, where(is_above(row(errors, 5), 3.0 * row(errors, 6)), 2.0, 3.0)), row(errors, 5), row(errors, 6),
            "The loss with 16 units, then with 32", "The corners are there, but descent did not find better places for them.", "units.errors",
        ),
        Prediction(
            f"On Dead, a start with a bias of -3 leaves some units dead. How many of them wake up in {AFTER} epochs?",
            ("none", "about half", "all"),
            where(is_above(0.5 + dead[1], dead[0]), 1.0, where(is_above(dead[1], lift(0.5)), 2.0, 3.0)), dead[0], dead[1],
            "Dead units at the start, then at the end", "Their gradient is 0, so they do not move. They stay as they are for ever.", "dead.dead_end",
        ),
        Prediction(
            f"Six ReLU layers, with half the usual spread at the start. How large are the numbers after layer {DEPTH}, then?",
            ("2 times smaller", "12 times smaller", "64 times smaller"),
            steps(ends[1] / ends[0], 6.0, 40.0), ends[1], ends[0],
            "Mean size after the last layer, with the usual spread, then with half of it", "Half in each layer: 2 × 2 × 2 × 2 × 2 × 2 = 64.", "spread.sizes",
        ),
        Prediction(
            f"Six layers with sigmoids. How large is the gradient in layer 1, beside that of layer {DEPTH}?",
            ("about as large", "about a tenth", "less than a hundredth"),
            steps(last / first, 3.0, 100.0), last, first,
            "Size of the gradient in the last layer, then in the first", "On the way back each layer multiplies by a slope of at most 0.25. Little is left for the first layers.", "vanishing.sizes",
        ),
        Prediction(
            f"Twenty starts of one small net, the same steps for all. How many end with a loss below {NEAR:g}?",
            ("nearly all", "about half", "few"),
            4.0 - steps(well, 6.5, 15.5), lift(float(MANY_NETS)), well,
            "All starts, then those that end so low", "Most stop where no small step helps: units are dead, or do the same work.", "starts.counted",
        ),
        Prediction(
            "MLP 8-4 has about twelve times the weights of the line. How much lower is its mean loss on passengers it has not seen?",
            ("less than a tenth lower", "about a quarter lower", "less than half"),
            4.0 - steps(deep / line, 0.5, 0.9), line, deep,
            "Mean loss of the line, then of MLP 8-4", "Much of what can be known about the passengers, the line knows already.", "models.mean",
        ),
    ]  # fmt: skip
