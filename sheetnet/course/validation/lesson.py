"""Lesson 8: training, validation and test rows; decay, early stopping, cross-validation; wrong rows, and a loop."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.validation import texts
from sheetnet.course.validation.fits import NAMED, POWERS
from sheetnet.course.validation.folds import PART_NAMES, WAYS
from sheetnet.course.validation.own import DECAYS
from sheetnet.course.validation.questions import Sheets
from sheetnet.course.validation.wrong import FEATURES


class Validation(Sheets):
    """What the lesson is for, its words and exercises; the sheets come from Fits, Smaller, Folds and Wrong."""

    name, predicts = "validation", True
    minutes, pictured = 50, "Degree"
    goals = (
        "see whether a model learns or learns by heart",
        "choose size, decay and epochs without the test rows",
        "find wrong data with the help of a model",
    )
    to_fill = (
        "degree.pred_train", "degree.square_train", "degree.pred_valid", "degree.square_valid",
        "degree.train_then", "degree.valid_then",
        "decay.cost", "dropout.pred", "dropout.pred_all",
        "stopping.stops", "stopping.kept", "stopping.kept_loss",
        "folds.mean", "surprise.error", "surprise.size", "loop.clicks_a", "loop.clicks_b",
    )  # fmt: skip
    title = texts.TITLE
    purpose = texts.PURPOSE
    tries = texts.TRIES

    def sheets(self) -> None:
        self.degree_page()
        self.decay_page()
        self.stopping_page()
        self.folds_page()
        self.choose_page()
        self.surprise_page()
        self.loop_page()

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair("degree.W", "Weights of each degree", POWERS, "short", names=NAMED),
            Pair("degree.loss_valid", "Validation loss, degree", format="short"),
            Pair(
                "decay.W", "Weights, decay", POWERS, "short", names=tuple(f"decay {i + 1}" for i in range(len(DECAYS)))
            ),
            Pair("stopping.loss_valid", "Validation loss, epoch", format="short", by_epoch=True),
            Pair("folds.losses", "Loss on each part", PART_NAMES, "short"),
            Pair("choose.loss_valid", "Validation loss, way", format="short", names=WAYS),
            Pair("surprise.w", "Weights, parcels", FEATURES, "short"),
            Pair("loop.shown", "A is shown", format="short", by_epoch=True),
        ]

    def watched(self) -> list[Watched]:
        rows = [Watched(of[part], f"{key}, {part}") for key, of in (("x", self.x), ("y", self.y)) for part in of]
        parcels = (self.check, "parcel to check"), (self.kg, "kg"), (self.km, "km"), (self.price, "prices")
        songs = (self.first, "first share"), (self.like[0], "like A"), (self.like[1], "like B")
        rest = (self.lr, "learning rate"), (self.patience, "patience"), (self.trust, "trust"), (self.chance, "chance")
        return [*rows, *(Watched(node, title) for node, title in (*parcels, *songs, *rest))]

    def words(self) -> list[Word]:
        return [Word(*one) for one in texts.WORDS]


LESSON = Validation
