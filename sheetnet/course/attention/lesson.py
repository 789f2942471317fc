"""Lesson 14: attention, and a character transformer that is trained by formulas and writes names."""

from __future__ import annotations

from sheetnet.course.attention.model import LETTERS, SHAPES
from sheetnet.course.attention.own import STEPS
from sheetnet.course.attention.writing import Writing
from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.page.language import said, whole

PLACES = ("1", "2", "3", "4")
CALLED = ("mixed", "lin", "out", "pred", "d_score", "d_out", "d_lin", "d_mixed")  # blocks


class Attention(Writing):
    """What the lesson is for, and its words; the sheets come from Tiny, Trained and Writing."""

    name, predicts = "attention", True
    minutes, pictured = 60, "Writes"
    goals = (
        "say what query, key and value are for",
        "say why scores are divided, and what the mask hides",
        "follow a transformer from letters to written names",
    )
    to_fill = (
        "attention.score",
        "attention.power",
        "attention.share",
        "scale.divided",
        "scale.sharp",
        "scale.soft",
        "scale.most_raw",
        "scale.most_divided",
        "scale.root",
        "mask.right_masked",
        "descent.chance",
    )
    title = "Attention: a transformer that writes names"
    purpose = "How does a net know which letters before matter for the next one? It asks. You take one attention apart, number by number. Then a small transformer learns eight names, every step a formula, and writes names of its own."
    tries = (
        "On Attention, choose each place in turn. Who looks at whom? Then set the mask to 0.",
        "On Scale, set d to 1, 4, 16 and 64. Which softmax becomes sharp?",
        "On Mask, make the pull 20. What does a net learn that may peek?",
        "On Names, type the tokens of another name, of the letters known there. Then look at the loss on Descent, and at Writes.",
        "On Heads, look at steps 0, 10 and 50. How far do the shares move, and how far apart are the two heads?",
        "On Writes, type a beginning. What comes next, before and after training?",
    )

    def sheets(self) -> None:
        for name in (*SHAPES, *CALLED, LETTERS, LETTERS[1:]):  # what no language calls otherwise
            whole(name)
        self.tokens_page()
        self.attention_page()
        self.scale_page()
        self.mask_page()
        self.names_page()
        self.descent_page()
        self.step_page()
        self.heads_page()
        self.writes_page()
        self.settle()

    # ---- what is compared, the words

    def pairs(self) -> list[Pair]:
        return [
            Pair("attention.A", "Weights of four tokens", PLACES, "short"),
            Pair("attention.mixed", "What they take", PLACES[:2], "short"),
            Pair("scale.soft", "Softmax, divided", format="short"),
            Pair("descent.losses", "Loss of the transformer", format="short"),
            *(
                Pair(f"descent.{name}.{STEPS}", said("{name} after all steps", name=name), format="short")
                for name in ("Wq", "Wk", "Wv", "Wo")
            ),
            Pair("writes.next_after", "The next letter", tuple(LETTERS), "short"),
        ]

    def watched(self) -> list[Watched]:
        first = self.book.block("descent.first").node  # which every weight at the start is part of
        seen = {
            "tokens": self.word, "embedding": self.E, "positions": self.Pos, **self.W, "mask": self.masked,
            "query": self.query, "width": self.d, "names": self.codes, "rate": self.lr, "loss before": first,
            "beginning": self.prefix,
        }  # fmt: skip
        return [*(Watched(node, title) for title, node in seen.items()), Watched(self.keys, "keys", self.of_width)]

    def words(self) -> list[Word]:
        return [
            Word("token", "A piece of text that has a number: here a letter, or the . at both ends.", "tokens.word"),
            Word("embedding", "The numbers that stand for a token. They are learnt.", "tokens.E"),
            Word("position", "Numbers that stand for a place, so that the order is not lost.", "tokens.Pos"),
            Word("query", "What a token asks for: x times Wq.", "attention.q"),
            Word("key", "What a token offers to be found by: x times Wk.", "attention.k"),
            Word("value", "What a token gives away: x times Wv.", "attention.v"),
            Word("score", "Query times key, number by number, added up.", "attention.products"),
            Word("attention", "Softmax of the scores: who takes how much from whom.", "attention.A"),
            Word("spread", "How far numbers lie from their mean: the root of the mean square.", "scale.spread"),
            Word("mask", "1 for what may be seen, 0 for what is hidden.", "attention.seen"),
            Word("head", "One attention with its own query, key and value.", "heads.then_1"),
            Word("transformer", "A net of attention and small nets, each added to what was there.", "descent.losses"),
            Word("parameter", "A number that is learnt.", "descent.Wq.0"),
            Word("momentum", "Past gradients, added up and slowly forgotten, that carry a step on.", "step.m_Wq"),
            Word("cross-entropy", "-ln of the probability that the true next letter was given.", "descent.losses"),
            Word("layer norm", "Takes off the mean and divides by the spread. Large transformers have it before such a block; this one has none.", "step.h"),
            Word("to draw a letter", "Take the letter at which the added-up probabilities pass a drawn number.", "writes.drawn"),
        ]  # fmt: skip


LESSON = Attention
