"""The words of lesson 15: what stands on top of each sheet, its notes, and the lesson's terms."""

from __future__ import annotations

TITLE = "Transfer: weights that were trained elsewhere"
PURPOSE = "Few rows, and a net of many weights? Begin with weights that learnt something alike from many rows. Freeze the good ones, teach the rest, see when that helps and when it harms. At the end: what half precision keeps of a number."
TRIES = (
    "On Old, look at all four old waves. One net says all four of them.",
    "On Features, make the curve by hand with three numbers. Get the loss on the 12 rows below 0.1.",
    "On Three, look at epochs 0, 5, 20 and 60. Which of the three curves is right in the gap?",
    "On Three, set the task to 2, then to 3. Which way is best now, and which is worst?",
    "On Whole, look at what becomes of the old task. Then set the smaller rate to 0.01.",
    "On Digits, type 2049, then 70000, then 0.00000001. What is left of them?",
    "On Rounded, keep 8 bits, then 4, then 2. When do you see it?",
    "On Sum, set the sum so far to 2040 and what is added to 1. Where does it stop?",
)
TASKS = ("1: wave", "2: fast wave", "3: line")
TASK = "Task: 1, 2 or 3"
WAYS = {"scratch": "scratch", "frozen": "frozen", "whole": "whole"}
HEADINGS = {
    "scratch": "all weights learn, from a random start",
    "frozen": "only the head learns",
    "whole": "all weights learn, from weights that know waves",
}
SEEN = {"hidden": "hidden layer", "features": "features", "error": "error", "d_2": "d_2", "d_1": "d_1"}
ROWS = {
    "power": "Exponent", "step": "A place is worth", "exact": "Number / place", "count": "nearest whole number",
    "near": "× place: it is kept as", "off": "that - the number", "value": "Is there such a number?",
}  # fmt: skip
BITS_ROW, LOWEST_ROW = "Bits that are kept", "Smallest exponent"
WORTH, PATTERN = "{name}: a bit is worth", "{name}: its bits"
OF_BITS = {
    "moved": "A weight moves by at most", "far": "A prediction moves by at most", "exact": "Loss, kept back, all bits",
    "loss": "the same, rounded",
}  # fmt: skip
SUM_IN, SUM_RIGHT = "{name}, after {n} times", "right, after {n} times"
CHANGE = "Largest change since epoch 0"
MOVES = "How far the weights move, at most"
FROM_TORCH = "Weights that torch found elsewhere"
TO_LEARN_FROM = "The 12 rows to learn from"
KEPT_BACK = "The 60 rows kept back"
FEW_LOSS, KEPT_LOSS = "Loss on the few rows", "Loss on rows kept back"

