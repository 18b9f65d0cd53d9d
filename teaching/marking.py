"""What to mark and how: a row for each exercise, for the page for teachers.

The checker's part is a matter of the package. Here is what a checker cannot see, and what
a wrong answer tells about a student.
"""

from teaching.chapters import boxes

NUMBER, FUNCTION, BLOCK, OTHER = "number", "function", "description", "code"
KINDS = {
    NUMBER: "numbers, compared exactly (or to the decimals that are asked for); usual slips are named",
    FUNCTION: "a function, tried on many inputs, some of them drawn at random",
    BLOCK: "a block as data, built and counted",
    OTHER: "a module, a translation or an example, run and compared",
}
# exercise -> kind, points by the checker, points by a person, what a person looks at, what slips reveal
ROWS = {
    "1.1": (NUMBER, 2, 1, "the product, written down before it is multiplied out",
            "twice as much: FLOPs for MACs; no factor for the positions: weights for MACs; 3 and 5 for 9 and 25: a kernel taken for a line"),
    "1.2": (FUNCTION, 3, 1, "each of the four faults named, with what it would do",
            "an error about sizes: padding; the right maps in another order, or along another axis: what concatenation does is not clear"),
    "1.3": (OTHER, 2, 2, "the guess, written before the measurement, and a reason for it",
            "the photograph that needs the 3×3 most: the wrong branch was read; a flat guess: accuracy without silencing taken for the loss"),
    "1.4": (BLOCK, 3, 1, "the price of a kernel of each size, and a reason for the division",
            "just over the budget: found by trial, not by 1, 9 and 25; too few kernels: the pooling's channels counted among them"),
    "2.1": (NUMBER, 2, 1, "two terms, each with its own channels",
            "all channels into the 5×5: the reduction is seen as an addition, not as a bottleneck; the 5×5 alone: the 1×1 is thought to be free"),
    "2.2": (BLOCK, 3, 1, "the price of one channel before each kernel, and a reason for the division",
            "over the budget by the two fixed branches: only the reduced ones were summed; much left over: found by trial, not by the sum"),
    "2.3": (BLOCK, 2, 1, "both counts, and a sentence on where C1's widths came from",
            "all 1×1 taken out, even after the pooling: reduction and projection not told apart"),
    "2.4": (OTHER, 2, 2, "the explanation: maxima of two channels at different pixels; and for averages, that sums commute",
            "one channel only: a hint that the example was guessed, since one channel without a negative weight cannot do it"),
    "2.5": (OTHER, 3, 2, "why there are twelve independent ones, and that the block as a whole is not blind to them",
            "a channel with small weights: small is not zero; a direction that neither branch notices: two null spaces taken for one"),
    "3.1": (NUMBER, 2, 1, "six convolutions written down, also the one after the pooling",
            "the number of the stage as the chapter prints it: the 5×5 was left; one convolution too few: the one after the pooling, or a 1×1, is forgotten"),
    "3.2": (FUNCTION, 3, 1, "the answer to the second question, with a reason",
            "right for the paper's side and wrong for odd grids: ceil mode taken for padding; tried out on one side alone"),
    "3.3": (OTHER, 2, 1, "the guess written down first, and what the photographs that gain have in common",
            "a photograph where both heads are right on nearly all: the most named taken for the most gained"),
    "3.4": (NUMBER, 2, 1, "the guess about the power of w, written before the search, and what does not scale",
            "a width that just misses: the direction of “at most”"),
    "3.5": (OTHER, 4, 1, "that the mode is restored also if the model raises",
            "0.7 of the main loss: copied from a tutorial; an average of three logits: heads taken for an ensemble; no eval(): dropout not thought of"),
    "4.1": (NUMBER, 2, 1, "which variance is used where",
            "the running variance too small: the biased one remembered; momentum the wrong way round: another library's meaning"),
    "4.2": (FUNCTION, 3, 2, "the sentence on padding: the zeros are not what the shift would give",
            "the sum over the kernel forgotten in the bias; scaled by output instead of input channels: the order of the two layers"),
    "4.3": (FUNCTION, 3, 1, "each of the four faults named, and which of them a falling training loss would hide",
            "a mean for each position: axes taken for pictures; momentum the wrong way round: another library's meaning"),
    "4.4": (NUMBER, 2, 1, "the guess, written before the measurement, and both halves of the reason",
            "10: the smaller gradient seen, the longer kernel not"),
    "4.5": (NUMBER, 4, 2, "the derivation of the given number first; each step with its count",
            "the three numbers of each channel forgotten, or the biases left in: conventions of counting mixed up"),
    "5.1": (NUMBER, 2, 1, "the list of layers with their widths",
            "49 for 7: long kernels counted as squares; two numbers for each channel too many: normalization counted"),
    "5.2": (FUNCTION, 2, 1, "why a constant of the 1×1 reaches the output, in words",
            "the bias times the middle weight only: eight places forgotten; the bias of the 3×3 lost"),
    "5.3": (FUNCTION, 3, 2, "the reason: what the layers after the first reach",
            "the sum over all layers: the first is included; a size of 1 that adds one: reach taken for size"),
    "5.4": (FUNCTION, 4, 1, "the unfolding in the other order, drawn or said",
            "the pair of the chapter, transposed: right for square banks with equal widths only"),
    "5.5": (BLOCK, 3, 2, "a sentence on where the MACs were saved",
            "cheap and narrow: a pooling first; wide and dear: a convolution of full width on the large grid"),
    "6.1": (NUMBER, 2, 1, "the way back through seven layers",
            "the same side twice: that a remainder is dropped has been forgotten"),
    "6.2": (BLOCK, 3, 1, "the polynomial in c7, or another way of sharing out the budget, with a reason",
            "far over the budget: a 7×7 was not split; too small a window: a 1×7 taken for a 7×7"),
    "6.3": (FUNCTION, 3, 1, "how the number of real values of a window was found, without a list of cases",
            "corners right and edges wrong: one direction only; the interior scaled, too"),
    "6.4": (FUNCTION, 2, 2, "the equation solved for ε by hand",
            "the formula of the gap returned; e to the gap without the K"),
    "6.5": (NUMBER, 3, 2, "the guess, written before the measurement, with the reach of each stage",
            "the numbers of the smaller picture: not measured again; reduction_a wrong: the stride halves the rows that are reached, too"),
    "7.1": (NUMBER, 2, 1, "a table of six layers, what each reads",
            "all layers changed: only those that read the input depend on it"),
    "7.2": (OTHER, 2, 1, "which of the two limits each kind of block runs into",
            "within the budget and not the most: the cheapest in MACs taken for the cheapest in both"),
    "7.3": (FUNCTION, 3, 1, "both questions answered with a reason",
            "padding where there is none, seen at other sides than the paper's"),
    "7.4": (OTHER, 3, 2, "a reason for each of the six, in half a sentence; a silent fault needs a test named",
            "another count for the misprint in block B: that order and direction have no parameters is not yet clear"),
    "7.5": (FUNCTION, 2, 1, "the sum over the channels between, as a formula",
            "a product entry by entry: one channel between assumed"),
    "8.1": (NUMBER, 2, 1, "the last 1×1 with its two widths",
            "the last 1×1 left out: body and block mixed up; one branch's width into it: the concatenation forgotten"),
    "8.2": (FUNCTION, 2, 1, "why the bias is scaled, too",
            "the bias left as it is; a division in place of a product"),
    "8.3": (NUMBER, 2, 2, "a guess with its reason, written before the measurement, and what the gap between them says",
            "one block alone taken out; the loss given in place of what is left"),
    "8.4": (BLOCK, 2, 1, "each of the faults named, and which of them no count would show",
            "a ReLU left before the sum: the block can only add; the pooling branch left out: not asked for"),
    "8.5": (NUMBER, 3, 1, "the linear step per n, not eight networks tried",
            "one too many: “no more than”; the reductions repeated, too"),
    "9.1": (NUMBER, 2, 1, "three numbers instead of two, and so one for each channel",
            "half or a third of it: the difference divided by 2 or by 3"),
    "9.2": (NUMBER, 2, 2, "both guesses, written before the measurement, and what the gray crops say about the network",
            "the two in the other order; one color taken for gray; what is lost given in place of what is left"),
    "9.3": (FUNCTION, 3, 1, "each of the three faults named, and which of them an error message would have shown",
            "values from 0 to 1; the colors turned around after a reshape: layout in memory and order of axes not told apart"),
    "9.4": (FUNCTION, 3, 1, "why parameters alone do not do",
            "misses another pooling: compared by counts; misses changed defaults: compared by stages alone"),
    "10.1": (NUMBER, 2, 2, "the three changes, each with its number",
             "Keras's count; the biases still in"),
    "10.2": (OTHER, 3, 1, "a reason for each of the six, in half a sentence",
             "a ReLU that a count should see; dropout that should show in evaluation"),
    "10.3": (OTHER, 3, 1, "which default each line leaves unsaid",
             "(1, 7) for (7, 1); a ReLU that Keras does not add; padding where Keras has none"),
    "10.4": (OTHER, 3, 2, "how each fault was found: which test, not only which line",
             "one fault mended: no count or sign shows the second; it takes a comparison with a trusted block"),
    "10.5": (FUNCTION, 4, 1, "hooks removed also when the model raises",
             "containers reported; a module that is used twice reported; hooks left on the model"),
    "11.1": (NUMBER, 1, 1, "where the features come from",
             "the biases forgotten; the classes of ImageNet in place of one's own"),
    "11.2": (NUMBER, 2, 2, "the guess, written before the folder is built, and what was wrong in it",
             "a turned picture taken for one that the warning names; the folder inside a class overlooked"),
    "11.3": (FUNCTION, 3, 1, "why parameters and statistics have to be held separately",
             "requires_grad alone: statistics move; everything in eval(), the last stage too"),
    "11.4": (FUNCTION, 3, 2, "each of the four faults named, and a picture on which it shows",
             "one fault mended at a time, tried on plain pictures only; preprocessing written again by hand"),
    "11.5": (FUNCTION, 2, 1, "the answer to the question about the factor 3",
             "distances for directions; the farthest first"),
}  # fmt: skip


def rubric() -> str:
    """The rows, chapter by chapter, with the points."""
    lines = []
    for number, head in boxes().items():
        own = {n: ROWS[n] for n in head.exercises}
        total = sum(row[1] + row[2] for row in own.values())
        by_person = sum(row[2] for row in own.values())
        lines += [f"### Chapter {number}: {head.title}", ""]
        lines += [f"{total} points, {by_person} of them by a person.", ""]
        for exercise, (kind, checker, person, looks, slips) in own.items():
            lines.append(
                f"- **{exercise}** ({kind}; {checker} + {person}). *By a person:* {looks}. "
                f"*What slips reveal:* {slips}."
            )
        lines.append("")
    return "\n".join(lines)


def kinds() -> str:
    """What a checker covers, by kind, and how many exercises are of it."""
    rows = [
        f"| {kind} | {says} | {sum(row[0] == kind for row in ROWS.values())} |"
        for kind, says in KINDS.items()
    ]
    return "\n".join(["| kind | the checker covers | exercises |", "| --- | --- | --: |", *rows])
