"""`check("1.2", answer)`: says whether an answer to an exercise is right, and what is wrong.

One file for each chapter holds its checkers. A checker takes an answer and returns None when it is
right, or a sentence that says what is wrong without giving the answer away.
"""

from __future__ import annotations

import inspect
import math
import random
import reprlib
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import suggest
from ..spec import Branches, Chain, Conv, Network, Node, Residual, as_node

Checker = Callable[[Any], str | None]
_CHECKERS: dict[str, Checker] = {}
# Draws the cases that are new at each check. No seed that a reader sets decides them.
fresh = random.Random()


class Slip(NamedTuple):
    """A common wrong answer, and what to tell the reader who gives it.

    A checker tries the right answer before any slip, and slips in their order: the first that fits
    is reported.

    Args:
        value: what the slip gives: a number, a tensor, or a function that makes the slip.
        sentence: what is wrong, without giving the answer away.
    """

    value: Any
    sentence: str


def slip_of(slips: Iterable[Slip], same: Callable[[Any], bool]) -> str | None:
    """The sentence of the first slip whose value is the `same` as the answer; None without one."""
    return next((sentence for value, sentence in slips if same(value)), None)


@dataclass(frozen=True)
class Verdict:
    """What `check` returns: true when the answer is right; shows itself as a sentence."""

    number: str
    right: bool
    says: str

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"Exercise {self.number}: {self.says}"


def exercise(number: str, asks: Checker | None = None) -> Callable[[Checker], Checker]:
    """Register the checker of exercise `number`, such as "1.2".

    Args:
        number: chapter and place.
        asks: says what is wrong with an answer of the wrong kind, such as `is_function`.
    """

    def register(checker: Checker) -> Checker:
        _CHECKERS[number] = checker
        if asks:
            _CHECKERS[number] = lambda answer: asks(answer) or checker(answer)
        return checker

    return register


def numbers() -> list[str]:
    """The numbers of all exercises, in order."""
    for file in iter_modules(__path__):  # chapter01, chapter02, …
        import_module(f".{file.name}", __name__)
    return sorted(_CHECKERS, key=lambda number: [int(part) for part in number.split(".")])


def check(number: str, answer: Any) -> Verdict:
    """Check an answer to an exercise. The reader's random generators are left as they were.

    Args:
        number: of the exercise, such as "1.2".
        answer: a number, a shape, a function, a module or a block: what the exercise asks for.
            None or ... is no answer yet.

    Returns:
        A `Verdict`: `if il.check(…)` works, and it shows itself as a sentence.

    Raises:
        KeyError: there is no such exercise; the message names those that exist.
    """
    known = numbers()
    if number not in known:
        raise KeyError(suggest(number, known, "exercise"))
    if answer is None or answer is ...:
        return Verdict(number, False, "no answer yet.")
    try:
        with _generators_apart():
            wrong = _CHECKERS[number](answer)
    except NotImplementedError:
        return Verdict(number, False, "no answer yet.")
    except Exception as error:  # an answer that no checker thought of: a sentence all the same
        wrong = (
            f"This answer cannot be read ({_first_line(error)}). Is it what the exercise asks for?"
        )
    return Verdict(number, wrong is None, "right." if wrong is None else f"not yet. {wrong}")


@contextmanager
def _generators_apart() -> Iterator[None]:
    """Python's, NumPy's and torch's generators start anew inside, and are as they were after it."""
    python, arrays = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng([]):
            random.seed(0)
            np.random.seed(0)
            torch.default_generator.manual_seed(0)  # torch.manual_seed would move a GPU's, too
            yield
    finally:
        random.setstate(python)
        np.random.set_state(arrays)


def as_number(value: object) -> int | float | None:
    """A number in Python's own type, also of NumPy or of a tensor that holds one; else None."""
    if isinstance(value, Tensor | np.ndarray | np.generic) and math.prod(value.shape) == 1:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) > 10**300:  # more than a float can hold: no exercise asks for it
        return math.inf if value > 0 else -math.inf
    return value


def as_numbers(value: object) -> list[int | float] | None:
    """The numbers of a tuple, list, range, array or tensor of one axis; else None."""
    if not isinstance(value, list | tuple | range | np.ndarray | Tensor):
        return None
    if getattr(value, "ndim", 1) != 1:
        return None
    numbers = [number for part in value if (number := as_number(part)) is not None]
    return numbers if len(numbers) == len(value) else None


def as_tensor(value: object) -> Tensor | None:
    """A tensor as it is; numbers in an array, list or tuple as a tensor; else None."""
    if isinstance(value, list | tuple | np.ndarray | np.generic):
        try:
            value = torch.tensor(np.asarray(value))
        except (TypeError, ValueError, RuntimeError):
            return None
    if not isinstance(value, Tensor) or value.is_complex():
        return None
    return value.detach().cpu().to_dense()


