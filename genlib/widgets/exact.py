r"""Refuses a module that may compute something else than the page does.

The page knows classes: what `Linear.forward` does, which distribution a `Gaussian` makes. A subclass, a hook or a
parametrization can change that without a trace in the weights, and the page would go on to show wrong numbers.
"""

from __future__ import annotations

__all__ = ["check_exact"]

from collections.abc import Collection

from torch import nn
from torch.nn.utils import parametrize

HOOKS = {
    "_forward_pre_hooks": "forward-pre",
    "_forward_hooks": "forward",
    "_backward_pre_hooks": "backward-pre",
    "_backward_hooks": "backward",
}
WRAPPERS = {
    "OptimizedModule": ("torch.compile", "_orig_mod"),
    "DataParallel": ("DataParallel", "module"),
    "DistributedDataParallel": ("DistributedDataParallel", "module"),
}


def check_exact(module: nn.Module, kinds: Collection[type[nn.Module]], name: str) -> None:
    """Refuses `module` unless it is of exactly one of the classes `kinds`, and nothing has been put around it.

    What lies inside it is not looked at: a network's layers are for `pack`.

    Args:
        module: A layer, or a model.
        kinds: Classes that the page knows.
        name: What messages call it.

    Raises:
        ValueError: If it is wrapped, parametrized, of another class, or has hooks, methods or weights of its own.

    Example:
        >>> check_exact(nn.Softmax(), [nn.Linear], "layer 0")
        Traceback (most recent call last):
        ValueError: the page cannot compute layer 0, Softmax(dim=None); it knows Linear
    """
    if not isinstance(module, nn.Module):
        known = " or ".join(kind.__name__ for kind in kinds)
        raise ValueError(f"{name} is {module!r:.60}, expected a {known}")
    if type(module).__name__ in WRAPPERS:
        how, inside = WRAPPERS[type(module).__name__]
        raise ValueError(f"{name} is wrapped by {how}; pass what is inside, its .{inside}")
    _refuse_parametrizations(module, name)
    if type(module) not in kinds:
        known = ", ".join(kind.__name__ for kind in kinds)
        bases = [kind.__name__ for kind in kinds if isinstance(module, kind)]
        own = f", whose class may compute something else than {bases[0]}" if bases else ""
        shown = type(module).__name__ if list(module.children()) else str(module)
        raise ValueError(f"the page cannot compute {name}, {shown}{own}; it knows {known}")
    _refuse_hooks(module, name)
    changed = [key for key in vars(module) if callable(getattr(type(module), key, None))]
    if changed:
        raise ValueError(f"{name} has a {changed[0]} of its own, the page computes that of {type(module).__name__}")
    for key in ("weight", "bias"):
        if getattr(module, key, None) is not module._parameters.get(key):
            raise ValueError(f"{key} of {name} is no Parameter, expected one")
    for key, parameter in module.named_parameters(recurse=False):
        if type(parameter) is not nn.Parameter or not parameter.is_floating_point():
            kind = f"{type(parameter).__name__} of {parameter.dtype}"
            raise ValueError(f"{key} of {name} is a {kind}, expected a Parameter of real numbers")


def _refuse_parametrizations(module: nn.Module, name: str) -> None:
    if not parametrize.is_parametrized(module):
        return
    for key, steps in module.parametrizations.items():  # type: ignore[union-attr, operator]
        kinds = ", ".join(type(step).__name__.strip("_") for step in steps)
        raise ValueError(
            f"{key} of {name} is computed by a parametrization ({kinds}), which the page does not know; "
            f'torch.nn.utils.parametrize.remove_parametrizations(layer, "{key}") keeps the {key} of now'
        )


def _refuse_hooks(module: nn.Module, name: str) -> None:
    for where, kind in HOOKS.items():
        for hook in getattr(module, where).values():
            called = getattr(hook, "__name__", type(hook).__name__)
            raise ValueError(
                f"{name} has a {kind} hook ({called}), which the page cannot call; remove it, or for weight_norm and "
                "spectral_norm call remove_weight_norm or remove_spectral_norm, which keeps the weight of now"
            )
    for key, parameter in module.named_parameters(recurse=False):
        if parameter._backward_hooks or getattr(parameter, "_post_accumulate_grad_hooks", None):
            raise ValueError(f"{key} of {name} has a hook on its gradient, which the page cannot call; remove it")
