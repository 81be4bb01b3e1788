"""Draws the picture that stands beside a link to the book: `python book/card.py` writes `book/assets/card.png`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WIDTH, HEIGHT, SIDE = 1200, 630, 42  # pixels of the picture, and of a digit in it
GROUND, INK = (0x14, 0x18, 0x1E), (0xF5, 0xF5, 0xF5)


def main() -> None:
    """Decodes a grid of codes of the zoo's two-dimensional autoencoder, and writes the book's title over it."""
    import numpy as np
    import torch
    from matplotlib import font_manager
    from PIL import Image, ImageDraw, ImageFont

    from genlib import zoo

    across, down = torch.linspace(-2.2, 2.2, WIDTH // SIDE + 1), torch.linspace(1.8, -1.8, HEIGHT // SIDE)
    z = torch.stack(torch.meshgrid(down, across, indexing="ij")[::-1], -1)
    vae: Any = zoo.load("vae-mnist-2d")
    with torch.no_grad():
        ink = vae.decode(z.flatten(0, 1)).mean.reshape(len(down), len(across), 28, 28)
    sheet = ink.permute(0, 2, 1, 3).reshape(28 * len(down), 28 * len(across)).numpy()
    shades = np.array(GROUND) + sheet[..., None] * 0.55 * (np.array(INK) - np.array(GROUND))
    grid = Image.fromarray(shades.round().astype(np.uint8)).resize((SIDE * len(across), SIDE * len(down)))
    card = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    card.paste(grid, (0, 0))
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 9 * SIDE, WIDTH, 13 * SIDE), fill=GROUND)
    font = font_manager.findfont("DejaVu Sans:bold")
    draw.text((60, 392), "Deep Generative Models", INK, ImageFont.truetype(font, 72))
    draw.text((62, 485), "a course that runs, in the page", INK, ImageFont.truetype(font, 36))
    card.quantize(32).save(ROOT / "book" / "assets" / "card.png", optimize=True)


if __name__ == "__main__":
    main()