def kind(value: object) -> str:
    """The type of a reader's value, with its article: "an int", "a str"."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def shown(value: object) -> str:
    """A reader's value within a sentence: a number with separators, anything else cut short."""
    number = as_number(value)
    if number is None:
        if isinstance(value, Tensor | np.ndarray):
            return f"{kind(value)} of shape {tuple(value.shape)}"
        try:
            return reprlib.repr(value)
        except Exception:  # whatever a reader's own class does; an integer too long to be printed
            return f"{kind(value)}"
    if number != number or abs(number) >= 10**15:  # not a number; or too long to be read
        return f"{number:g}" if isinstance(number, float) else "a number of more than 15 digits"
    return f"{int(number):,}" if number == int(number) else f"{number:,g}"


def whole_number(answer: Any, right: int, slips: Sequence[Slip] = ()) -> str | None:
    """Check an exact integer."""
    number = as_number(answer)
    if number is None:
        return f"This asks for a number; the answer is {kind(answer)}."
    if number == right:
        return None
    if why := slip_of(slips, lambda value: value == number):
        return why
    if isinstance(number, float) and not number.is_integer():
        return "This asks for a whole number."
    return _how_far(number, right, tell_near=right < 100)


def ratio(answer: Any, right: float, slips: Sequence[Slip] = (), digits: int = 2) -> str | None:
    """Check a measured or derived number to `digits` decimals."""
    number = as_number(answer)
    if number is None or (isinstance(number, float) and not math.isfinite(number)):
        return f"This asks for a number; the answer is {shown(answer)}."

    def near(value: float) -> bool:
        return abs(number - value) <= 0.6 * 10**-digits

    return None if near(right) else slip_of(slips, near) or _how_far(number, right)


def _how_far(number: float, right: float, tell_near: bool = False) -> str:
    # no "too small" for what is near: twenty guesses would find any number by halving
    if right / 2 < number < 2 * right and not tell_near:
        return f"{shown(number)} is near, but it is not the number."
    return f"{shown(number)} is {too(number, right)}."


def too(number: float, right: float) -> str:
    """ "too small" or "too large"."""
    return "too small" if number < right else "too large"


def several(answer: Any, *names: str) -> tuple[tuple, str | None]:
    """The parts of an answer that is several things: (parts, None), or ((), what is wrong)."""
    if isinstance(answer, Tensor | np.ndarray) and answer.ndim:
        answer = tuple(answer)
    if not isinstance(answer, tuple | list) or len(answer) != len(names):
        many = {2: "two", 3: "three"}.get(len(names), str(len(names)))
        return (), f"This asks for {many} things: ({', '.join(names)})."
    if any(part is None or part is ... for part in answer):
        raise NotImplementedError
    return tuple(answer), None


def whole_numbers(
    answer: Callable,
    right: Callable[..., float],
    cases: Sequence[tuple],
    slips: Sequence[Slip],
    fraction: str | None = None,
    near: float = 0.0,
) -> str | None:
    """Check a function that gives a whole number or, with `near`, any number.

    Args:
        answer: what a reader wrote.
        right: a function of the same arguments that gives the right numbers. A reader is told
            their names, as in "With i=3, o=5".
        cases: the arguments of each call.
        slips: each value is a function that makes the slip.
        fraction: what to say when some result is not whole.
        near: how far a result may be from the right one, as a share of that.
    """
    names = inspect.signature(right).parameters
    results, calls = [], []
    for case in cases:
        given = ", ".join(f"{name}={value}" for name, value in zip(names, case, strict=True))
        calls.append(f"With {given} it gives")
        got, wrong = called(answer, *case)
        if wrong:
            return wrong
        number = as_number(got)
        if number is None or not math.isfinite(number):
            wanted = "a number" if near else "a whole number"
            return f"{calls[-1]} {shown(got)}; {wanted} is expected."
        results.append(number)

    def hits(formula: Callable[..., float]) -> list[bool]:
        wanted = [formula(*case) for case in cases]
        return [
            abs(number - want) <= near * max(abs(want), 1e-6)
            for number, want in zip(results, wanted, strict=True)
        ]

    hit = hits(right)
    if all(hit):
        return None
    if why := slip_of(slips, lambda slip: all(hits(slip))):
        return why
    if fraction and any(number % 1 for number in results):
        return fraction
    n = hit.index(False)
    return f"{calls[n]} {shown(results[n])}, which is {too(results[n], right(*cases[n]))}."


def close(got: object, want: Tensor, atol: float = 1e-5) -> bool:
    """Whether an answer is this tensor: of its shape, its values within 1e-4 of it and `atol`."""
    found = as_tensor(got)
    if found is None or found.shape != want.shape:
        return False
    return torch.allclose(found.double(), want.detach().double(), rtol=1e-4, atol=atol)


def same_tensor(got: object, want: Tensor, call: str, slips: Sequence[Slip] = ()) -> str | None:
    """Check what a reader's function returned against what it should have."""
    if got is None or got is ...:
        raise NotImplementedError
    found = as_tensor(got)
    if found is None:
        return f"{call} gives {kind(got)}; it should give a tensor."
    if close(found, want):
        return None
    if why := slip_of(slips, partial(close, found)):
        return why
    if found.shape != want.shape:
        return f"{call} has the shape {tuple(found.shape)}; {tuple(want.shape)} is expected."
    if not torch.isfinite(found).all():
        return f"{call} has the right shape, but not all of its values are finite numbers."
    most = (found.double() - want.detach().double()).abs().max()
    return f"{call} has the right shape, but its values differ by up to {most:.3g}."


