"""Small: three passengers, three features, two ReLUs, numbers of one digit: forward and backward on one screen."""

from __future__ import annotations

from sheetnet.course.lesson import Lesson
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import Node
from sheetnet.models.model import create, evaluate_loss
from sheetnet.motifs.steps import steps
from sheetnet.page.book import Role
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.parts import Note, Words, table
from sheetnet.page.shown import Group, backward, result, update

WHO = ("woman, first", "man, first", "woman, third")  # and the class
FEATURES = ("Woman", "First", "Ones")
DATA, LIVED = ((1, 1, 1), (0, 1, 1), (1, 0, 1)), ((1,), (0,), (1,))
WEIGHTS, LR = ((0, 4, -1), (2, 0, -1)), 0.1  # such that a unit is off, an error is 0, and every number is whole
ABOUT = "The net of this workbook with numbers that you can work out in your head. Green: from the data to the loss. Violet: back to the weights."
NOTE = (
    "Forward, from left to right. Lin: each feature × its weight, added up. ReLU: below 0 it becomes 0. Prediction: ReLU 1 + ReLU 2. Error: prediction - y. Loss: the mean of the squared errors.\n\n"
    "Backward, from right to left. A name with d_ says how much the loss rises, for each unit that this number rises. d_pred = 2 × error / 3 passengers. A ReLU that is on (mask 1) hands it on to its Lin. One that is off (mask 0) hands on nothing.\n\n"
    "The gradient of a weight: its column of X times d_lin of its ReLU, added up. New weights: weight - rate × gradient.\n\n"
    "When the woman of the third class dies, gradient 2 of Woman and of Ones changes, and no other: her ReLU 1 is off, and her First is 0."
)
TRY = "Try this: let the woman of the third class die: type 0 into her y. Which gradients change, and why? Then press undo."


def small_page(lesson: Lesson) -> None:
    """The data and weights that one may change, each step forward, each step back, and the weights after one step."""
    model = create("two_relu", len(FEATURES))
    X, y = lesson.typed("small.X", DATA, "X", "data", labels=FEATURES), lesson.typed("small.y", LIVED, "y", "data")
    weight, lr = lesson.typed("small.weight", WEIGHTS), lesson.typed("small.lr", LR, "rate", low=0)
    now = evaluate_loss(model, X, weight.T, y)
    d_pred, d_relu, d_lin, grad = gradient(now.loss, [*reversed(now.forward), weight])
    mask = next(source for source in d_lin.sources if source.name == "mask")
    after = weight - lr * grad
    rows = {
        "weights": lesson.cells(weight), "gradient": backward({"grad": (grad,)}, format="plain"),
        "new weights": update({"after": (after,)}, style="cells", format="plain"),
    }  # fmt: skip
    losses = result({
        "loss": (now.loss, "loss"), "loss_after": (evaluate_loss(model, X, after.T, y).loss, "loss after the step"),
    }, format="short")  # fmt: skip
    lin, relu, pred = (_columns(node) for node in now.forward)
    judged = _columns(now.error, now.sq_error)
    back = [_columns(node, role="backward") for node in (d_lin, mask, d_relu, d_pred)]
    weights = grid("", {f"{words} 1\n{words} 2": group for words, group in rows.items()})
    lesson.page("Small: one step, in your head", ABOUT, across(
        down(Words("The data, and what is learnt"), table(lesson.cells(X), names=WHO, tight=True), Words(""), weights, Words(""), Words(TRY, "plain"), gap=0),
        down(
            Words("Forward \u2192"),
            across(table(lin, names=WHO, tight=True), table(relu, tight=True), table(pred, lesson.cells(y), judged, tight=True)),
            Words(""),
            Words("\u2190 Backward"),
            across(table(back[0], names=WHO, tight=True), *(table(one, tight=True) for one in back[1:])),
            Words(""),
            facts("", lesson.cells(lr), losses, span=2),
            gap=0,
        ),
        Note(NOTE, 4),
    ), first=weight)  # fmt: skip


def _columns(*nodes: Node, role: Role = "forward") -> Group:
    """Steps as columns of whole numbers."""
    return steps("small", nodes, format="plain", role=role)
