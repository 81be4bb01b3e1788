r"""Autoregressive models: one pixel after the other, each given those before it, and so an exact density.

$$p(x) = \prod_{t=1}^{D} p\big(x_{o_t} \,\big|\, x_{o_1}, \ldots, x_{o_{t-1}}\big)$$

for an order $o$ of the pixels. Every distribution can be written so, without an approximation and without a partition
function; what a model chooses is how it computes the D conditionals, and what they share. All of them are computed at
once from a whole image, because nothing has to be drawn to know what lies before a pixel: `log_prob` takes one pass.
`sample` draws pixel after pixel.

`PixelCNN` and `GatedPixelCNN` are convolutions over binary images, `LevelPixelCNN` draws grey levels and colours from
the distributions that `Softmax` and `Logistics` make of a network's outputs.
"""

from genlib.autoregressive.chain import Autoregressive, Ensemble
from genlib.autoregressive.fvsbn import FVSBN
from genlib.autoregressive.gated import GatedPixelCNN
from genlib.autoregressive.levels import LevelPixelCNN
from genlib.autoregressive.made import MADE
from genlib.autoregressive.nade import NADE
from genlib.autoregressive.outputs import LevelOutput, Logistics, Softmax
from genlib.autoregressive.pixelcnn import MaskedConv2d, PixelCNN
from genlib.autoregressive.pixelrnn import DiagonalBiLSTM, DiagonalLSTM, PixelRNN, PlainRecurrence, RowLSTM
from genlib.autoregressive.recurrent import PixelGRU

__all__ = [
    "FVSBN",
    "MADE",
    "NADE",
    "Autoregressive",
    "DiagonalBiLSTM",
    "DiagonalLSTM",
    "Ensemble",
    "GatedPixelCNN",
    "LevelOutput",
    "LevelPixelCNN",
    "Logistics",
    "MaskedConv2d",
    "PixelCNN",
    "PixelGRU",
    "PixelRNN",
    "PlainRecurrence",
    "RowLSTM",
    "Softmax",
]
