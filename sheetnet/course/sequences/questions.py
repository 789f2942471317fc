"""Lesson 13's exercises, with what is said of each likely mistake, and its predictions."""

from __future__ import annotations

from functools import partial
from math import tanh

from sheetnet.course.drawing import own, plus
from sheetnet.course.sequences.forecast import Forecast
from sheetnet.course.sequences.own import EPOCHS
from sheetnet.course.sequences.steps import LONG
from sheetnet.graph.node import Node, apply, constant, lift, row, where
from sheetnet.motifs.exercises import AS_IT_CAME, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above, larger

COUNTED = "Epochs begin with 0: look at the number in the column Epoch."
STEPS_COUNTED = "Count the factors: one for each step."


def questions(lesson: Forecast) -> list[Exercise]:
    """At least two likely mistakes for each, a hint, and a reason."""
    draw = partial(own, lesson.seed)
    w, h, u, x = draw("memory", (0.5, 0.8, 1, 0.3), ((0.2, 0.5, 0.6), (0.4, 0.8, 0.9), (1, 2), (0.3, 0.7, -0.4)))
    (keep,) = draw("pulse", (0.8,), ((0.6, 0.7, 0.8),))
    (kept,) = draw("kept", (0.95,), ((0.95, 0.85, 0.8),))
    bent = draw("tanh", (2, 0.5, 1, -0.4), ((2, 1.5), (0.5, 0.3, -0.5), (1, 0.5), (-0.4, 0.8, -0.2)))
    (slope, back) = draw("d_h", (-0.4, 0.6), ((-0.4, -0.3, 0.5), (0.6, 0.7, 0.9)))
    d_h, after = draw("d_a", (0.5, 0.6), ((0.5, 0.4, -0.5), (0.6, 0.3, -0.4)))
    d_a, before, seen = draw("share", (0.3, -0.5, 2), ((0.3, 0.2, -0.4), (-0.5, 0.4, 0.6), (2, 1.5, -1)))
    (second,) = draw("second", (0.95,), ((0.95, 0.96, 0.97),))
    size, most = draw("norm", (2, 2), ((2, 3, 5), (1, 2, 4)))
    (clip,) = draw("clip", (2,), ((2, 3, 4),))
    z, old, new = draw("gate", (0.9, 0.5, -1), ((0.9, 0.8, 0.1), (0.5, 0.2, -0.6), (-1, 0.8, 1)))
    (shut,) = draw("shut", (0.1,), ((0.05, 0.1, 0.2),))
    epoch = int(draw("epoch", (30,), ((28, 30, 32, 34),))[0])
    summed = bent[0] * bent[1] + bent[2] * bent[3]
    memory, walk, loss = lesson.remembered["plain"], lesson.walks["clip"], lesson.losses["gated"]
    left = lesson.left_at[20][1]
    return [
        Exercise(
            f"Worked: w is 0.9, the memory before is 1, u is 1, the input 0.5. The new memory is 0.9 × 1 + 1 × 0.5 = 1.4. Now you (no tanh): w is {w:g}, the memory before {h:g}, u is {u:g}, the input {x:g}. What is the new memory?", w * h + u * x,
            slips=(Slip(w * h, "You left the input out."), Slip(w * (h + u * x), "w multiplies the memory only, not the input."), Slip(h + u * x, "You kept all of the memory. How much of it does w keep?")),
            hint="h = w × h before + u × x.", why="A part of what was there, and something new.",
        ),
        Exercise(
            f"A memory without tanh has w = {keep:g}. No input comes for 3 steps. What part of the memory is left?", keep**3,
            slips=(Slip(3 * keep, "Each step multiplies; three steps do not add up."), Slip(keep**4, STEPS_COUNTED), Slip(keep**2, STEPS_COUNTED), Slip(1 - 3 * (1 - keep), "Each step takes a part of what is still left, not of the beginning.")),
            hint="Once for each step: w × w × w.", why="This is w^3. In the same way slopes go back.",
        ),
        Exercise(
            f"On Memory, set w to {kept:g}. What is the memory h (without tanh) after step 11?", lesson.later[0], 0.001, {lesson.keep: kept},
            slips=(Slip(lesson.later[0], AS_IT_CAME, {}), Slip(row(memory, 12), "That is after step 12."), Slip(row(memory, 10), "That is after step 10."), Slip(lesson.later[1], "That is the memory with tanh.")),
            hint="Type w, then read the line After step 11.", why="The pulse came at step 1, so w was a factor ten times.",
        ),
        Exercise(
            f"w is {bent[0]:g}, the memory before {bent[1]:g}, u is {bent[2]:g}, the input {bent[3]:g}. Write a formula for the new memory, with tanh.", tanh(summed),
            slips=(Slip(summed, "That is the sum. Now tanh of it."), Slip(bent[0] * tanh(bent[1]) + bent[2] * bent[3], "tanh bends the whole sum, not only the memory."), Slip(bent[0] * tanh(bent[1]) + bent[2] * tanh(bent[3]), "First the sum, then tanh: once.")),
            hint=f"TANH({bent[0]:g} * {bent[1]:g} {plus(bent[2] * bent[3])}).", why="Whatever the sum is, the memory stays between -1 and 1.",
        ),
        Exercise(
            f"Going back: d_a of the next step is {slope:g}, w is {back:g}. What is d_h of this step (the loss looks at the last step only)?", slope * back,
            slips=(Slip(slope + back, "The memory was multiplied by w, so the slope is, too."), Slip(slope / back, "Backwards it is multiplied, too, not divided."), Slip(slope, "That is d_a. How does the memory come into the next sum?")),
            hint="The next sum holds w × h.", why="If h rises by 1, the next sum rises by w.",
        ),
        Exercise(
            f"The memory after a step is {after:g}, and d_h is {d_h:g}. What is d_a of this step?", d_h * (1 - after**2),
            slips=(Slip(d_h * (1 - after), "The slope of tanh is 1 - h^2."), Slip(d_h * after**2, "That is h^2. The slope of tanh is 1 - h^2."), Slip(d_h * after, "Not h: the slope of tanh there.")),
            hint="d_h × (1 - h^2).", why="Near -1 and 1 tanh is flat, and hardly a slope comes through.",
        ),
        Exercise(
            f"d_a of a step is {d_a:g}, the memory before it {before:g}, its input {seen:g}. What is this step's share of the gradient of w?", d_a * before,
            slips=(Slip(d_a * seen, "That is the share of u: u multiplies the input. And w?"), Slip(d_a * before * seen, "The input has nothing to do with w."), Slip(d_a + before, "A share is a product.")),
            hint="What does w multiply?", why="w stands beside the memory before. The shares of all steps are added up.",
        ),
        Exercise(
            f"On Vanish, set the second w to {second:g}. What is left of the slope after 20 steps back?", left, 0.001, {lesson.ws[1]: second},
            slips=(Slip(left, AS_IT_CAME, {}), Slip(20 * second, "20 factors are multiplied, not added up."), Slip(1 - 20 * (1 - second), "Each step takes a part of what is still left.")),
            hint="Type the number, then read the line for 20 steps.", why="A weight a little below 1 vanishes, too: only later.",
        ),
        Exercise(
            f"The gradient in w is {3 * size:g}, in u {4 * size:g}. It is clipped at {most:g}. What is the slope in w after that?", 3 * most / 5,
            slips=(Slip(most, "The whole gradient gets that norm, not each slope."), Slip(most / (5 * size), "That is the factor. Multiply the slope in w by it."), Slip(5 * size, "That is the norm. Now divide the clip by it."), Slip(4 * most / 5, "That is the slope in u."), Slip(3 * most / 7, "The norm is no sum: square, add, take the root.")),
            hint=f"The norm is SQRT({3 * size:g}^2 + {4 * size:g}^2). Multiply by clip / norm.", why="Both slopes shrink by one factor, so the direction stays.",
        ),
        Exercise(
            f"On Clip, clip at {clip:g}. Where is w after step 5 of the clipped run?", row(walk, 6), 0.001, {lesson.most: clip},
            slips=(Slip(row(walk, 6), AS_IT_CAME, {}), Slip(row(walk, 7), "That is one step later."), Slip(row(walk, 5), "That is one step earlier.")),
            hint="Type the clip, then read the line Clipped.", why=f"Each step is at most 0.01 × {clip:g} long.",
        ),
        Exercise(
            f"The gate z is {z:g}, the memory before {old:g}, the candidate {new:g}. What is the new memory?", (1 - z) * old + z * new,
            slips=(Slip(z * old + (1 - z) * new, "The other way round: z says how much of the new is written."), Slip(old + z * new, "Of the old memory only 1 - z is kept."), Slip((1 - z) * old, "And the candidate?"), Slip(z * new, "And what is kept?")),
            hint="(1 - z) × old + z × new.", why="A mixture of old and new.",
        ),
        Exercise(
            f"A gate is nearly shut, z = {shut:g}, for 10 steps. Candidates do not depend on the memory. What part of a slope is left after these 10 steps back?", (1 - shut) ** 10,
            slips=(Slip(shut**10, "That is what z lets in. Kept is 1 - z at each step."), Slip(1 - 10 * shut, "Each step takes a part of what is still left."), Slip(1 - shut, "That is one step."), Slip((1 - shut) ** 11, STEPS_COUNTED), Slip((1 - shut) ** 9, STEPS_COUNTED)),
            hint="1 - z for each step, multiplied.", why="The nearer z is to 0, the longer the slope lives.",
        ),
        Exercise(
            f"On Remember, as it came: what is the loss of the gated unit after {epoch} epochs?", row(loss, epoch + 1),
            slips=(Slip(row(loss, epoch), f"That is one row higher. {COUNTED}"), Slip(row(loss, epoch + 2), f"That is one row lower. {COUNTED}"), Slip(row(lesson.losses["plain"], epoch + 1), "That is the plain unit.")),
            hint="Set the epoch to look at, or read the table below.", why="It came off its plain, and now it knows most of the first signs.",
        ),
        choice(
            "The net forgets what came 50 steps ago. Which of these helps? 1: clipping. 2: a gate. 3: a smaller rate.", 2,
            {1: "Clipping makes long gradients shorter. Here hardly any is left.", 3: "Then even the little that is left moves less."},
            hint="What keeps a slope alive on its way back?", why="A shut gate hands memory and slope on as they are.",
        ),
        choice(
            "A series is a smooth wave. The linear model foretells it exactly. Which model would you take? 1: the linear one. 2: the recurrent net. 3: same as last.", 1,
            {2: "What could it do better than exactly? And it is harder to understand.", 3: "It says that nothing changes, but a wave moves on."},
            hint="What is gained by more weights here?", why="The simplest model that does the work. The net is for what a line cannot say.",
        ),
    ]  # fmt: skip


