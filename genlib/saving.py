r"""Models in files: the weights as safetensors, and with them what the model is built of, to build it again.

A file holds numbers and a description, and never code: what is built are the library's own classes and PyTorch's. A
model with a class of one's own inside is saved as well, and loaded into one that the caller has built.
"""

from __future__ import annotations

__all__ = ["load", "save"]

import functools
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genlib._guard import bare

OURS = ("genlib.", "torch.nn.modules.")


def save(model: nn.Module, path: str | Path) -> None:
    r"""Writes a model's weights and what it is built of to a file, as `load` reads it.

    A model wrapped by `torch.compile` or `DataParallel` is saved without the wrapping.

    Args:
        model: The model, on any device.
        path: The file, such as `"vae.safetensors"`; what is there already is replaced.

    Raises:
        ValueError: If a weight is NaN or infinite, or the model is none.

    Example:
        >>> import tempfile
        >>> from genlib.energy import RBM
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(RBM(features=6, hidden=4), f"{folder}/rbm.safetensors")
        ...     load(f"{folder}/rbm.safetensors")
        RBM(features=6, hidden=4)
    """
    from safetensors.torch import save_file

    if not isinstance(model, nn.Module):
        raise ValueError(f"model is a {type(model).__name__}, expected a torch.nn.Module")
    model = bare(model)
    weights = {_plain(name): value.detach().cpu().contiguous().clone() for name, value in model.state_dict().items()}
    for name, value in weights.items():
        if value.is_floating_point() and not value.isfinite().all():
            raise ValueError(f"{name} has values that are NaN or infinite, expected finite ones: nothing was saved")
    save_file(weights, path, {"model": json.dumps(_described(model)), "evaluating": json.dumps(_evaluating(model))})


def load(path: str | Path, device: str | torch.device = "cpu", *, into: nn.Module | None = None) -> nn.Module:
    r"""Builds the model that a file holds and fills in its weights, in the dtype in which they were saved.

    Args:
        path: A file that `save` wrote.
        device: Where the model goes.
        into: A model of the same classes and sizes, to be filled in the place of a new one: for models that hold
            classes or functions of one's own, which no file can bring along.

    Returns:
        The model, training or evaluating as when it was saved; the global random numbers are as before.

    Raises:
        ValueError: If the file was not written by `save`, holds what only `into` can bring, or does not fit it.
        FileNotFoundError: If there is no such file.
    """
    from safetensors import SafetensorError, safe_open

    if not Path(path).is_file():
        raise FileNotFoundError(f"{path} is not there, expected a file that genlib.save wrote")
    try:
        with safe_open(path, framework="pt") as file:
            notes, weights = file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file ({error}), expected one that genlib.save wrote") from error
    if "model" not in notes:
        raise ValueError(f"{path} does not say what its weights belong to, expected a file that genlib.save wrote")
    model = bare(into) if into is not None else _rebuilt(json.loads(notes["model"]), str(path))
    _fill(model, weights, str(path))
    evaluating = set(json.loads(notes["evaluating"]))
    for name, part in model.named_modules():
        part.training = _plain(name) not in evaluating
    return (into if into is not None else model).to(device)


def _fill(model: nn.Module, weights: dict[str, Tensor], path: str) -> None:
    """Puts weights into a model, whose parts take their dtype."""
    own = {_plain(name): (name, value) for name, value in model.state_dict().items()}
    wrong = sorted({*own} ^ {*weights}) or [n for n in own if own[n][1].shape != weights[n].shape]
    if wrong:
        raise ValueError(f"{path} and the {type(model).__name__} differ in {', '.join(wrong[:3])}: not the same model")
    kinds = {value.dtype for value in weights.values() if value.is_floating_point()}
    if len(kinds) == 1:
        model.to(kinds.pop())
    model.load_state_dict({own[name][0]: value for name, value in weights.items()})


def _evaluating(model: nn.Module) -> list[str]:
    """Returns the names of the parts that are not training, such as a batch normalisation after `model.eval()`."""
    return [_plain(name) for name, part in model.named_modules() if not part.training]


def _plain(name: str) -> str:
    return name.replace("_orig_mod.", "")


def _described(thing: Any) -> Any:
    """Describes a module, or an argument of one, in JSON; what is no plain value and not ours has a name alone."""
    if thing is None or isinstance(thing, bool | int | float | str):
        return thing
    if isinstance(thing, torch.Size | tuple | list):
        return [_described(item) for item in thing]
    if isinstance(thing, nn.Sequential) and type(thing) is nn.Sequential:
        return {"layers": {name: _described(layer) for name, layer in thing.named_children()}}
    if isinstance(thing, nn.Module):
        thing = bare(thing)
        return {"class": _name(type(thing)), **_arguments(thing)}
    if isinstance(thing, functools.partial):
        return {"function": _name(thing.func), "given": {k: _described(v) for k, v in thing.keywords.items()}}
    return {"function": _name(thing)}


def _name(thing: Any) -> str:
    return f"{getattr(thing, '__module__', '?')}:{getattr(thing, '__qualname__', type(thing).__qualname__)}"


def _arguments(model: nn.Module) -> dict[str, Any]:
    """Returns what a module's constructor would be given: attributes of the same names, or what `arguments` says."""
    named, listed, said = {}, [], getattr(model, "arguments", {})
    for parameter in inspect.signature(type(model)).parameters.values():
        if parameter.name in ("device", "dtype") or parameter.kind == parameter.VAR_KEYWORD:
            continue
        value = said.get(parameter.name, getattr(model, parameter.name, parameter.default))
        if parameter.name == "bias" and not isinstance(value, bool):
            value = value is not None
        if parameter.kind == parameter.VAR_POSITIONAL:
            listed = [] if value is parameter.empty else [_described(item) for item in value]
        elif value is not parameter.empty:
            named[parameter.name] = _described(value)
    return {"named": named, "listed": listed}


def _rebuilt(plan: Any, path: str) -> Any:
    """Builds what `_described` described, and leaves the global random numbers as they are."""
    with torch.random.fork_rng(devices=[]):
        return _built(plan, path)


def _built(plan: Any, path: str) -> Any:
    if isinstance(plan, list):
        return tuple(_built(item, path) for item in plan)
    if not isinstance(plan, dict):
        return plan
    if "layers" in plan:
        layers = nn.Sequential()
        for name, layer in plan["layers"].items():
            layers.add_module(name, _built(layer, path))
        return layers
    if "function" in plan:
        found = _found(plan["function"], path)
        given = {key: _built(value, path) for key, value in plan.get("given", {}).items()}
        return functools.partial(found, **given) if given else found
    kind, parts = _found(plan["class"], path), (_built(item, path) for item in plan["listed"])
    if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
        raise ValueError(f"{path} holds {plan['class']}, expected a module: not a file that genlib.save wrote")
    return kind(*parts, **{key: _built(value, path) for key, value in plan["named"].items()})


def _found(name: str, path: str) -> Any:
    """Returns a class or function of the library or of `torch.nn` by its name."""
    module, _, qualified = name.partition(":")
    if not module.startswith(OURS) or "<" in qualified or "." in qualified:
        raise ValueError(f"{path} holds {qualified} of {module}, which no file brings along: load(path, into=model)")
    found = getattr(importlib.import_module(module), qualified, None)
    if found is None:
        raise ValueError(f"{path} holds {qualified}, which {module} does not have: saved by another version?")
    return found