ABOUT_OLD = "Torch trained this net elsewhere, on 400 rows of four waves. Here stand its weights, as numbers. Look at each wave."
OLD = (
    "The old task: from x, say four waves at once. They differ in height and place. All swing equally fast.\n"
    "A loss is the mean of squared errors: of one wave, or of all four."
)
LAYERS = (
    "Three layers, one after the other:\n"
    "hidden = tanh(x W_1 + b_1): 8 units.\n"
    "features = tanh(hidden W_2 + b_2): 2 numbers.\n"
    "prediction = features W_3 + b_3: 4 waves.\n\n"
    "tanh is an S-curve from -1 to 1. The first two layers are the lower layers. The last one is the head: it only weighs the two features and adds a bias.\n\n"
    "These are 46 numbers, found on many rows. Nothing here learns any more: they are put into the sheet as they are. Of the 400 rows every tenth stands below."
)
ABOUT_FEATURES = "The lower layers make two features of each x. What did they learn? Then change the three yellow numbers: make your curve go through the points."
FEATURES = (
    "The random net is the one that starts from scratch on the next sheets. Its features are slow bends.\n"
    "The learnt features are waves. Nobody told them to be."
)
HAND = (
    "Your curve = w of feature 1 × feature 1 + w of feature 2 × feature 2 + b. With waves as features, three numbers make any wave that swings as fast: of any height, at any place. So 12 rows are enough.\n"
    "Between x = -0.8 and x = 1 there are no rows. Only the second loss knows whether your curve is right there."
)
ABOUT_THREE = "A new task with 12 rows: 1 a wave, 2 a faster wave, 3 a line. Three nets learn it, in 60 epochs. Look at the gap, where no rows are. Change epoch and task."
THREE = (
    "Scratch: random start, all 37 weights learn. Frozen: lower layers from elsewhere, only the 3 of the head learn. Whole: from elsewhere, all 37 learn, at the smaller rate.\n"
    "Task 1, after 60 epochs: scratch has {few_scratch:.3f} on its few rows and {kept_scratch:.3f} on those kept back. It knows nothing of the gap. Frozen has {kept_frozen:.3f} there, whole {kept_whole:.3f}."
)
ABOUT_WAYS = {
    "scratch": "Every epoch is a band of formulas: weights, hidden layer, features, error, and back. Change a yellow start weight.",
    "frozen": "The lower layers are copied from band to band and stay equal. Only the head has a gradient. One step of it stands below.",
    "whole": "The same start as frozen, but now everything may move. For the curious: what becomes of the old task?",
}
SCRATCH = (
    "37 weights and 12 rows: there are many curves through the points, and descent takes the one that is near to its start. Nothing says that it should be a wave.\n"
    "d_2 and d_1 are the slopes below each tanh: the error, sent back through the layers."
)
FROZEN = (
    "Frozen weights have no slope: nothing goes back below the features. The features of the 12 rows are worked out once, for all epochs. In torch: requires_grad = False.\n"
    "When it harms: of the line (task 3) frozen ends at {line:.3f} on the rows kept back, scratch at {scratch_line:.3f}. Waves are no help for a line, and frozen cannot change them. That is negative transfer."
)
WHOLE = (
    "Of the fast wave (task 2) whole ends at {fast:.3f} on the rows kept back, frozen at {frozen_fast:.3f}: the old waves are too slow, and whole can change them. The smaller rate keeps it near its start.\n"
    "For the curious: the price. With its old head, the loss on the old task was {first:.3f} at epoch 0 and is {last:.3f} at the end of task 1. It forgets: no row of the new task says what the old one was."
)
OLD_LOSS = "The old task, with its old head"
ABOUT_DIGITS = "A computer keeps a number in bits. float16 is half precision: 16 bits in all, of which 11 tell the digits. Type a number: what is kept of it?"
DIGITS = (
    "1. The exponent: which power of 2 is next below the number? For 3.14159 it is 1, for 2 ≤ 3.14159 < 4.\n"
    "2. A place: 2^(exponent - bits + 1). 3. How many places is the number? Take the nearest whole number; from the middle, the even one."
)
BITS = (
    "3.14159 lies between two numbers of float16, and becomes the nearer one: 3.140625. (bfloat16 comes to the same here, by luck.) Far from 0 the numbers lie further apart: there a place is larger. bfloat16 keeps 8 bits, but its exponents go much further.\n"
    "Try this: 2049 (which is even?), 70000 (the largest in float16 is 65504), 0.00000001, and -0.1."
)
PATTERNS = "The bits of that whole number"
ABOUT_ROUNDED = "The frozen net after 60 epochs, with all its 37 weights rounded. Change how many bits are kept: 11 is float16, 8 is bfloat16. Then 4, 3, 2."
ROUNDED = (
    "A weight of float16 takes 2 bytes, one of this sheet 8. Does a net mind?\n"
    "With 11 bits no prediction moves by more than {far_11:.3f}, and the loss goes from {exact_11:.5f} to {loss_11:.5f}. With 8 bits predictions move by up to {far_8:.3f}, with 4 by {far_4:.3f}, with 2 by {far_2:.3f}.\n"
    "The noise in each y is larger than the first two. That is why large nets are kept in 16 bits."
)
ABOUT_SUM = "Something small is added, 100 times. In float16 and bfloat16 each sum is rounded to the nearest place before the next. Look at where the lines go flat."
SUM = (
    "At 0.25 a place of float16 is 0.000244. 0.0001 is less than half of it, so the sum is rounded back: it stands still. Who adds 0.0001 ten thousand times in float16, from 0, gets 0.25, not 1.\n"
    "A step of descent is a small number, too: rate × slope. A weight in float16 may never move. So one keeps weights and sums in float32 while one trains, and rounds copies of them for the products."
)
WORDS = (  # each with its meaning and where it is seen
    ("transfer", "To use what was learnt on one task for another.", "three.then_frozen"),
    ("pretrained", "Trained before, elsewhere, mostly on many rows.", "old.W_1"),
    ("tanh", "An S-curve from -1 to 1. Its slope is 1 - tanh^2.", "old.hidden"),
    ("feature", "A number that a net makes of its inputs and uses for its answer.", "features.learnt"),
    ("lower layers", "The layers near the input. They make the features.", "old.W_2"),
    ("head", "The last layer: it weighs the features.", "old.W_3"),
    ("from scratch", "To train from random weights.", "scratch.W_1.0"),
    ("rows kept back", "Rows that no net learns from. They judge.", "three.y_kept"),
    ("frozen weights", "Weights that stay as they are while others learn.", "frozen.changes"),
    ("requires_grad", "What torch asks of each weight: does it need a slope? False: frozen.", "frozen.changes"),
    ("fine-tuning", "To go on training a pretrained net on a new task, mostly at a smaller rate.", "three.then_whole"),
    ("negative transfer", "When weights from elsewhere are a worse start than random ones.", "three.then_scratch"),
    ("catastrophic forgetting", "A net loses the old task while it learns the new one.", "whole.old_loss"),
    ("bit", "A digit that is 0 or 1.", "digits.bits_float16"),
    ("exponent", "How often 2 is multiplied: 2^3 is 8.", "digits.power"),
    ("place", "What the last bit that is kept is worth at this number.", "digits.step"),
    ("float16", "Half precision: a number of 16 bits. 11 tell its digits.", "digits.near"),
    ("bfloat16", "Also 16 bits: 8 tell its digits, more are left for the exponent.", "digits.near"),
    ("float32", "A number of 32 bits, of which 24 tell its digits. torch's usual one.", "digits.near"),
    ("half to even", "From the middle between two places one goes to the even one.", "digits.count"),
)  # fmt: skip
