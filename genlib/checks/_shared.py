"""What all checks share: what they accept, how they compare, and what they say."""

from __future__ import annotations

import functools
import inspect
import numbers
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

LARGE = 200.0
APART = 271_828_183
UNWRITTEN = "not written yet: put your lines where `raise NotImplementedError` stands, and take that line out"
RAISES = "`raise NotImplementedError` still stands above lines that you wrote, so that they never run: take it out"
P = ParamSpec("P")


def stream(seed: int) -> torch.Generator:
    """Returns a generator for a check's inputs, whose numbers no answer draws that sets the same seed.

    NumPy's numbers and torch's are the same from one seed: an answer that starts its chain at such a picture would be
    said to start where it was told not to.
    """
    return torch.Generator().manual_seed(seed + APART)


def demand(holds: bool, message: str) -> None:
    """Fails with a message; unlike `assert` also under `python -O`."""
    if not holds:
        raise AssertionError(message)


def check(law: Callable[P, None]) -> Callable[P, None]:
    """Lets a check that is not told its seed, as in a lab, say of an unwritten function that it is unwritten.

    So *Run all* goes on behind it. With a seed, as in a hidden test, an unwritten function is an error like any other,
    and so is what says more than a stub does: torch's, say, of a module without `forward`.
    """

    @functools.wraps(law)
    def checked(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            law(*args, **kwargs)
        except NotImplementedError as error:
            if "seed" in kwargs or error.args:
                raise
            print(RAISES if stands_above(error) else UNWRITTEN)

    return checked


def stands_above(error: NotImplementedError) -> bool:
    """Whether lines of the same function follow the one that raised."""
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    try:
        lines, first = inspect.getsourcelines(frame.f_code)
    except OSError:
        return False
    below = "".join(lines[line - first + 1 :])
    return bool(re.sub(r"#.*", "", below).strip())


@contextmanager
def if_written() -> Iterator[None]:
    """Passes over a cell that leans on a task which is not written yet, or on a cell that was passed over.

    Example:
        >>> def energy(v):
        ...     raise NotImplementedError
        >>> with if_written():
        ...     energy(3)
        passed over, since it leans on a task that is not written yet
    """
    try:
        yield
    except NotImplementedError:
        print("passed over, since it leans on a task that is not written yet")
    except NameError as error:
        here = error.__traceback__.tb_next if error.__traceback__ else None
        if here is None or here.tb_next is not None:
            raise
        print(f"passed over, since it leans on a cell that was not run to its end ({error})")


def values(what: str, got: Any) -> Tensor:
    """Returns numbers as a float64 tensor without a graph: of a tensor, an array, a list of either, or a number."""
    if isinstance(got, Tensor):
        return plain(got).detach().cpu().double()
    if isinstance(got, np.ndarray | np.generic | numbers.Real) and np.asarray(got).dtype.kind in "biuf":
        return torch.as_tensor(np.asarray(got, dtype=np.float64))
    if isinstance(got, list | tuple):
        parts = [values(what, part) for part in got]
        demand(len({part.shape for part in parts}) <= 1, f"{what}: got parts of different shapes, expected one shape")
        return torch.stack(parts) if parts else torch.zeros(0, dtype=torch.float64)
    raise AssertionError(f"{what}: got {type(got).__name__}, expected numbers, as a tensor")


def plain(got: Tensor) -> Tensor:
    """Returns a tensor of a class of its own as one of torch's, so that it is compared as numbers are."""
    with torch._C.DisableTorchFunctionSubclass():
        return torch.Tensor.as_subclass(got, Tensor)


def close(what: str, got: Any, expected: Any, rtol: float = 1e-3, atol: float = 1e-5) -> None:
    """Compares shapes, then numbers in float64, and names the first place where they differ.

    Args:
        what: What is compared, for the message.
        got: A tensor, array, list or number.
        expected: The same.
        rtol: How far they may differ, relative to what is expected.
        atol: How far they may differ in addition.

    Example:
        >>> close("a mean", [1, 2.0], torch.tensor([1, 2]))
        >>> close("a mean", [0.99631, 3], [0.99632, 3], rtol=0, atol=1e-6)
        Traceback (most recent call last):
        AssertionError: a mean at index (0,): got 0.99631, expected 0.99632
    """
    mine, right = values(what, got), values(what, expected)
    demand(mine.shape == right.shape, f"{what}: got shape {tuple(mine.shape)}, expected {tuple(right.shape)}")
    wrong = ~torch.isclose(mine, right, rtol=rtol, atol=atol)
    if wrong.any():
        first = tuple(wrong.nonzero()[0].tolist())
        where = f" at index {first}" if first else ""
        told = apart(float(mine[first]), float(right[first]))
        raise AssertionError(f"{what}{where}: got {told[0]}, expected {told[1]}")


def apart(a: float, b: float) -> tuple[str, str]:
    """Writes two numbers with as many digits as tell them apart, five at least."""
    for digits in range(5, 17):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            break
    return f"{a:.{digits}g}", f"{b:.{digits}g}"


def several(what: str, got: Any, parts: str) -> list[Any]:
    """Returns the things that a function returned together, in a tuple or a list, if they are as many as asked for."""
    wanted = parts.split(", ")
    kind = f"{len(got)} things" if isinstance(got, tuple | list) else type(got).__name__
    right = isinstance(got, tuple | list) and len(got) == len(wanted)
    demand(right, f"{what}: got {kind}, expected {len(wanted)} things, {parts}")
    return list(got)


def only_bits(what: str, got: Any) -> Tensor:
    """Returns states as float64, if they are zeros and ones, whatever their type."""
    states = values(what, got)
    between = states[(states != 0) & (states != 1)]
    demand(not len(between), f"{what}: got {float(between[0]) if len(between) else 0:.3f}, expected only 0 and 1")
    return states


def gentle(function: Callable[..., Any], may_change: tuple[str, ...] = ()) -> Callable[..., Any]:
    """Returns a function that behaves like another one, and fails where that one changes what it was handed.

    Args:
        function: An answer.
        may_change: Names of arguments, in the lab's words, that it is asked to change.
    """

    @functools.wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        before = [copied(value) for value in args]
        result = function(*args, **named)
        for name, value, old in zip(argument_names(function, len(args)), args, before, strict=True):
            same = torch.equal(value, old) if isinstance(value, Tensor) else value == old
            demand(name in may_change or same, f"`{name}`: got other values after the call, expected it untouched")
            left = isinstance(value, Tensor) and value.is_leaf and value.grad is not None
            demand(not left, f"`{name}`: got a gradient left behind in it, expected none")
        return result

    return called


def copied(value: Any) -> Any:
    """Returns a copy of a tensor or a dictionary, and anything else as it is."""
    return value.detach().clone() if isinstance(value, Tensor) else dict(value) if isinstance(value, dict) else value


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """Returns what a function calls its arguments; numbers where it does not say."""
    try:
        names = [name for name, p in inspect.signature(function).parameters.items() if p.kind < p.VAR_POSITIONAL]
    except (TypeError, ValueError):
        names = []
    return names[:count] + [f"argument {n + 1}" for n in range(len(names), count)]


def fresh(what: str, draw: Callable[[], Any]) -> None:
    """Demands that two draws in a row differ; those of a function that sets a seed inside do not."""
    first, second = values(what, draw()), values(what, draw())
    same = first.shape == second.shape and torch.equal(first, second)
    demand(not same, f"{what}, twice in a row: got the same draws, expected fresh ones (is a seed set inside?)")


class _Refusing:
    """Stands where torch differentiates, in whatever way it is asked to, and refuses."""

    def __call__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("automatic differentiation")

    run_backward = __call__


@contextmanager
def by_hand(what: str) -> Iterator[None]:
    """Switches automatic differentiation off, and says so where something inside asks for it.

    Backward all ways lead through one engine, forward through one function, so a `grad` that was imported before, or a
    submission that leaves the inference mode, gains nothing.
    """
    variable = torch.autograd.Variable
    backward, forward = variable._execution_engine, forward_ad.enter_dual_level
    variable._execution_engine = _Refusing()  # type: ignore[assignment]
    forward_ad.enter_dual_level = _Refusing()
    try:
        with torch.inference_mode():
            yield
    except RuntimeError as error:
        asked = any(word in str(error) for word in ("automatic differentiation", "grad", "inference"))
        if not asked:
            raise
        raise AssertionError(f"{what}: got it by automatic differentiation, expected matrix products only") from error
    finally:
        variable._execution_engine = backward
        forward_ad.enter_dual_level = forward


def slopes(loss: Any, inputs: list[Tensor], what: str) -> tuple[Tensor, ...]:
    """Differentiates a loss, and says so where it depends on none of the inputs."""
    demand(isinstance(loss, Tensor), f"{what}: got {type(loss).__name__}, expected a tensor that can be trained")
    loss = plain(loss)
    demand(loss.shape == (), f"{what}: got shape {tuple(loss.shape)}, expected one number, shape ()")
    demand(loss.requires_grad, f"{what}: got a number without a gradient, expected one that can be trained")
    found = torch.autograd.grad(loss, inputs, allow_unused=True)
    return tuple(torch.zeros_like(x) if g is None else g for g, x in zip(found, inputs, strict=True))
