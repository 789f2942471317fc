"""The words of lesson 8: what stands under the titles of its sheets, its notes, and the lesson's terms."""

from __future__ import annotations

TITLE = "Validation: is it learning, or learning by heart?"
PURPOSE = "A model can get every row right that it has seen, and fail on the next one. You hide rows from it, choose with them how large it may be and how long it may learn, and find a wrong number with its help."
TRIES = (
    "On Degree, set the degree to 1, then 3, then 9. Look at the curve, and at the gap between the two losses.",
    "On Decay, make the decay ten times larger, again and again. When is the curve too stiff? Dropout is further down.",
    "On Stopping, move the epoch from 0 to 60. When would you have stopped?",
    "On Folds, set the degree to 9. Then set aside the part with the largest loss. What does the curve do there?",
    "On Choose, take the model that you would hand in. Only then open its test loss, once.",
    "On Surprise, type the number of the parcel at place 1. What happens to the loss? Then type that of another parcel.",
    "On Loop, let 60 % be shown by chance. What becomes of song A?",
)
ABOUT_DEGREE = "The curve learns from the 12 training rows (grey) only. The 8 validation rows (orange) say whether it has learnt. Change the degree."
ABOUT_DECAY = (
    "Degree 9 again. But now large weights cost something: decay × the sum of their squares. Change the decay."
)
ABOUT_STOPPING = "Degree 9 again, by descent from weights of 0. Each row is one step. Look at the epoch at which you would have stopped."
ABOUT_FOLDS = "Every row is once set aside: five parts, five fits, five losses, and their mean. Choose the part that is set aside, and the degree."
ABOUT_CHOOSE = "Five ways to a model, five curves. Choose one by its validation loss. Then put 1 into the second yellow cell: its test loss is opened."
ABOUT_SURPRISE = "Train first, clean afterwards: ten parcels surprise the model most. To check one against its paper slip, type its number (column Parcel)."
ABOUT_LOOP = "Two songs, liked equally. Each week the model shows more of what was clicked more. But one can only click what is shown."
DEGREE = (
    "A polynomial of degree 3 has four weights: a + b x + c x^2 + d x^3. One of degree 9 has ten: it comes closer to the training rows, so the training loss only falls.\n"
    "The validation loss is lowest at degree 3. Too small (1): the line cannot bend, both losses are high. Too large (9): it also learns the noise, which other rows do not share, and swings between its points: overfitting. Gap: validation - training loss."
)
LEGENDRE = (
    "For the curious: powers of x are much alike, and a computer that must tell them apart loses digits. So the fit is made with p0 to p9, Legendre's polynomials, which differ as much as can be. "
    "Each is a sum of powers of x, so the best curve is the same. The weights of the powers follow from theirs: table × weights."
)
DECAY = (
    "Weight decay makes squared errors + price as small as it can. The price is decay × sum of squared weights. The constant costs nothing. With a decay of {low} the curve still runs after the noise. With {high:g} it is nearly flat: now it is too stiff.\n"
    "In between, degree 9 becomes useful: with the best decay of the table its validation loss is {best:.3f}, without any it is {none:.3f}."
)
DROPOUT = (
    "More, for the curious: dropout. In each step of training, some of a model's inputs or units are set to 0 by chance, and the others are divided by the share that stays. So no weight can rely on one other alone. "
    "Below, the random numbers were drawn once and kept: where such a number is below the share, the mask is 0. At the end, when one predicts, nothing is dropped."
)
STOPPING = (
    "The optimiser is Adagrad, from lesson 7. As it came, the training loss falls to the end. But the validation loss is lowest at epoch {at}, with {least:.3f}. At epoch {last} it is {end:.3f}: what it learnt after epoch {at} helps on the training rows only.\n"
    "Early stopping needs a rule, for nobody sees the future. Patience: stop when the lowest validation loss is so many epochs old, and take the weights that it had."
)
FOLDS = (
    "Eight validation rows are few: with other ones, another degree might win. k-fold cross-validation uses all 20 rows, here with k = 5. Each part of 4 rows is set aside once, and the model learns from the other 16. "
    "The mean of the five losses is what one compares.\n"
    "It costs five fits for each degree. The test rows stay out of it."
)
CHOOSE = (
    "Degree, decay, epochs, learning rate: no gradient finds them. They are hyperparameters. You choose them, and validation rows say how well. Way 5 comes from Stopping: its rate and patience change it.\n\n"
    "But who tries many and takes the best is lucky, too. So test rows wait, for one look at the end. "
    "Whoever looks, and then chooses anew, has no test rows left: they have become validation rows.\n\n"
    "A test loss is often higher, for the choice was partly luck. By chance, test rows can also be easier or harder."
)
SURPRISE = (
    "Nobody can check every row by hand. So fit a model, and look where it is most wrong. The wrong price is not the largest or smallest: only beside its kg and its distance (km) it is strange. Correct it, and the list sorts itself anew. Only one is corrected at a time: type another number, and the first is wrong again.\n"
    "The other prices are right, with noise: never delete a row because it does not fit."
)
LOOP = (
    "The rule: A's next share is A^trust / (A^trust + B^trust), where A and B are the clicks. Song A began with a little more room, so it got more clicks, so it got more room. After 20 weeks nearly all the clicks are on A. People like both equally.\n"
    "Why is this in a lesson on validation? What the model shows has become its training rows. Rows that it made itself cannot say that it is wrong.\n"
    "What helps is chance, and enough of it. With {few:g} by chance A still gets {little:.0f} %, with {many:g} it gets {much:.0f} %. A trust of 2 doubles a small lead each week. What is shown by chance has no lead, so it must be more than half."
)
WORDS = (  # each with its meaning and where it is seen
    ("noise", "What chance adds to each row. Other rows have other noise, so it cannot be foretold.", "degree.y_train"),
    ("fit", "To find the weights with the smallest loss on some rows; also what is found.", "degree.W"),
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
    ("mask", "A table of 0 and 1. Times it, a number stays or becomes 0.", "dropout.mask"),
    ("dropout", "In training, some numbers are set to 0 by chance, so that none is relied on alone.", "dropout.mask"),
    ("epoch", "One step of descent that uses all training rows.", "stopping.epochs"),
    ("early stopping", "To take the weights of the epoch with the lowest validation loss.", "stopping.kept"),
    ("patience", "How many epochs one waits for a lower validation loss before one stops.", "stopping.patience"),
    ("k-fold cross-validation", "Each of k parts is set aside once; the mean of the k losses counts.", "folds.mean"),
    ("hyperparameter", "A number that you choose, not the descent: degree, decay, epochs, learning rate.", "choose.best_degree"),
    ("feedback loop", "A model's answers change the data that it learns from next.", "loop.shown"),
)  # fmt: skip
