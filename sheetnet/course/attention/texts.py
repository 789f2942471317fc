"""The words of lesson 14: what stands on top of each sheet, and its notes."""

from __future__ import annotations

DRAWN_AWAY = "For the chart: -9 is below it, for letters of the other kind"

ABOUT_TOKENS = (
    "A token is a piece of text that has a number. Here each letter is one. Change the yellow tokens: 0 to 11."
)
TOKENS = (
    "The net cannot read letters. It gets numbers: . is 0, a is 1, e is 2.\n"
    "The . stands at the beginning and at the end of a name.\n\n"
    "But n is not six times as much as a. So a token is only used to look something up."
)
EMBEDDED = (
    "Embedding: the numbers that stand for a token, a row of E. A row of 0 and 1, times E, picks that row.\n"
    "Position: numbers for the place, so that the first n and the second n are not the same.\n"
    "x = embedding + position. It has the shape 4 x 2: four tokens, two numbers each.\n"
    "Try this: set all four tokens to 1. Where do the four points lie, and why not on one place?"
)
ABOUT_ATTENTION = (
    "Each token asks the others a question, and takes from each a share of what it holds. Choose who looks."
)
ATTENTION = (
    "Query q: what a token asks for. Key k: what a token offers to be found by. Value v: what it gives away. All three are x times a matrix.\n\n"
    "Score: query times key, number by number, added up, then divided by the root of the width (see Scale). The softmax of a row of scores are its weights: shares of 1.\n\n"
    "Mask: what may not be seen. A token sees itself and those before it.\n\n"
    "Try this: set the mask to 0."
)
ABOUT_SCALE = (
    "Eight keys and one query of random numbers. The wider they are, the larger the scores. Change the width d."
)
SCALE = (
    "A score adds up d products. The more there are, the farther the scores spread: about as the square root of d. The softmax of scores that lie far apart gives nearly all to one key. "
    "There it is flat: the slopes are near 0, and nothing is learnt.\n"
    "Divided by the square root of d, scores spread about equally at every width. So the weights stay soft. That is why attention is softmax(q k' / sqrt(d)) v.\n"
    "Try this: set d to 1, then 4, 16, 64. Which columns change more, those of the divided scores or the others?"
)
ABOUT_MASK = "What is the next letter? Here each place looks at the one after it, and says the letter that it finds there. Change the pull."
PEEK = (
    "Each row of a map looks at the columns; dark means much, and a row adds up to 100 %. Without a mask each token reads the answer from the next place. It looks brilliant, and has learnt nothing: "
    "when it writes, there is no next letter yet.\n"
    "The mask sets the weights of all later places to 0, and what is left is shared. Then one must predict, not copy.\n"
    "Try this: set the pull to 0. Which of the two maps changes more?"
)
ABOUT_NAMES = "Eight names to learn from. Type other tokens into the table, one for each letter: the whole training changes with them."
NAMES = (
    "Each place of each name is one row to learn from: its token, and the next token. All eight names go through the net at once, six rows each, on top of each other. "
    "A second mask keeps the names apart: no name looks into another.\n"
    "After the end of a name nothing is to be predicted. Those rows do not count: they are left out of the loss. Up to five letters; 0 where there is none.\n"
    "Try this: type the tokens of a name of your own. Only these eleven letters are known here."
)
ABOUT_DESCENT = "A transformer of {n:,} parameters takes {steps} steps, and each is made of formulas. Change the rate: it learns anew."
DESCENT = (
    "The loss is cross-entropy: -ln of the probability that the true next letter was given, the mean over all places that count. If all 12 letters were alike it would be ln 12.\n\n"
    "It cannot reach 0: after the first . any of eight names may come.\n\n"
    "{n:,} parameters, {steps} steps of gradient descent with momentum: m after = 0.9 × m then + gradient; W after = W then - rate × m after.\n\n"
    "To the right stands every step: all weights, all gradients, and what is needed on the way. Torch has the same numbers.\n\n"
    "Try this: rate 0.02, then 0.15. Then look at Writes."
)
ABOUT_STEP = "One step, block by block: forward from letters to probabilities, backward to the slopes. The blocks stand to the right."
FORWARD = (
    "Forward, 48 rows\n"
    "x = letter + place, 48 x 8\n"
    "q, k, v = x times Wq, Wk, Wv, 48 x 8\n"
    "A_1, A_2: the weights of two heads, 48 x 6\n"
    "mixed = A v, 48 x 8\n"
    "h = x + mixed Wo, 48 x 8\n"
    "lin = h W_in + b_in, 48 x 32\n"
    "out = h + ReLU(lin) W_out + b_out, 48 x 8\n"
    "pred = softmax(out W_last + b_last), 48 x 12\n\n"
    "x + ... and h + ...: what was there is kept, and something is added. Such a way past a layer helps gradients to get back.\n\n"
    "Large transformers have many such blocks, and a layer norm before each part."
)
BACKWARD = (
    "Backward, the other way round\n"
    "d_score = (pred - truth) / n, 48 x 12\n"
    "d_out, d_lin, d_h: as in any net\n"
    "d_mixed = d_h times Wo'\n"
    "d_S_1, d_S_2: the slopes in the scores. Through the softmax: A × (d_A - sum of A × d_A)\n"
    "d_q, d_k, d_v, then d_x\n\n"
    "The gradient of a matrix is what came in, turned on its side, times the slope of what went out: gradient of Wq = x' d_q.\n\n"
    "Then each matrix takes its step. Below the rows to the right all twelve stand: then, gradient, m, after."
)
ABOUT_HEADS = "A head is one attention of its own. Two heads ask two questions at once. Choose a name, a step, a place."
HEADS = (
    "Head 1 works on columns 1 to 4 of q, k and v, head 2 on columns 5 to 8. What both take stands side by side.\n"
    "Nobody told them where to look. They learnt it from the loss alone.\n"
    "Try this: step 0, 10, 50."
)
ABOUT_WRITES = (
    "It writes: the probabilities of the next letter, one is drawn, and on it goes. Type a beginning of your own."
)
WRITES = (
    "Each letter is drawn: with a drawn number of 0.3, the letter at which the probabilities, added up, pass 0.3. The drawn numbers stand to the right, the same before and after training.\n"
    "Known: 1 if it stands on the sheet Names. What is not known but sounds like a name was made up.\n"
    "Try this: type 1, then 6, as a beginning. What comes next? Then change the rate on Descent to 0: what is written now?"
)
