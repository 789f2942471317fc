"""The words of lesson 8: what stands under the titles of its sheets, its notes, and the lesson's terms."""

from __future__ import annotations

TITLE = "Validation: is it learning, or learning by heart?"
PURPOSE = "A model can get every row right that it has seen, and fail on the next one. You hide rows from it, choose with them how large it may be and how long it may learn, and find a wrong number with its help."
TRIES = (
    "On Degree, set the degree to 1, then 3, then 9. Look at the curve, and at the gap between the two losses.",
    "On Decay, make the decay ten times larger, again and again. When does the curve become too stiff?",
    "On Stopping, look at the epoch of the lowest validation loss, then at the last one.",
    "On Folds, set aside part 1, 2, 3, 4 and 5. By how much do the five losses differ?",
    "On Choose, take the model that you would hand in. Only then open the test rows, once.",
    "On Surprise, check the parcel of place 1 against its slip. What happens to the loss? And with place 2?",
    "On Loop, let 60 % be shown by chance. What becomes of song A?",
)
ABOUT_DEGREE = "The curve learns from the 12 training rows (grey) only. The 8 validation rows (orange) say whether it has learnt. Change the degree."
ABOUT_DECAY = (
    "Degree 9 again. But now large weights cost something: decay × the sum of their squares. Change the decay."
)
ABOUT_STOPPING = "Degree 9 again, by descent from weights of 0. Each row is one step. Look at the epoch at which you would have stopped."
ABOUT_FOLDS = "Every row is once set aside: five parts, five fits, five losses, and their mean. Choose the part that is set aside, and the degree."
ABOUT_CHOOSE = "Five ways to the same curve. Choose one by its validation loss. Then put 1 into the second yellow cell: the test rows are opened."
ABOUT_SURPRISE = "Train first, clean afterwards: the ten parcels at which the model is most surprised. Check them against the paper slips."
ABOUT_LOOP = "Two songs, liked equally. Each week the model shows more of what was clicked more. But one can only click what is shown."
DEGREE = (
    "A polynomial of degree 3 has four weights: a + b x + c x^2 + d x^3. One of degree 9 has ten. The more weights, the closer it can come to the training rows. So the training loss only falls.\n"
    "The validation loss is lowest at degree 3, and higher at both ends. Too small (1): the line cannot bend, both losses are high. Too large (9): it also learns the noise. That is called overfitting."
)
LEGENDRE = (
    "For the curious: powers of x are much alike, and a computer that must tell them apart loses digits. So the fit is made with p0 to p9, Legendre's polynomials, which differ as much as can be. "
    "Each is a sum of powers of x, so the best curve is the same. The weights of the powers follow from theirs: table × weights."
)
DECAY = (
    "Weight decay makes squared errors + decay × squared weights as small as it can, not the errors alone. The constant is free. With a decay of {low} the curve still runs after the noise. With {high:g} it is nearly flat: now it is too stiff.\n"
    "In between, degree 9 becomes useful: with the best decay of the table its validation loss is {best:.3f}, without any it is {none:.3f}."
)
DROPOUT = (
    "More, for the curious: dropout. In each step of training, some of a model's inputs or units are set to 0 by chance, and the others are divided by the share that stays. So no weight can rely on one other alone. "
    "Below, the random numbers were drawn once and kept: where such a number is below the share, the mask is 0. At the end, when one predicts, nothing is dropped."
)
STOPPING = (
    "The optimiser is Adagrad, from lesson 7. The training loss falls to the end. The validation loss is lowest at epoch {at}, with {least:.3f}. At epoch {last} it is {end:.3f}: from epoch {at} on the curve learnt the noise.\n"
    "Early stopping needs a rule, for nobody sees the future. Patience: stop when the lowest validation loss is so many epochs old, and take the weights that it had."
)
FOLDS = (
    "Eight validation rows are few: with other ones, another degree might win. k-fold cross-validation uses all 20 rows, here with k = 5. Each part of 4 rows is set aside once, and the model learns from the other 16. "
    "The mean of the five losses is what one compares.\n"
    "It costs five fits for each degree. The test rows stay out of it."
)
CHOOSE = (
    "Degree, decay, epochs, learning rate: no gradient finds them. They are hyperparameters. You choose them, and validation rows say how well.\n\n"
    "But who tries many and takes the best is lucky, too. So test rows wait, for one look at the end. "
    "Whoever looks, and then chooses anew, has no test rows left: they have become validation rows."
)
SURPRISE = (
    "Nobody can check every row by hand. So fit a model first, and look where it is most wrong. The wrong price here is not the largest, and not the smallest: sorting the prices does not show it. Only beside its weight and its way it is strange.\n"
    "Surprising is not the same as wrong. Other parcels in the list are noise, and their prices are right. Look before you change, and never delete a row because it does not fit."
)
LOOP = (
    "The model counts clicks, and trusts them. Song A began with a little more room, so it got more clicks, so it got more room. After 20 weeks its data says that nearly all people want A. They like both equally.\n"
    "More data of this kind does not help: the model has made it. What helps is to show some songs by chance, and to count clicks per showing, not clicks alone."
)
WORDS = (  # each with its meaning and where it is seen
    ("training rows", "The rows that the weights are fitted to.", "degree.x_train"),
    ("validation rows", "Rows that are kept out of training, to choose between models.", "degree.x_valid"),
    ("test rows", "Rows that nothing is chosen by: for one look at the end.", "choose.x_test"),
    ("degree", "The highest power of x in a polynomial. It has one weight more than that.", "degree.degree"),
    ("polynomial", "A sum of powers of x, each with a weight: a + b x + c x^2 and so on.", "degree.W"),
    ("underfitting", "The model is too small: it cannot follow what the rows have in common.", "degree.word"),
    ("overfitting", "The model learns the noise of its rows, too, and fails on others.", "degree.word"),
    ("generalise", "To be right on rows that one has not learnt from.", "degree.valid_then"),
    ("weight decay", "A price on large weights: decay × the sum of their squares. Also called ridge, or L2.", "decay.decay"),
    ("regularisation", "All that keeps a large model from learning noise, such as decay, stopping, dropout.", "decay.W"),
    ("dropout", "In training, some numbers are set to 0 by chance, so that none is relied on alone.", "dropout.mask"),
    ("early stopping", "To take the weights of the epoch with the lowest validation loss.", "stopping.kept"),
    ("patience", "How many epochs one waits for a lower validation loss before one stops.", "stopping.patience"),
    ("k-fold cross-validation", "Each of k parts is set aside once; the mean of the k losses counts.", "folds.mean"),
    ("hyperparameter", "A number that you choose, not the descent: degree, decay, epochs, learning rate.", "choose.best_degree"),
    ("feedback loop", "A model's answers change the data that it learns from next.", "loop.shown"),
)  # fmt: skip
