"""Views of a model that one can touch: they compute in the page, with or without a kernel.

Each takes a trained model, sends its rounded weights once, and runs in plain JavaScript from then on: the same widget
is alive in a notebook, in Colab and in the published book. What the reader has set or reached comes back as traits.
"""

from genlib.widgets.annealing import Annealing
from genlib.widgets.boltzmann_bars import BoltzmannBars
from genlib.widgets.chain_on_a_landscape import ChainOnALandscape
from genlib.widgets.code_plane import CodePlane
from genlib.widgets.convolution_stepper import ConvolutionStepper
from genlib.widgets.denoiser import Denoiser
from genlib.widgets.dream import Dream
from genlib.widgets.em_steps import EMSteps
from genlib.widgets.gan_lab import GANLab
from genlib.widgets.gibbs_chain import GibbsChain
from genlib.widgets.half_digit import HalfDigit
from genlib.widgets.latent_explorer import LatentExplorer
from genlib.widgets.pixel_by_pixel import PixelByPixel
from genlib.widgets.score_field import ScoreField
from genlib.widgets.taxonomy import Taxonomy
from genlib.widgets.tiny_world import TinyWorld
from genlib.widgets.two_densities import TwoDensities

__all__ = [
    "Annealing",
    "BoltzmannBars",
    "ChainOnALandscape",
    "CodePlane",
    "ConvolutionStepper",
    "Denoiser",
    "Dream",
    "EMSteps",
    "GANLab",
    "GibbsChain",
    "HalfDigit",
    "LatentExplorer",
    "PixelByPixel",
    "ScoreField",
    "Taxonomy",
    "TinyWorld",
    "TwoDensities",
]
