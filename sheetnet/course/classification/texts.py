"""The words of lesson 9: what stands on top of each sheet, and its notes."""

from __future__ import annotations

DRAWN_AWAY = "For the chart: -9 is below it, for those of another class"

ABOUT_SIGMOID = "A blood test gives each of 40 people a value. Who is ill? Change w and b, and watch the S. Its height is the probability of being ill."
SIGMOID = (
    "Score = w × value + b. It can be any number. A probability must lie between 0 and 1. The sigmoid turns the one into the other: prediction = 1 / (1 + e^(-score)).\n\n"
    "e is a number, about 2.718. e^(-score) is never below 0, so the prediction stays between 0 and 1.\n\n"
    "A score of 0 gives 0.5: we do not know. A large score gives nearly 1, a score far below 0 gives nearly 0.\n\n"
    "Try this: make w larger. What does the S do? Then change b. What does a w below 0 mean?\n\n"
    "For the curious: the table says 0.5 + 0.5 × TANH(score / 2). It is the same number, and it never breaks."
)
ABOUT_LOSSES = (
    "One person, one score, one loss. Change the score: how large is each loss, and how hard does each of them pull?"
)
LOSSES = (
    "Squared error: (prediction - truth)^2.\n"
    "Cross-entropy: -ln(prediction) if the person is ill, -ln(1 - prediction) if healthy. ln is the natural logarithm.\n"
    "A slope below 0 pulls the score up, one above 0 pulls it down."
)
PULL = (
    "As the workbook came, the person is ill and the score is -5: sure and wrong. There the sigmoid is flat. The squared error multiplies by its slope, 0.007. What is left is -0.013: hardly any pull.\n"
    "Cross-entropy is steepest just where the sigmoid is flat. The two cancel. What is left is prediction - truth, here -0.993. The more wrong, the harder it pulls.\n"
    "Try this: set the score to 5. Which loss pulls now? Then set the truth to 0."
)
ABOUT_DESCENT = (
    "Both runs start from the same yellow weights. One goes down the squared error, the other goes down cross-entropy."
)
WRONG = "At the start w is below 0: the ill get low scores. Most predictions are sure and wrong."
DESCENT = (
    "Both charts judge both runs in the same way. After {early} epochs the run on cross-entropy has {entropy:.1%} of the people right, the run on squared error {squared:.1%}. That run stands on a plain: where it is sure and wrong the sigmoid is flat, and its steps are tiny. It arrives, but late.\n"
    "Try this: set the start to -4 and 3. How far does the squared error get? Then give it the rate 20. It helps here. But who knows such a rate before?"
)
ABOUT_THRESHOLD = "A probability is no decision yet. From the threshold on we say: ill. Move it: 0.2, 0.5, 0.8. (The predictions are those of cross-entropy after 60 epochs.)"
JUDGED = "Precision: of those called ill, the share who are ill. Recall: of the ill, the share who are called ill. Accuracy: the share of all who are called right."
THRESHOLD = (
    "The confusion matrix counts all four cases. Each row is a truth, each column what we say. A low threshold finds more of the ill, and frightens more of the healthy. Which mistake is worse? Mathematics does not say.\n"
    "Accuracy alone says little: to call nobody ill is right for {nobody:.0%} of these people, and finds not one who is ill.\n"
    "Where nobody is called ill, nobody is called so wrongly: precision counts as 100 %."
)
ABOUT_SOFTMAX = (
    "Three classes, A, B and C, and a score for each. Softmax turns the scores into shares of 1. Change the scores."
)
SOFTMAX = (
    "Softmax: e^score of each class, divided by their sum. All shares are above 0, and they add up to 1.\n"
    "Cross-entropy looks at the true class alone: it is near 0 if the model is sure and right. Its slope in each score is share - truth: the rule of two classes again. The true class is pulled up, the others are pulled down.\n"
    "Try this: add 3 to each score. What becomes of the shares?"
)
ENTROPY = (
    "Entropy says how unsure the model is, whatever the truth. One share near 1: entropy near 0. Three equal shares: ln 3, about 1.099.\n"
    "Try this: make the scores 0, 0, 0, then 5, 0, 0. What do entropy and cross-entropy do?\n"
    "For the curious: of the two scores 0 and s, the second has the share sigmoid(s)."
)
ABOUT_LARGE = "e^score soon is too large for any sheet: e^710 has 309 digits. Add 800 to every score, then -800, and see which way breaks."
LARGE = "Adding a number to every score changes no share. So take the largest score off first. Then the largest power is e^0 = 1: no power is too large, and the sum is at least 1."
SOFT = (
    "Log-sum-exp is a soft way to take the larger one. Of 0 and a score it is a ReLU with a round corner.\n"
    "Cross-entropy = log-sum-exp - score of the true class. So the safe way keeps it alive, too.\n"
    "Try this: add 700, then 710. Then add -800: every power becomes 0. What is ln 0?"
)
ABOUT_CLASSES = "36 made flowers of three kinds, measured beside the mean flower. Small marks: which kind gets the largest share there? Look at epochs 0, 1, 2, 5 and 40."
CLASSES = (
    "Each kind has a score of its own: weights × length, width and 1. Softmax makes shares of the three scores. Descent on cross-entropy moves all nine weights.\n"
    "Two regions meet on a straight line: there their scores are equal, and the entropy is high.\n"
    "Try this: move the yellow place across a border. Then far away from all flowers: how sure is the model there?"
)
