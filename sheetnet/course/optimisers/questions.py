"""Lesson 7's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial

from sheetnet.course.drawing import own
from sheetnet.course.optimisers.races import Races
from sheetnet.course.optimisers.stories import STORIES
from sheetnet.graph.node import Node, apply, hstack, lift, row, selector, vstack, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import AS_IT_CAME, UP, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above

DONE = "The step is right. What is the weight after it?"


def questions(lesson: Races) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    adam, single, momentum = lesson.runs["adam"], lesson.runs["single"], lesson.runs["momentum"]
    slower, half, tenth = {single.how.lr: 0.005}, {momentum.how.settings["momentum"]: 0.5}, {adam.at: 10.0}
    end, second = len(momentum.steps) + 1, {lesson.which: 2.0}
    draw = partial(own, lesson.seed)
    some = draw("five", (-16, -3, -1, -18, -17), ((-13, -16, -19), (-3, -5), (-1, 2), (-18, -21), (-17, -14)))
    up, y, said = draw("slope", (4, 7, 3), ((2.25, 4, 6.25), (6, 7, 8, 9), (2, 3, 4)))
    n, size = draw("pass", (712, 8), ((640, 720, 800, 880, 960), (4, 8, 16, 20)), lambda n, size: n % size == 0)
    m, g = draw("cancel", (-1, 2), ((-1, -2, -3, -4), (2, 3, 5)), lambda m, g: m + g != 0)
    before, gradient, rate, w = draw("carried", (3, 2, 0.1, 1), ((2, 3, 4), (2, 3, 5), (0.1, 0.2), (1, 2, 3)))
    (ever,) = draw("for ever", (2,), ((2, 3, 4, 5),))
    first, next_, bold, root = draw(
        "adagrad", (3, 4, 0.5, 5), ((3, 4, 5, 6, 8, 12), (3, 4, 5, 6, 8, 12), (0.2, 0.5, 0.6), (5, 10, 13)),
        lambda a, b, _, root: a * a + b * b == root * root,
    )  # fmt: skip
    v, large = draw("rmsprop", (4, 10), ((2, 4, 6, 8), (5, 10, 20)))
    (hat,) = draw("m_hat", (2,), ((2, 3, 4, 5),))
    slow = 0.271 * hat
    pace, steep = draw("first of adam", (0.2, -250), ((0.05, 0.1, 0.2, 0.3), (-40, -120, -250, -600)))
    weight, lr, decay = draw("decay", (2, 0.1, 0.5), ((2, 3, 4), (0.1, 0.2), (0.5, 0.25)))
    return [
        Exercise(
            "On Batches, look at batch 2. What does the weight of x^2 become, after a step on this batch alone?", _of(at("after.batch"), 1), 0.001, second,
            slips=(Slip(_of(at("after.batch"), 1), "That is batch 1: change the batch to look at.", {}), Slip(_of(at("after.all"), 1), "That is the step on all rows."), Slip(_of(at("after.batch"), 2), "That is the weight of x."), Slip(_of(lesson.W_start, 1), "That is before the step.")),
            hint="Type the 2 into Batch to look at, then read the line of this batch.", why="It saw only its own four points, so it pulls the curve to them.",
        ),
        Exercise(
            "On Gradients, as the workbook came: what is the slope in the weight of x^2 that batch 4 sees (three decimals)?", _of(row(lesson.parts, 4), 1),
            slips=(Slip(_of(row(lesson.parts, 3), 1), "That is batch 3."), Slip(_of(row(lesson.parts, 5), 1), "That is batch 5."), Slip(_of(row(lesson.parts, 4), 2), "That is the slope in the weight of x."), Slip(_of(lesson.whole, 1), "That is what all rows see.")),
            hint="The row of batch 4, the first column under Gradient, exact.", why="Below 0: this batch, too, wants a larger weight.",
        ),
        Exercise(
            f"Five batches of equal size see the slopes {', '.join(f'{one:g}' for one in some[:4])} and {some[4]:g}. Write a formula for the slope that all rows see.", sum(some) / 5,
            slips=(Slip(sum(some), "You added. Now divide by how many batches there are."), Slip(sum(some) / 4, "You divided by 4: count the batches, not the rows in them."), Slip(sorted(some)[2], "That is the one in the middle: take the mean.")),
            hint="What is the middle between several numbers called, when all of them count?", why="On average the batches are right. That is why they may be used.",
        ),
        Exercise(
            f"Worked: a row has x^2 = 1 and y = 5; the prediction is 8. Its squared error has the slope 2 × (8 - 5) × 1 = 6 in the weight of x^2. Now you: x^2 = {up:g}, y = {y:g}, the prediction is {said:g}.", 2 * (said - y) * up,
            slips=(Slip((said - y) * up, "You forgot the 2: the slope of a square is twice."), Slip(2 * (said - y), "You forgot x^2: it says how much the prediction moves."), Slip(2 * (said - y) * up**2, f"x^2 is {up:g} already: do not square it again."), Slip((said - y) ** 2, "That is the squared error, not its slope.")),
            hint="2 × error × x^2, with error = prediction - y.", why="Too low a prediction, so the slope is below 0: the weight must grow.",
        ),
        Exercise(
            f"{n:g} passengers, batches of {size:g}: how many steps does one pass take?", n / size, 0.25,
            slips=(Slip(n * size, f"You multiplied. Each step uses up {size:g} of them."), Slip(n, "That would be one row at a time."), Slip(size, "That is the size of a batch. How many batches are there?")),
            hint=f"How often do {size:g} fit into all of them?", why="A pass is over when each row was used once.",
        ),
        Exercise(
            "On Noise, set the rate of one row at a time to 0.005. What is its loss after 10 passes?", single.loss.sources[-1], 0.0005, slower,
            slips=(Slip(single.loss.sources[-1], AS_IT_CAME, {}), Slip(row(single.loss, 21), "That is after 1 pass."), Slip(lesson.runs["full"].loss.sources[-1], "That is all rows at once.")),
            hint="Type the rate into the line of one row; the loss stands in the same line.", why="A smaller rate swings less, but needs more steps to come as far.",
        ),
        Exercise(
            f"Momentum 0.9, worked: m then is 1 and the gradient is 2, so m after = 0.9 × 1 + 2 = 2.9. Now you: m then is {m:g} and the gradient is {g:g}.", 0.9 * m + g,
            slips=(Slip(g - 0.9 * m, "m is below 0 this time."), Slip(m + g, "You forgot that m keeps only 0.9 of itself."), Slip(0.9 * m + 0.1 * g, "That would be a mean, as in Adam. Here the whole gradient is added.")),
            hint="0.9 × m then + gradient.", why="The two point in other ways, so they partly cancel.",
        ),
        Exercise(
            f"Momentum 0.9: m then is {before:g}, the gradient is {gradient:g}, the rate {rate:g}, the weight {w:g}. Write a formula for the weight after the step.", w - rate * (0.9 * before + gradient),
            slips=(Slip(w - rate * gradient, "That is plain SGD: you left m out."), Slip(w + rate * (0.9 * before + gradient), UP), Slip(w - rate * (before + gradient), "You forgot that m keeps only 0.9 of itself."), Slip(w - rate * (0.9 * before + 0.1 * gradient), "That would be a mean, as in Adam. Here the whole gradient is added."), Slip(rate * (0.9 * before + gradient), DONE)),
            hint="First m after, from m then and the gradient. Then weight - rate × m after.", why="Most of this step comes from gradients of the past.",
        ),
        Exercise(
            f"Momentum 0.9, and the gradient is {ever:g} at every step, for ever. Which number does m approach?", 10 * ever, 0.01,
            slips=(Slip(ever, "That is the first m. Then more is added at each step."), Slip(10.0, f"So many times the gradient, that is right. The gradient is {ever:g}."), Slip(9 * ever, "That is 0.9 of it. And what is added?"), Slip(0.9 * ever, "That is 0.9 of one gradient. All past ones are in m.")),
            hint=f"In the end m no longer changes: m = 0.9 × m + {ever:g}.", why="Gradients that agree add up. So momentum needs a smaller rate.",
        ),
        Exercise(
            "On Momentum, set momentum to 0.5. What is the loss after step 50?", momentum.loss.sources[-1], 0.0005, half,
            slips=(Slip(momentum.loss.sources[-1], AS_IT_CAME, {}), Slip(row(momentum.loss, end - 1), "That is the row before."), Slip(row(momentum.above, end), "That is how far it is above the lowest loss."), Slip(row(momentum.loss, 1), "That is the start.")),
            hint="The last row of the table, the column of the loss.", why="It forgets sooner: each gradient pushes for fewer steps, as if the rate were smaller.",
        ),
        Exercise(
            f"Adagrad, rate {bold:g}: a weight's first gradient is {first:g}, its second is {next_:g}. Write a formula for how far the second step goes (without sign).", bold * next_ / root,
            slips=(Slip(bold, "You took only the second gradient. sum_sq keeps the first one, too."), Slip(bold * next_, "That is rate × gradient. Divide by the root of sum_sq."), Slip(bold * next_ / root**2, "You divided by sum_sq itself, not by its root."), Slip(bold * next_ / (first + next_), "You added the gradients. Add their squares.")),
            hint="rate × gradient / root of (the squares of both, added up).", why="The sum only grows, so the steps only become more careful.",
        ),
        Exercise(
            f"RMSprop, alpha 0.99: v then is {v:g}, the gradient is {large:g}. Write a formula for v after.", 0.99 * v + 0.01 * large**2,
            slips=(Slip(0.99 * v + large**2, "You added the whole square. v is a mean: only 0.01 of it counts."), Slip(0.99 * v + 0.01 * large, "You forgot to square the gradient."), Slip(v + large**2, "That is Adagrad: RMSprop forgets a little of the old.")),
            hint="0.99 × v then + 0.01 × the square of the gradient.", why="One large gradient moves a running mean only a little.",
        ),
        Exercise(
            f"Adam: after step 3, m is {slow:g}; beta1 is 0.9. Write a formula for m_hat.", hat,
            slips=(Slip(slow / 0.1, "You divided by 1 - 0.9: that is right at step 1."), Slip(slow / 0.19, "You took beta1 squared. Which power does step 3 need?"), Slip(slow / 0.729, "You forgot the 1 -."), Slip(slow * 0.271, "You multiplied: m is too small, so it must grow.")),
            hint="m divided by 1 - beta1^t.", why="m began at 0 and has not caught up yet; this corrects it.",
        ),
        Exercise(
            f"Adam, rate {pace:g}: the very first gradient of a weight is {steep:g}. By how much does the weight change (with its sign)?", pace,
            slips=(Slip(-pace * steep, "That is rate × gradient. Adam divides by the gradient's size."), Slip(pace * 0.1 / 0.001**0.5, "That is without the correction."), Slip(-0.1 * pace * steep, "That is rate × m. It is corrected, and divided.")),
            hint="At step 1 m_hat is the gradient, and v_hat its square.", why="Of the first gradient only the sign counts.",
        ),
        Exercise(
            "On Adam, set the step to look at to 10. What is v_hat of the weight of x^2?", _of(adam.lines["v_hat"], 1), 0.01, tenth,
            slips=(Slip(_of(adam.lines["v_hat"], 1), AS_IT_CAME, {}), Slip(_of(adam.lines["v_hat"], 2), "That is of the weight of x."), Slip(_of(adam.lines["v after"], 1), "That is v, not corrected yet."), Slip(_of(adam.lines["m_hat"], 1), "That is m_hat.")),
            hint="Type 10, then look at the line v_hat of That step, slowly.", why="It is far larger than v: even now v has seen only a few squares.",
        ),
        Exercise(
            f"AdamW, rate {lr:g}, weight_decay {decay:g}: a weight is {weight:g}. Write a formula for W_less.", weight * (1 - lr * decay),
            slips=(Slip(weight * (1 - decay), "You left the rate out: the decay is multiplied with it."), Slip(weight * lr * decay, "So much is taken off. What is left?"), Slip(weight * (1 + lr * decay), "Weights are drawn towards 0, not away from it."), Slip(weight - lr * decay, "It takes a share of the weight: multiply.")),
            hint="weight × (1 - rate × weight_decay).", why="Large weights lose more: it is a share.",
        ),
        choice(
            "All gradients become 100 times as large. Who takes just the same steps? 1: SGD. 2: momentum. 3: Adagrad, RMSprop, Adam and AdamW (but for eps). 4: nobody.", 3,
            {1: "Its step is rate × gradient.", 2: "Its m becomes as many times larger.", 4: "Some divide by the size of the gradient."},
            hint="Whose step has a gradient above and its size below the line?", why="The size cancels. So their rate says how far a step goes.",
        ),
        choice(
            "Why do small batches swing in the end? 1: the rate grows. 2: each batch has a lowest point of its own. 3: the sheet rounds.", 2,
            {1: "The rate stays as it is.", 3: "Rounding is far too small to be seen."},
            hint="On Batches, start from the best weights. What does a batch say?", why="Where all rows say stay, each batch still says go on.",
        ),
        choice(
            "What sets RMSprop apart from Adagrad? 1: it forgets old gradients. 2: it needs no rate. 3: it knows the sign of the gradient only.", 1,
            {2: "It has a rate: a yellow cell.", 3: "It squares and averages their sizes, too."},
            hint="Compare v with sum_sq: which of them can become smaller?", why="So its steps need not shrink for ever.",
        ),
        choice(
            "A loss has two valleys, and descent on all rows has ended in the shallow one. What can the noise of small batches do? 1: nothing. 2: carry the weights out of it. 3: make it deeper.", 2,
            {1: "At its bottom all rows say stay. And a batch?", 3: "The loss of all rows stays what it is."},
            hint="Each batch has another loss, with other valleys.", why="A help, not a promise: noise can carry them out of the deep one as well.",
        ),
    ]  # fmt: skip


def predictions(lesson: Races) -> list[Prediction]:
    """What a learner guesses before looking."""

    def at(id: str) -> Node:
        return lesson.book.block(id).node

    once = vstack([at(f"noise.{key}.first") for key in ("full", "batch", "single")])
    share = at("typical.share")
    best, first_batch = at("noise.best"), row(lesson.parts, 1)
    there, everyone = (_of(substitute([one], {lesson.W_start: best})[0], 1) for one in (first_batch, lesson.whole))
    steepest, flattest, alike = (
        _of(apply("abs", row(lesson.runs["adam"].W, 2) - lesson.W_start), j) for j in (1, 2, 3)
    )
    same = _near(steepest, flattest) * _near(steepest, alike)
    fifth = hstack([row(lesson.runs[name].loss, 6) for name in STORIES])
    n_exploded = apply("sum", is_above(apply("if_error", fifth, lift(1e300)), lift(1000.0)))
    adam = row(lesson.runs["adam"].loss, len(lesson.runs["adam"].steps) + 1)
    then = at("compare.then")
    early, late = (1.0 + apply("sum", is_above(_of(losses, 1), losses)) for losses in (row(then, 1), row(then, 4)))
    place = where(is_above(late, lift(1.5)), where(is_above(late, lift(len(STORIES) - 0.5)), 3.0, 2.0), 1.0)
    return [
        Prediction(
            "Three descents look at all 20 rows once, at the same rate. They take 1 step on all rows, 5 steps on batches of four, or 20 steps on one row each. Whose loss is smallest?",
            ("of all rows at once", "of batches of four", "of one row at a time"), apply("match", apply("min", once), once), row(once, 1), apply("min", once),
            "The loss after one pass: all rows, then the smallest", "A rough step now beats a careful one later: many small batches take many steps in the same time.", "noise.batch.first",
        ),
        Prediction(
            "The gradient of one row is far from that of all rows. How far is that of a batch of four?",
            ("about a quarter as far", "about half as far", "about as far"), where(is_above(lift(0.35), share), 1.0, where(is_above(lift(0.7), share), 2.0, 3.0)),
            at("typical.row"), at("typical.batch"),
            "The typical distance of one row, then of a batch", "Errors cancel only in part: four times the rows halve the noise. So small batches are a bargain.", "typical.share",
        ),
        Prediction(
            "The weights are the best ones: all rows together say stay. What does batch 1 say?",
            ("stay", "go on"), where(_near(there, lift(0.0)), 1.0, 2.0), where(_near(everyone, lift(0.0)), 0.0, everyone), there,
            "The slope in the weight of x^2: all rows, then batch 1", "Four points have a best curve of their own. So descent on batches never comes to rest, unless the rate falls.", "gradients.exact",
        ),
        Prediction(
            "At Adam's first step one weight has a large gradient, one a small one. Which of them moves farther?",
            ("the one with the large gradient", "the one with the small gradient", "both just as far"), where(same, 3.0, where(is_above(steepest, flattest), 1.0, 2.0)), steepest, flattest,
            "How far the weight of x^2 moves, then that of x", "Adam divides by the size of the gradient. At first only its sign is left, and the rate says how far.", "adam.W",
        ),
        Prediction(
            "The loss is multiplied by 100, and so is each gradient. Which of the six optimisers explode?",
            ("none", "SGD and momentum", "all six"), where(is_above(lift(0.5), n_exploded), 1.0, where(is_above(lift(2.5), n_exploded), 2.0, 3.0)), adam, adam,
            "The last loss of Adam", "SGD and momentum step by rate × gradient. The other four divide by its size and hardly notice.", "batches.times", {lesson.times: 100.0},
        ),
        Prediction(
            "On Compare plain SGD is ahead of the other five after 5 steps. And after 50?",
            ("it is still ahead", "it is somewhere in the middle", "it is last"), place, early, late,
            "The place of SGD after 5 steps, and after 50", "What made it fast, large steps on each batch, keeps it swinging. The others average their gradients or shrink their steps.", "compare.place",
        ),
    ]  # fmt: skip


def _of(three: Node, j: int) -> Node:
    """One of several numbers in a row, (1, k) -> (1, 1), counted from 1."""
    return three @ selector(three.shape[1], j - 1, 1)


def _near(one: Node, other: Node) -> Node:
    return is_above(lift(1e-6), apply("abs", one - other))
