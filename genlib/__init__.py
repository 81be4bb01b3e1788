"""Deep generative models in PyTorch, written to be read.

One package per family: `energy`, `autoencoders`, `vae`, `gan`. Shared ground: `nn`, `data`, `train`, `evaluate`,
`plot`. `zoo` holds small trained weights and the recipes that made them, `widgets` the interactive views. Modules are
imported where they are used (`from genlib import data, energy`), so that `import genlib` itself costs next to nothing.
"""

# The name of the distribution, by which the first cell of a notebook tells this package from a stranger's genlib.
__distribution__ = "genlib-course"
__version__ = "0.1.0"
