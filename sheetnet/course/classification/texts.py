"""The words of lesson 9: what stands on top of each sheet, and its notes."""

from __future__ import annotations

DRAWN_AWAY = "-9: of the other kind, and so not on the chart"

ABOUT_SIGMOID = "A blood test gives each of 40 people a value. Who is ill? Change w and b, and watch the S. Its height is the probability of being ill."
SIGMOID = (
    "Score = w × value + b. It can be any number. A probability must lie between 0 and 1. The sigmoid turns the one into the other:\n"
    "prediction = 1 / (1 + e^(-score)).\n"
    "e is a number, about 2.718. e^(-score) is never below 0, so the prediction stays between 0 and 1.\n\n"
    "A score of 0 gives 0.5: we do not know. A large score comes near 1, a score far below 0 comes near 0.\n\n"
    "Try this: make w larger. The S gets steeper. Change b. The S moves. What does a w below 0 do?\n\n"
    "For the curious: the table says 0.5 + 0.5 × TANH(score / 2). That is the same number, and it never breaks."
)
ABOUT_LOSSES = (
    "One person, one score, one loss. Change the score: how large is each loss, and how hard does each of them pull?"
)
PULL = "A slope below 0 pulls the score up, a slope above 0 pulls it down. Near 0: no pull."
LOSSES = (
    "Squared error: (prediction - truth)^2. Cross-entropy: -ln(prediction) for a person who is ill, -ln(1 - prediction) for one who is healthy. ln is the natural logarithm.\n\n"
    "As the workbook came, the person is ill and the score is -5: surely wrong. There the sigmoid is flat: its slope is 0.007. The squared error multiplies by it. What is left is -0.013: hardly any pull.\n\n"
    "Cross-entropy is steepest just where the sigmoid is flat. The two cancel: what is left is prediction - truth, here -0.993. The more wrong, the harder it pulls.\n\n"
    "Try this: set the score to 5. Which loss is larger now? Then set the truth to 0."
)
ABOUT_DESCENT = (
    "Both runs start from the same yellow weights. One goes down the squared error, the other goes down cross-entropy."
)
WRONG = "At the start w is below 0. So people who are ill get a low score: most predictions are surely wrong."
DESCENT = (
    "Both charts judge both runs in the same way. After {early} epochs the run on cross-entropy has {entropy:.1%} of the people right, the run on squared error {squared:.1%}. That one stands on a plain: its slopes are near 0, because the sigmoid is flat where it is surely wrong. It gets there in the end, but late.\n\n"
    "Try this: set the start to -4 and 3. How far does the squared error get in 60 epochs? Then give it the rate 20. Does a larger rate help?\n\n"
    "For the curious: the squared error of a sigmoid has plains and can have hollows. Cross-entropy has one lowest point, and every slope leads there."
)
ABOUT_THRESHOLD = "A probability is not yet a decision. We call ill whose prediction is the threshold or more. Move the threshold: 0.2, 0.5, 0.8."
THRESHOLD = (
    "Accuracy: the share of all people who are called right. Precision: of those called ill, the share who are ill. Recall: of those who are ill, the share called ill. The confusion matrix counts all four cases: each row is a truth, each column what we say.\n"
    "A low threshold finds more of the ill, and frightens more of the healthy. Which mistake is worse? That is no question of mathematics. Accuracy alone says little: to call nobody ill is right for {nobody:.0%} of these people, and finds not one who is ill.\n"
    "Where nobody is called ill, nobody is called so wrongly: the precision then counts as 100 %. The predictions are those of cross-entropy after 60 epochs."
)
ABOUT_SOFTMAX = (
    "Three classes, A, B and C, and a score for each. Softmax turns the scores into shares of 1. Change the scores."
)
SOFTMAX = (
    "Softmax: take e^score of each class, and divide by their sum. The shares are above 0 and add up to 1. The largest score gets the largest share.\n\n"
    "Cross-entropy: -ln(share of the true class). It is 0 if the model is sure and right. Its slope in each score is share - truth. That is the rule of two classes again: the true class is pulled up, the others down.\n\n"
    "Entropy says how unsure the model is, whatever the truth. One share near 1: entropy near 0. Three equal shares: ln 3, about 1.099, the most there is.\n\n"
    "Try this: make all three scores 0. Then 5, 0, 0. What do the entropy and the cross-entropy do? Then add 3 to each score. What becomes of the shares?\n\n"
    "For the curious: with the two scores 0 and s, the share of the second is the sigmoid of s."
)
ABOUT_LARGE = "e^score soon is too large for any computer: e^710 has 309 digits. Add 800 to every score, then -800, and see which way breaks."
LARGE = (
    "Adding a number to every score changes no share. So take the largest score off first. Then the largest power is e^0 = 1: it cannot be too large, and the sum is at least 1.\n\n"
    "ln(sum of e^score) is called log-sum-exp. The safe way is: largest score + ln(sum of e^(score - largest)). Cross-entropy is log-sum-exp minus the score of the true class, so it lives, too.\n\n"
    "The chart: log-sum-exp is a soft way to take the larger one. Of 0 and a score it is a ReLU with a round corner.\n\n"
    "Try this: add 700, then 710. Add -800: every power becomes 0. What is ln 0?"
)
ABOUT_CLASSES = "36 made flowers of three kinds. The small marks show which kind gets the largest share at each place. Look at epochs 0, 1, 2, 5 and 40."
CLASSES = (
    "Each kind has a score: its own weights × length, width and 1. Softmax makes shares of the three scores. Descent on cross-entropy moves all nine weights.\n\n"
    "Two regions meet where their scores are equal: on a straight line. There the entropy is high.\n\n"
    "Try this: move the green place across a border."
)
