"""The words of lesson 11: what stands on top of each sheet, its notes and its terms."""

from __future__ import annotations

TITLE = "Embeddings: numbers for tastes"
PURPOSE = "Who likes what? Twelve people rated some of ten foods. You give each person and each food a few numbers, let descent find them, predict the ratings that are missing, and see what the numbers came to mean."
GOALS = (
    "say why a one-hot row times a matrix is a look-up",
    "predict missing ratings with a dot product",
    "find what is alike, and draw it on a map",
)
TRIES = (
    "On Match, turn the arrow of the person. For which foods is the dot product above 0?",
    "On Ratings, type a rating into a blank. Which numbers on Train and Recommend move?",
    "On Train, set the decay to 0.001, then to 0.1. What becomes of the ratings kept back?",
    "On You, type your own ratings. What is recommended to you, and would you like it?",
    "On Nearest, find two foods whose cosine is below -0.8. What does that say of them?",
    "On Meaning, turn and mirror the map until the foods are as near as you can get them.",
)
COMPARED = {
    "lookup.rows": ("Rows looked up", ("sweet", "spicy")),
    "match.dots": ("Dot products", ()),
    "train.none_valid": ("Loss kept back, without decay", ()),
    "train.decay_valid": ("Loss kept back, with decay", ()),
    "recommend.pred": ("Predictions", "foods"),
    "you.w": ("Your numbers", ()),
    "nearest.cosines": ("Cosines", "foods"),
    "components.scores": ("Foods on the components", ("component 1", "component 2")),
    "meaning.turned": ("The map, turned", ("across", "up")),
}
WORDS = (
    ("embedding", "The numbers that stand for a thing, such as a food or a person.", "lookup.index"),
    ("one-hot", "A row that is 1 at one place and 0 everywhere else.", "lookup.one_hot"),
    ("look-up", "To take one row out of a table, by its number.", "lookup.index"),
    ("dot product", "Number times number, added up: how well two embeddings go together.", "match.dot"),
    ("missing value", "A blank: there may be a rating, but we do not know it.", "ratings.n_missing"),
    ("mask", "1 for what counts, 0 for what does not.", "ratings.mask"),
    ("kept back (validation)", "Ratings from which nothing is learnt: they show whether the model learns or learns by heart.", "ratings.n_valid"),
    ("bias", "A number that is added: how generous a person is (b), how popular a food is (c).", "train.decay.b.1"),
    ("weight decay", "Takes a share of every number off at each step, so that numbers stay small.", "train.decay"),
    ("learn by heart", "To be right on what was learnt and wrong on everything else (overfitting).", "train.valid_end"),
    ("recommender", "A model that says what somebody would like.", "recommend.best_name"),
    ("collaborative filtering", "To learn somebody's ratings from those of all others, without knowing the things themselves.", "recommend.pred"),
    ("cold start", "Somebody who has rated nothing: the model knows only what most people like.", "you.count"),
    ("length", "The square root of the sum of the squared numbers.", "nearest.length"),
    ("cosine", "Dot product / (length × length): 1 for the same direction, 0 for a right angle, -1 for the opposite.", "nearest.cosine"),
    ("distance", "The length of the difference of two embeddings.", "nearest.far"),
    ("spread (variance)", "The mean of the squared distances from the mean, along a direction.", "components.spread1"),
    ("covariance", "A table that holds the spread along every direction: direction × table × direction.", "components.cov1"),
    ("principal component", "The direction in which things differ most; the second at a right angle to the first.", "components.V"),
    ("power iteration", "To multiply a direction by a table again and again, until it does not turn any more.", "components.steps1"),
    ("correlation", "How well two columns rise together: from -1 over 0 to 1.", "meaning.corr"),
)  # fmt: skip
ABOUT_LOOKUP = "Ten foods, two numbers for each, how sweet and how spicy: the table E. Choose a food. Its row comes out twice, by a product and by a look-up."
LOOKUP = (
    "A one-hot row is 1 at one place and 0 elsewhere. Times E it keeps one row of E and drops all others: a look-up.\n"
    "This row is the food's embedding: numbers that stand for a thing, and a place on the map.\n"
    "Try this: move a food."
)
ORDERS = "Several foods at once: a one-hot row for each, one product"
CURIOUS = "For the curious: a program does not multiply by all these zeros, it looks up. And in descent a row that nobody looks up gets the slope 0: it does not move."
ABOUT_MATCH = "A person has two such numbers, too: how much they like sweet, and spicy. Turn the arrow. To which foods does it point?"
MADE_HOW = (
    "So each rating on Ratings was made, with a little chance added, then rounded to 1, 2, 3, 4 or 5. Nobody was asked."
)
MATCH = (
    "Same direction: the dot product is above 0. Right angle: 0. Opposite: below 0.\n"
    "Try this: type 0 and 0, then -0.8 and 0.4. Which foods are best now?"
)
ABOUT_RATINGS = (
    "Twelve people, ten foods. A blank: not rated. Change a rating, or type one into a blank, and all sheets follow."
)
RATINGS = (
    "A blank is not a 0. The mean of a food counts only what is there, and so does the loss: a mask, below, is 1 for the {train} ratings to learn from. {valid} of {known} are kept back, to judge by.\n"
    "These ratings are made: tastes of people, noise and blanks were drawn by chance."
)
ABOUT_TRAIN = "Now nobody knows the tastes. Each person and each food gets three numbers, drawn by chance. Descent moves them until they fit the ratings."
STEP = (
    "Prediction = mean + b + c + p1 × q1 + p2 × q2 + p3 × q3.\n"
    "p, b: of the person. q, c: of the food.\n"
    "Loss: mean squared error where the mask is 1.\n"
    "A step: number - rate × (slope + decay × number)."
)
TRAIN = "{numbers} numbers can learn {train} ratings by heart. Without decay the loss ends at {none_train:.3f} on what is learnt from, and at {none_valid:.3f} on what is kept back; it had been {lowest:.3f}. With decay: {decay_train:.3f} and {decay_valid:.3f}. Worse on what it has seen, better on what it has not."
ABOUT_RECOMMEND = (
    "The model with decay predicts each rating, also those that are missing. Choose a person: what do you recommend?"
)
RECOMMEND = (
    "Nobody told the model how a food tastes. It learnt from the ratings of all. This is called collaborative filtering.\n"
    "Recommended: the largest prediction among foods that are new to this person.\n"
    "Typically off by {off:.2f}: the square root of the loss on ratings kept back.\n"
    "Try this: go through the people. Who gets cake, who gets chilli?"
)
ABOUT_YOU = (
    "Rate foods from 1 to 5, and leave blank what you do not know. The foods keep their numbers; yours are found anew."
)
YOU = (
    "Your four numbers are those of the lowest loss with decay. They are found at once, by a formula, for the foods stay as they are.\n"
    "Try this: clear all your ratings. The model then says what most people like: a cold start. Then rate one food, and one more. What do the predictions do?"
)
ABOUT_NEAREST = (
    "Whose embeddings point the same way? Choose a food. Then make its numbers larger, and see which bars move."
)
NEAREST = (
    "Cosine = dot product / (length × length). The direction says what people feel about a food, the length how strongly. So longer numbers change the distances, and no cosine.\n"
    "Try this: × 3. Which food is the nearest by distance now, which by cosine?"
)
ABOUT_COMPONENTS = (
    "Three numbers cannot be drawn on flat paper. So take the two directions in which the foods differ most."
)
POWER = "Take a direction, multiply it by the covariance, make its length 1. Again and again: it turns to where the spread is largest. Take this spread off, and find the second."
COMPONENTS = (
    "Two directions hold {both:.1%} of the spread: two numbers nearly do what three did. The ratings were made of two tastes, and nobody had told the model.\n"
    "A direction may point either way. Here cake stands to the right, and chilli above.\n"
    "Try this: type another first direction. Do the components change?"
)
ABOUT_MEANING = "Left: the tastes behind the ratings. Right: what was learnt from the ratings alone. Turn and mirror it: make both maps alike."
MEANING = (
    "The model never heard of sweet or spicy. Yet foods that taste alike stand together.\n"
    "But it cannot know which way sweet is: turn all people and all foods by the same angle, and each dot product stays. So each prediction stays.\n"
    "A learnt number has no name. We name a direction after what stands at its ends.\n"
    "Correlation: near 1 if what is learnt rises with the made taste."
)
