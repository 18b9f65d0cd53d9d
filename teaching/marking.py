"""What to mark and how: a row for each exercise, for the page for teachers.

The checker's part is a matter of the package. Here is what a checker cannot see, and what
a wrong answer tells about a student.
"""

from teaching.chapters import boxes

NUMBER, FUNCTION, BLOCK, OTHER = "number", "function", "description", "code"
KINDS = {
    NUMBER: "numbers, compared exactly or to the decimals that are asked for; the usual slips are named",
    FUNCTION: "a function, tried on many inputs, some of them random",
    BLOCK: "a block as data, built and counted",
    OTHER: "a module, a translation or an example, which is run and compared",
}
# exercise -> kind, points by the checker, points by a person, what a person looks for, what wrong answers reveal
ROWS = {
    "1.1": (NUMBER, 2, 1, "the product, written down before it is multiplied out",
            "twice as much: FLOPs counted instead of MACs; no factor for the positions: weights counted instead of MACs; 3 and 5 instead of 9 and 25: a kernel is thought of as a line"),
    "1.2": (FUNCTION, 3, 1, "each of the four faults named, with its effect",
            "an error about sizes: padding; the right maps in a different order or along a different axis: concatenation is not yet clear"),
    "1.3": (OTHER, 2, 2, "the guess, written before the measurement, and a reason for it",
            "the photograph that needs the 3×3 most: the wrong branch was read; the same guess for all: accuracy without silencing confused with what silencing loses"),
    "1.4": (BLOCK, 3, 1, "the price of a kernel of each size, and a reason for the division",
            "just over the budget: found by trial instead of by 1, 9 and 25; too few kernels: the pooling's channels were counted too"),
    "2.1": (NUMBER, 2, 1, "two terms, each with its own channels",
            "all channels go into the 5×5: the reduction is seen as an extra, not as a bottleneck; only the 5×5 is counted: the 1×1 is thought to be free"),
    "2.2": (BLOCK, 3, 1, "the price of one channel before each kernel, and a reason for the division",
            "over the budget by the two fixed branches: only the reduced ones were added up; much left over: found by trial instead of by the sum"),
    "2.3": (BLOCK, 2, 1, "both counts, and a sentence on where C1's widths came from",
            "all 1×1 taken out, even after the pooling: reduction and projection not told apart"),
    "2.4": (OTHER, 2, 2, "the explanation: two channels have their maxima at different pixels; for averages, that sums commute",
            "only one channel: the example was probably guessed, because one channel without a negative weight cannot do it"),
    "2.5": (OTHER, 3, 2, "why there are twelve independent ones, and why the block as a whole is not blind to them",
            "a channel with small weights: small is not zero; a direction that neither branch notices: two null spaces confused"),
    "3.1": (NUMBER, 2, 1, "six convolutions written down, also the one after the pooling",
            "the stage's number as the chapter prints it: the 5×5 was not changed; one convolution too few: the one after the pooling, or a 1×1, is forgotten"),
    "3.2": (FUNCTION, 3, 1, "the answer to the second question, with a reason",
            "right for the paper's side and wrong for odd grids: ceil mode confused with padding, or tried on one side only"),
    "3.3": (OTHER, 2, 1, "the guess written down first, and what the photographs that gain have in common",
            "a photograph on which both heads are nearly always right: the highest accuracy confused with the largest gain"),
    "3.4": (NUMBER, 2, 1, "the guess about the power of w, written before the search, and what does not scale",
            "a width that just misses: “at most” read the wrong way round"),
    "3.5": (OTHER, 4, 1, "the mode is restored even if the model raises an error",
            "0.7 of the main loss: copied from a tutorial; an average of three logits: the heads treated as an ensemble; no eval(): dropout forgotten"),
    "4.1": (NUMBER, 2, 1, "which variance is used where",
            "the running variance is too small: the biased one was kept; momentum the wrong way round: another library's meaning"),
    "4.2": (FUNCTION, 3, 2, "the sentence on padding: zeros are not what the shift would give",
            "the sum over the kernel is missing from the bias; scaled by output instead of input channels: the order of the two layers is confused"),
    "4.3": (FUNCTION, 3, 1, "each of the four faults named, and which of them a falling training loss would hide",
            "a mean for each position: axes confused; momentum the wrong way round: another library's meaning"),
    "4.4": (NUMBER, 2, 1, "the guess, written before the measurement, and both halves of the reason",
            "10: the smaller gradient was seen, the longer kernel was not"),
    "4.5": (NUMBER, 4, 2, "the derivation of the given number first, with a count for each step",
            "the three numbers of each channel are missing, or the biases are left in: conventions of counting confused"),
    "5.1": (NUMBER, 2, 1, "the list of layers with their widths",
            "49 instead of 7: long kernels counted as squares; two numbers too many for each channel: normalization counted"),
    "5.2": (FUNCTION, 2, 1, "why a constant of the 1×1 reaches the output, in words",
            "only the middle weight times the bias: the other eight positions are missing; the bias of the 3×3 is lost"),
    "5.3": (FUNCTION, 3, 2, "the reason: what the layers after the first reach",
            "the sum over all layers: the first is included by mistake; a kernel of size 1 that adds one: reach confused with size"),
    "5.4": (FUNCTION, 4, 1, "the unfolding in the other order, drawn or described",
            "the pair of the chapter, transposed: right for square banks with equal widths only"),
    "5.5": (BLOCK, 3, 2, "a sentence on where the MACs were saved",
            "cheap and narrow: a pooling first; wide and expensive: a full-width convolution on the large grid"),
    "6.1": (NUMBER, 2, 1, "the way back through seven layers",
            "the same side twice: a remainder is dropped, which was forgotten"),
    "6.2": (BLOCK, 3, 1, "the polynomial in c7, or a different way to divide the budget, with a reason",
            "far over the budget: a 7×7 was not split; a window that is too small: a 1×7 confused with a 7×7"),
    "6.3": (FUNCTION, 3, 1, "how the number of real values of a window was found, without a list of cases",
            "corners right and edges wrong: only one direction was considered; the interior is scaled too"),
    "6.4": (FUNCTION, 2, 2, "the equation solved for ε by hand",
            "the formula for the gap is returned; e to the gap without the K"),
    "6.5": (NUMBER, 3, 2, "the guess, written before the measurement, with the reach of each stage",
            "the numbers of the smaller picture: not measured again; reduction_a wrong: the stride also halves the rows that are reached"),
    "7.1": (NUMBER, 2, 1, "a table of the six layers and what each reads",
            "all layers changed: in fact only those that read the input depend on it"),
    "7.2": (OTHER, 2, 1, "which of the two limits each kind of block meets first",
            "within the budget but not the most: the cheapest in MACs assumed to be the cheapest in both"),
    "7.3": (FUNCTION, 3, 1, "both questions answered with a reason",
            "padding where there is none, which shows at sides other than the paper's"),
    "7.4": (OTHER, 3, 2, "a reason for each of the six, in half a sentence; a silent fault needs a test named",
            "a different count for the misprint in block B: it is not yet clear that order and direction have no parameters"),
    "7.5": (FUNCTION, 2, 1, "the sum over the channels between, as a formula",
            "a product entry by entry: assumes one channel in between"),
    "8.1": (NUMBER, 2, 1, "the last 1×1 with its two widths",
            "the last 1×1 is missing: body and block confused; it reads the width of one branch: the concatenation was forgotten"),
    "8.2": (FUNCTION, 2, 1, "why the bias is scaled too",
            "the bias is not scaled; a division instead of a product"),
    "8.3": (NUMBER, 2, 2, "a guess with a reason, written before the measurement, and what the gap between them says",
            "only one block is taken out; what was lost is given instead of what is left"),
    "8.4": (BLOCK, 2, 1, "each of the faults named, and those among them that no count would show",
            "a ReLU is left before the sum: the block can only add; the pooling branch is left out: that was not asked"),
    "8.5": (NUMBER, 3, 1, "the linear step per n, without trying eight networks",
            "one too many: “no more than” was missed; the reductions are repeated too"),
    "9.1": (NUMBER, 2, 1, "three numbers instead of two, and so one for each channel",
            "half or a third of it: the difference divided by 2 or by 3"),
    "9.2": (NUMBER, 2, 2, "both guesses, written before the measurement, and what the gray crops say about the network",
            "the two in the wrong order; one color used as gray; what is lost given instead of what is left"),
    "9.3": (FUNCTION, 3, 1, "each of the three faults named, and those among them that an error message would have shown",
            "values from 0 to 1; the colors reversed after a reshape: layout in memory confused with the order of axes"),
    "9.4": (FUNCTION, 3, 1, "why parameters alone are not enough",
            "misses a different pooling: compared by counts; misses changed defaults: compared only by stages"),
    "10.1": (NUMBER, 2, 2, "the three changes, each with its number",
             "Keras's count; the biases still in"),
    "10.2": (OTHER, 3, 1, "a reason for each of the six, in half a sentence",
             "expects a count to see a ReLU; expects dropout to show in evaluation"),
    "10.3": (OTHER, 3, 1, "the default that each line leaves unsaid",
             "(1, 7) instead of (7, 1); a ReLU that Keras does not add; padding where Keras has none"),
    "10.4": (OTHER, 3, 2, "how each fault was found: which test, not only which line",
             "one fault repaired: no count or sign shows the second, which takes a comparison with a trusted block"),
    "10.5": (FUNCTION, 4, 1, "hooks are removed even if the model raises an error",
             "containers reported; a module that is used twice reported; hooks left on the model"),
    "11.1": (NUMBER, 1, 1, "where the features come from",
             "the biases are forgotten; ImageNet's classes are used instead of one's own"),
    "11.2": (NUMBER, 2, 2, "the guess, written before the folder is built, and what was wrong in it",
             "a rotated picture assumed to be one that the warning names; the folder inside a class overlooked"),
    "11.3": (FUNCTION, 3, 1, "why parameters and statistics have to be held separately",
             "requires_grad alone: statistics still move; everything in eval(), even the last stage"),
    "11.4": (FUNCTION, 3, 2, "each of the four faults named, and a picture on which it shows",
             "faults repaired one at a time and tried on plain pictures only; preprocessing written again by hand"),
    "11.5": (FUNCTION, 2, 1, "the answer to the question about the factor 3",
             "distances instead of directions; the farthest first"),
    "12.1": (NUMBER, 2, 1, "why drawing without putting back makes the number smaller",
             "the article's own number: nine channels were allowed to be one; order counted above and not below"),
    "12.2": (NUMBER, 2, 2, "the guess, written before the measurement, and what the result does to “learned to look for large dots”",
             "nan: silent channels taken along; lists exchanged"),
    "12.3": (FUNCTION, 3, 1, "each of the three faults named, and a picture on which it would show",
             "negatives dropped map by map: evidence against the class is not subtracted; one weight for each place: axes confused"),
    "12.4": (OTHER, 2, 2, "what the crops show, and whether the name would have occurred to anybody",
             "the channel's number within the block; the 5×5 branch, whose mean is highest: a mean confused with a maximum"),
    "13.1": (NUMBER, 2, 1, "three layers named, and why the pool projection is not among them",
             "the pool projection counted: which map a layer reads is not looked at; weights instead of MACs"),
    "13.2": (FUNCTION, 3, 2, "what it costs, and a case in which it could still pay",
             "the weight at all nine places: what a 1×1 looks at is not clear; no biases: only the matrix was merged"),
    "13.3": (NUMBER, 2, 2, "both guesses with a reason, written before the count",
             "66 for the first: that folding must come before moving is not seen; two too many for the second: only the repeated blocks were counted"),
    "13.4": (BLOCK, 2, 2, "that it is another function, and that it would have to be trained anew",
             "four convolutions: that a maximum does not commute is not seen; the pooling left out: the budget understood, the block not"),
    "13.5": (FUNCTION, 2, 1, "the numbers of the record put in, and for which program the answer matters",
             "a thousand times too small: seconds and milliseconds mixed; one too few: rounded down"),
    "14.1": (NUMBER, 2, 1, "the two rounds of the ring, each with its pieces",
             "the gradient sent once or twice in full: the ring is thought of as everybody telling everybody; numbers instead of bytes"),
    "14.2": (FUNCTION, 3, 1, "for each of the three faults, a run that it spoils",
             "right for two processes and not for three: the shares are cut before the step; the generator of others is seeded"),
    "14.3": (FUNCTION, 3, 1, "where the missing part of the variance comes from",
             "the variance of the means is left out, or its shares count equally: equal sizes are taken for granted"),
    "14.4": (NUMBER, 2, 2, "the guess from the 38 pictures, and what limits the efficiency beyond them",
             "the pictures of one device given; found by trial without a look at the two times of a step"),
}  # fmt: skip


def rubric() -> str:
    """The rows, chapter by chapter, with the points."""
    lines = []
    for number, head in boxes().items():
        own = {n: ROWS[n] for n in head.exercises}
        total = sum(row[1] + row[2] for row in own.values())
        by_person = sum(row[2] for row in own.values())
        lines += [f"### Chapter {number}: {head.title}", ""]
        lines += [f"{total} points, of which a person gives {by_person}.", ""]
        for exercise, (kind, checker, person, looks, slips) in own.items():
            lines.append(
                f"- **{exercise}** ({kind}; {checker} + {person}). *A person looks for:* {looks}. "
                f"*Wrong answers reveal:* {slips}."
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
