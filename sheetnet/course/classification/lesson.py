"""Lesson 9: sigmoid, cross-entropy, threshold, softmax: from a score to a class."""

from __future__ import annotations

from sheetnet.course.classification.many import Many
from sheetnet.course.classification.own import KINDS
from sheetnet.course.lesson import Pair, Watched, Word


class Classification(Many):
    """What the lesson is for, and its words; the sheets come from Two, Judged and Many."""

    name, predicts = "classification", True
    minutes, pictured = 45, "Descent"
    goals = (
        "turn a score into a probability",
        "say why cross-entropy pulls where squared error does not",
        "read a confusion matrix, precision and recall",
    )
    to_fill = (
        "sigmoid.score",
        "sigmoid.one_score",
        "sigmoid.one_power",
        "sigmoid.one_pred",
        "losses.pred",
        "losses.error",
        "losses.curve_entropy_slope",
        "threshold.called",
        "threshold.precision",
        "threshold.recall",
        "threshold.accuracy",
        "softmax.power",
        "softmax.share",
        "softmax.log",
        "softmax.part",
        "softmax.entropy",
        "large.below",
        "large.small",
    )
    title = "Classification: from a score to a class"
    purpose = "Ill or healthy? Which of three flowers? A model gives scores. You turn them into probabilities, choose the loss that still pulls when they are wrong, decide with a threshold, and judge what you decided."
    tries = (
        "On Sigmoid, change w and b until as many people as possible are predicted right. How many can you get?",
        "On Losses, move the score from -5 to 5. Where does each loss pull hardest, and where not at all?",
        "On Descent, look at epochs 5, 20 and 60. Which run is ahead? Then set the start to 1 and 0. And now?",
        "On Threshold, find the threshold with the best accuracy. Would you take it for a dangerous illness?",
        "On Softmax, make the entropy as large as you can, then as small as you can.",
        "On Classes, look at epochs 0, 1, 2, 5 and 40. Then find the place where the model is least sure.",
    )

    def sheets(self) -> None:
        self.sigmoid_page()
        self.losses_page()
        self.descent_page()
        self.threshold_page()
        self.softmax_page()
        self.large_page()
        self.classes_page()

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair("sigmoid.pred", "Prediction", format="short"),
            Pair("losses.slope", "Slopes", ("squared", "cross-entropy"), "short"),
            Pair("descent.w_squared", "Weights on squared error", ("w", "b"), "short"),
            Pair("descent.w_entropy", "Weights on cross-entropy", ("w", "b"), "short"),
            Pair("threshold.curve_precision", "Precision", format="share"),
            Pair("threshold.curve_recall", "Recall", format="share"),
            Pair("softmax.share", "Softmax", format="short"),
            Pair("softmax.exact", "Its slopes", format="short"),
            Pair("large.safe_sum", "Log-sum-exp", format="short"),
            Pair("classes.losses", "Loss of the flowers", format="short"),
            Pair("classes.W.40", "Last weights", KINDS, "short"),
        ]

    def watched(self) -> list[Watched]:
        seen = {
            "value": self.x, "ill": self.y, "w": self.w, "b": self.b, "truth": self.truth, "score": self.score,
            "start": self.start, **{f"rate, {key}": rate for key, rate in self.rates.items()}, "scores": self.scores,
            "true class": self.kind, "added": self.shift, "flowers": self.sizes, "kinds": self.of_kind,
            "start of the flowers": self.book.block("classes.W.0").node, "rate of the flowers": self.lr,
        }  # fmt: skip
        return [Watched(node, title) for title, node in seen.items()]

    def words(self) -> list[Word]:
        return [
            Word("classification", "To say to which class something belongs: ill or healthy, A, B or C.", "sigmoid.pred"),
            Word("score", "What the weights make of the inputs: any number. Also called logit.", "sigmoid.score"),
            Word("bias", "The number b that is added to weight × value.", "sigmoid.b"),
            Word("probability", "How likely something is, from 0 (never) to 1 (surely).", "sigmoid.pred"),
            Word("sigmoid", "1 / (1 + e^(-score)): turns a score into a number between 0 and 1.", "sigmoid.curve"),
            Word("e", "A number, about 2.718. The slope of e^x is e^x itself.", "sigmoid.one_power"),
            Word("ln", "The natural logarithm: ln(e^x) = x. ln 1 is 0, and ln of a tiny number is far below 0.", "softmax.log"),
            Word("cross-entropy", "-ln of the probability that the model gave to what is true.", "losses.loss"),
            Word("sure and wrong", "A prediction near 0 where the truth is 1, or near 1 where it is 0.", "losses.pred"),
            Word("plain", "Where a loss is nearly flat although it is large: steps are tiny there.", "descent.far_squared"),
            Word("threshold", "From which prediction on we say: ill.", "threshold.threshold"),
            Word("confusion matrix", "How many of each true class are called what.", "threshold.confusion"),
            Word("accuracy", "The share of all that are called right.", "threshold.accuracy"),
            Word("precision", "Of those called ill, the share who are ill.", "threshold.precision"),
            Word("recall", "Of those who are ill, the share who are called ill.", "threshold.recall"),
            Word("softmax", "e^score of each class, divided by their sum: shares that add up to 1.", "softmax.share"),
            Word("entropy", "How unsure shares are: 0 if one has all, ln 3 if three are equal.", "softmax.entropy"),
            Word("log-sum-exp", "ln of the sum of e^score, found without a power that is too large.", "large.safe_sum"),
            Word("region", "All places for which the model says the same class.", "classes.place_A"),
        ]  # fmt: skip


LESSON = Classification