def is_function(answer: Any) -> str | None:
    """None when the answer can be called; otherwise what it is instead."""
    if isinstance(answer, type):
        return f"This asks for a function; the answer is the class {answer.__name__}."
    if callable(answer):
        return None
    return f"This asks for a function; the answer is {kind(answer)}."


def is_block(answer: Any) -> str | None:
    """None when the answer is a block of the vocabulary; otherwise what it is instead."""
    if isinstance(answer, Branches | Chain | Residual):
        return None
    if isinstance(answer, Network):
        return "This asks for one block; the answer is a whole network."
    if isinstance(answer, nn.Module):
        return "This asks for a description (il.Branches, il.Conv, …); the answer is a module. il.build makes one of the other."
    if isinstance(answer, Mapping):
        return "This asks for a block; the answer is a dict. il.Branches(…) makes a block of it."
    return f"This asks for a block, such as il.Branches(…); the answer is {kind(answer)}."


def as_block(answer: Any) -> tuple[Node | None, str | None]:
    """A block (a list of layers is one, too), without what wraps it: (block, None).

    Or (None, what the answer is instead).
    """
    if (isinstance(answer, list | tuple) and answer) or isinstance(answer, Node):
        try:
            answer = as_node(answer)
        except Exception:  # as_node shows in its message what it was given, whatever that is
            return None, "This asks for a block; in the answer's list not everything is a layer."
        while isinstance(answer, Chain) and len(answer.layers) == 1:
            answer = answer.layers[0]
        return answer, None
    return None, is_block(answer)


def side_by_side(block: Branches) -> list[tuple[str, tuple[Node, ...]]]:
    """Each branch of a block as its name and its layers; branches within branches join the rest."""
    found = []
    for name, branch in block.branches:
        node = as_block(branch)[0]
        assert node is not None  # a branch is a node
        if isinstance(node, Branches):
            found += [(f"{name}.{inner}", layers) for inner, layers in side_by_side(node)]
        else:
            found.append((name, node.layers if isinstance(node, Chain) else (node,)))
    return found


def not_plain(conv: Conv) -> str | None:
    """What a convolution has that the plain one of its size has not, or lacks."""
    if conv.stride != (1, 1):
        return f"has a stride of {conv.stride[0]}×{conv.stride[1]}"
    if conv.groups != 1:
        return f"has {conv.groups} groups, so no kernel reads all channels"
    if conv.act == "none":
        return "has no ReLU"
    if conv.norm == "batch_norm":
        return "has batch normalization"
    return None


def called(
    function: Callable, *args: Any, none: bool = False, intact: bool = False
) -> tuple[Any, str | None]:
    """What a reader's function gives, or what is wrong: (result, None) or (None, a sentence).

    The function gets copies of tensors and lists; with `intact` it must not change them. A stub
    counts as no answer: it gives `...`, or None unless None can be an answer (`none`).
    """
    given: list[Any] = [arg.clone() if isinstance(arg, Tensor) else arg for arg in args]
    given = [arg.copy() if isinstance(arg, list) else arg for arg in given]
    try:
        got = function(*given)
    except NotImplementedError:
        raise
    except Exception as error:
        return None, f"Calling it raised {_first_line(error)}{_line(function, error)}"
    if got is ... or (got is None and not none):
        raise NotImplementedError
    tensors = [pair for pair in zip(args, given, strict=True) if isinstance(pair[0], Tensor)]
    if intact and not all(torch.equal(before, after) for before, after in tensors):
        return None, "It changes what it was given; make new tensors."
    return got, None


def _first_line(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"


def _line(function: Callable, error: Exception) -> str:
    """Where in a function of several lines the error arose; as a traceback would say."""
    code: Any = getattr(function, "__code__", None)
    lines = [at for frame, at in traceback.walk_tb(error.__traceback__) if frame.f_code is code]
    if not lines or lines[-1] == code.co_firstlineno:
        return ""
    return f" (in line {lines[-1] - code.co_firstlineno + 1} of {code.co_name})"


def pair_of_tensors(
    pair: object, shapes: Mapping[str, tuple[int, ...]], call: str
) -> tuple[list[Tensor], str | None]:
    """Two tensors of these shapes, by name and in order: ([a, b], None), or ([], what is wrong)."""
    names = ", ".join(shapes)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return [], f"{call}, two tensors are expected: ({names})."
    if any(part is None or part is ... for part in pair):
        raise NotImplementedError
    tensors = []
    for part, (name, shape) in zip(pair, shapes.items(), strict=True):
        found = as_tensor(part)
        if found is None:
            return [], f"{call}, {name} is {kind(part)}; a tensor is expected."
        if found.shape != shape:
            has = f"has the shape {tuple(found.shape)}; {tuple(shape)} is expected."
            return [], f"{call}, {name} {has}"
        if not torch.isfinite(found).all():
            return [], f"{call}, not all values of {name} are finite numbers."
        tensors.append(found)
    return tensors, None
