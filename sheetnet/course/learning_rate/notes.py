"""The longer notes of lesson 6, by the sheet that they stand on."""

MODEL = (
    "X has a column for each weight: x squared, x, and ones. X W is all twenty predictions at once; the loss is the mean"
    " of the squared errors.\n\nSlopes, exact: 2 X' (X W - y) / 20, where X' is X turned on its side. They equal what"
    " wiggling finds.\n\nEven the best weights leave a loss, for the points are noisy. How far a run is above this lowest"
    " loss says how far it has come."
)
RULES = (
    "What it does follows from the numbers below, in this order:\n"
    "diverging: the loss ends more than 0.1 % above its lowest on the way.\n"
    "oscillating: 5 steps or more turn back (see below).\n"
    "creeping: more than 0.01 of the way down is still to go, in loss.\n"
    "good: none of these."
)
BACK = (
    "A step turns back when it points against the step before: multiply the two, part by part (a with a, b with b, c with"
    " c), and add up; the sum is below 0. Runs counts such steps, from column W on.\n\nOscillating need not be bad: as the"
    " workbook came, 0.18 ends nearest of all to the lowest loss, a billionth of the way still to go; 0.1 ends at four"
    " millionths, 0.05 at five ten-thousandths. But it warns: the limit is near."
)
STEP = (
    "The first step of a at a rate of 0.215, as the workbook came: 1.1 - 0.215 x (-11.39) = 3.55. The best a is 2.76: too"
    " far, so the slope turns round, and so does the next step.\n\nLook at run 2: its path has a bend. First it goes down the"
    " steep side of a valley, then slowly along its floor. A larger rate is quicker along the floor, until it no longer"
    " keeps to it. The axes stay where they are: run 8 leaves them."
)
TWINS = (
    "Both losses fall equally fast at the start: the grey line. So the first step is the same. In a alone it falls a"
    " little short; in the narrower one it flies past the lowest point.\n\nThe slope says which way. How far, it does"
    " not say: ideal step = -slope / curvature. Look at c: its slope is a third of a's, its ideal step is longer. Ideal if"
    " c alone moves: when all three do, the best c lies the other way.\n\n"
    "Rate x curvature decides: below 1 a step falls short, at 1 it arrives, above 1 it goes too far, above 2 it ends"
    " higher than it began."
)
BENDS = (
    "The curvature along a direction v of length 1 is v H v', where v' is v turned upright; each turn is v H, cut to"
    " length 1.\n\nAs the workbook came, a alone would allow every rate below 0.2567, and yet 0.24 diverges on Rates: a,"
    " b and c move together, and in a direction of mostly a and a little c the loss bends more than in a alone.\n\nThe"
    " sharpest bend sets the limit for the rate; the flattest decides how long descent takes. Where the two differ much,"
    " descent is slow at every rate."
)
LATE = (
    "As it came, the loss is lowest at a rate of 0.63, though 0.22 is the limit. An explosion begins small and takes"
    " steps to show. That is why the finder's answer is divided by ten.\n\nTry this: let the rate grow by only 1.2 each"
    " step. The steps end before the loss rises, and a curve without a rise tells nothing."
)
FORGIVE = (
    "Begin with large steps, end with small ones: the swings of a rate that is too large die out as it falls. One-cycle"
    " also begins small: a warm-up.\n\nA constant rate must be chosen well. If it is (try a top rate of 0.2), it beats"
    " both here, where each step sees all points. Where steps are noisy (lesson 7), falling rates help even then."
)