def predictions(lesson: Forecast) -> list[Prediction]:
    """What a learner guesses before looking."""
    plain, bent = lesson.remembered["plain"], lesson.remembered["tanh"]
    one, thirty = (row(lesson.powers[2], k + 1) for k in (1, LONG))
    first, last = (apply("abs", row(lesson.d_h, t)) for t in (1, 6))
    goal = [apply("abs", row(lesson.walks[key], lesson.walks[key].shape[0]) - 1.0) for key in ("clip", "small")]
    losses = [row(lesson.losses[key], EPOCHS + 1) for key in ("plain", "gated")]
    learnt = [is_above(lift(0.5), loss) for loss in losses]
    alone = [lesson.judged[key] @ constant(((0.0,), (0.0,), (1.0,))) for key in ("line", "net")]
    return [
        Prediction(
            "On Memory, w is 0.9. A pulse of 1 comes at step 1, nothing after it. What part of it is left at step 11?",
            ("hardly any: less than 0.05", "about a third", "more than half"),
            _between(row(plain, 11), 0.05, 0.5), row(plain, 1), row(plain, 11),
            "The memory after step 1, then after step 11", "Each step keeps 0.9 of what is there: 0.9^10.", "memory.later",
        ),
        Prediction(
            "Now w is 1.1, and tanh bends the memory at each step. What is it after 30 steps?",
            ("nearly 0", "below 1, but not near 0", "above 1: it explodes"),
            _between(row(bent, LONG), 0.1, 1.0), row(bent, 1), row(bent, LONG),
            "The memory with tanh after step 1 as it came, then after step 30", "tanh lets no number grow above 1. Here the growing and the bending hold each other.", "memory.tanh", {lesson.keep: 1.1},
        ),
        Prediction(
            "On Backwards, six steps lie before the loss, and w is 0.8. Which memory moves the loss more, if it changes a little?",
            ("the one after step 1", "the one after step 6", "both alike"),
            larger(first, last, 1e-9), first, last,
            "The size of d_h of step 1, then of step 6", "On its way back the slope is multiplied at each step by w × (1 - h^2), which is below 1.", "backwards.d_h",
        ),
        Prediction(
            "On Vanish, the third w is 1.1. A slope goes back 30 steps, without tanh. How large does it become?",
            ("about 1.3 times", "about 3 or 4 times: 30 × 0.1 more", "more than 10 times"),
            _between(thirty, 2.0, 10.0), one, thirty,
            "The factor after 1 step, then after 30", "1.1^30: each step multiplies what the steps before it have made larger.", "vanish.powers",
        ),
        Prediction(
            f"On Clip, one run is clipped at 1, another has a rate 50 times smaller. Which is nearer to w = 1 after {LONG} steps?",
            ("the clipped one", "the one with the smaller rate", "both alike"),
            larger(goal[1], goal[0], 1e-4), goal[0], goal[1],
            "How far from 1 the clipped run is, then the other", "Clipping shortens steps on the cliff only. The small rate makes every step small.", "clip.far_clip",
        ),
        Prediction(
            "On Remember, a plain and a gated unit learn which sign came first of 20. Who learns it in 40 epochs?",
            ("both", "only the plain one", "only the gated one", "neither"),
            where(learnt[0] * learnt[1], 1.0, where(learnt[0], 2.0, where(learnt[1], 3.0, 4.0))), losses[0], losses[1],
            "The loss of the plain unit, then of the gated one", "Who always says 0 has the loss 1. Only the gate keeps the first sign, and its slope, over all steps.", "remember.end",
        ),
        Prediction(
            "On Series, the models go on alone for ten hours. Which has the smaller error, the linear one or the net?",
            ("the linear one", "the net", "both alike"),
            larger(alone[1], alone[0], 1e-4), alone[0], alone[1],
            "The mean squared error of the linear model alone, then of the net", "The tank is emptied all at once. A straight line of three values cannot bend there.", "series.far_net",
        ),
    ]  # fmt: skip


def _between(number: Node, low: float, high: float) -> Node:
    """1 below the low bound, 3 above the high one, else 2."""
    return where(is_above(number, lift(high)), 3.0, where(is_above(number, lift(low)), 2.0, 1.0))
