"""`check("1.2", answer)`: says whether an answer to an exercise is right, and what is wrong.

One file for each chapter holds its checkers. A checker takes an answer and returns None when it is
right, or a sentence that says what is wrong without giving the answer away.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

import torch
from torch import Tensor, nn

from ..spec import Branches, Chain, Network, Residual, suggest

Checker = Callable[[object], str | None]
_CHECKERS: dict[str, Checker] = {}


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


def exercise(number: str) -> Callable[[Checker], Checker]:
    """Register the checker of exercise `number`, such as "1.2"."""

    def register(checker: Checker) -> Checker:
        _CHECKERS[number] = checker
        return checker

    return register


def numbers() -> list[str]:
    """The numbers of all exercises, in order."""
    for file in iter_modules(__path__):  # chapter01, chapter02, …
        import_module(f".{file.name}", __name__)
    return sorted(_CHECKERS, key=lambda number: [int(part) for part in number.split(".")])


def check(number: str, answer: object) -> Verdict:
    """Check an answer to an exercise.

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
        wrong = _CHECKERS[number](answer)
    except NotImplementedError:
        return Verdict(number, False, "no answer yet.")
    return Verdict(number, wrong is None, "right." if wrong is None else f"not yet. {wrong}")


def whole_number(answer: object, right: int, mistakes: Mapping[int, str]) -> str | None:
    """Check an exact integer; `mistakes` maps a wrong value to the slip that leads to it."""
    if isinstance(answer, Tensor) and answer.numel() == 1:
        answer = answer.item()
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        return f"This asks for a number; the answer is a {type(answer).__name__}."
    if answer == right:
        return None
    if answer in mistakes:
        return mistakes[answer]
    if isinstance(answer, float) and not answer.is_integer():
        return "This asks for a whole number."
    return f"{answer:,} is too {'small' if answer < right else 'large'}."


def ratio(
    answer: object, right: float, mistakes: Mapping[float, str], digits: int = 2
) -> str | None:
    """Check a measured or derived number to `digits` decimals."""
    if isinstance(answer, Tensor) and answer.numel() == 1:
        answer = answer.item()
    if isinstance(answer, bool) or not isinstance(answer, int | float) or not math.isfinite(answer):
        return f"This asks for a number; the answer is {answer!r}."
    near = 0.6 * 10**-digits
    if abs(answer - right) <= near:
        return None
    for value, why in mistakes.items():
        if abs(answer - value) <= near:
            return why
    return f"{answer:g} is too {'small' if answer < right else 'large'}."


def same_tensor(got: object, want: Tensor, call: str) -> str | None:
    """Check what a reader's function returned against what it should have."""
    if got is None or got is ...:
        raise NotImplementedError
    if not isinstance(got, Tensor):
        return f"{call} gives a {type(got).__name__}; it should give a tensor."
    if got.shape != want.shape:
        return f"{call} has the shape {tuple(got.shape)}; {tuple(want.shape)} is expected."
    if not torch.allclose(got.double(), want.double(), rtol=1e-4, atol=1e-5):
        return f"{call} has the right shape, but its values differ by up to {(got - want).abs().max():.3g}."
    return None


def is_function(answer: object) -> str | None:
    """None when the answer can be called; otherwise what it is instead."""
    if callable(answer):
        return None
    return f"This asks for a function; the answer is a {type(answer).__name__}."


def is_block(answer: object) -> str | None:
    """None when the answer is a block of the vocabulary; otherwise what it is instead."""
    if isinstance(answer, Branches | Chain | Residual):
        return None
    if isinstance(answer, Network):
        return "This asks for one block; the answer is a whole network."
    if isinstance(answer, nn.Module):
        return "This asks for a description (il.Branches, il.Conv, …); the answer is a module. il.build makes one of the other."
    return (
        f"This asks for a block, such as il.Branches(…); the answer is a {type(answer).__name__}."
    )


def called(function: Callable, *args: object, none: bool = False) -> tuple[object, str | None]:
    """What a reader's function gives, or what it raised: (result, None) or (None, what is wrong).

    A stub counts as no answer: it gives `...`, or None unless None can be an answer (`none`).
    """
    try:
        got = function(*args)
    except NotImplementedError:
        raise
    except Exception as error:
        first = (str(error).splitlines() or [""])[0]
        return None, f"Calling it raised {type(error).__name__}: {first}"
    if got is ... or (got is None and not none):
        raise NotImplementedError
    return got, None


def pair_of_tensors(pair: object, shapes: Mapping[str, tuple[int, ...]], call: str) -> str | None:
    """None for two tensors of these shapes, by name and in order; otherwise what is wrong."""
    names = ", ".join(shapes)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return f"{call}, two tensors are expected: ({names})."
    if all(part is None or part is ... for part in pair):
        raise NotImplementedError
    for part, (name, shape) in zip(pair, shapes.items(), strict=True):
        if not isinstance(part, Tensor):
            return f"{call}, {name} is a {type(part).__name__}; a tensor is expected."
        if part.shape != shape:
            return f"{call}, {name} has the shape {tuple(part.shape)}; {tuple(shape)} is expected."
    return None
