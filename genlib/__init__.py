"""Deep generative models in PyTorch, written to be read.

One package per family: `energy`, `autoencoders`, `vae`, `gan`. Shared ground: `nn`, `data`, `train`, `evaluate`,
`plot`. `save` and `load` keep any model in a file. `zoo` holds small trained weights and the recipes that made them,
`widgets` the interactive views. Modules are imported where they are used (`from genlib import data, energy`), so that
`import genlib` itself costs next to nothing.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genlib.saving import load, save

__all__ = ["load", "save"]
# The name of the distribution, by which the first cell of a notebook tells this package from a stranger's genlib.
__distribution__ = "genlib-course"
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Imports `save` and `load` where they are first asked for: PyTorch is not loaded before."""
    if name not in __all__:
        raise AttributeError(f"module 'genlib' has no attribute {name!r}")
    from genlib import saving

    return getattr(saving, name)
