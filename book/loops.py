"""Records what moves on the front page: `make loops` lets each chapter's first widget play and keeps twelve pictures.

The widget is the one that `tests/widgets/<widget>/example.py` makes, in a page of its own, after a *Try*.
What it draws is kept small, as `book/assets/loops/<widget>[-dark][-still].webp`.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "book")]

from book_build.door import LOOPS, widgets  # noqa: E402

if TYPE_CHECKING:
    from PIL.Image import Image
    from playwright.sync_api import Browser

WIDE, HIGH, HEAVIEST = 240, 150, 30_000  # pixels of a picture, and bytes of a loop
FRAMES, EACH, SHOWN = 12, 250, 180  # pictures, milliseconds between two when recorded, and when shown
FILMED = {  # what is filmed where it is not the scene's first canvas of some size: a selector, and which of its finds
    "boltzmann-bars": (".genlib-boltzmann-canvas", 0),
    "convolution-stepper": (".genlib-conv-map", 2),
    "denoiser": (".genlib-denoiser-three", 0),
    "em-steps": (".genlib-em-templates", 0),
    "latent-explorer": (".genlib-plane", 0),
    "pixel-by-pixel": ('[data-part="ways"]', 0),
    "tiny-world": (".genlib-tiny-map canvas", 1),
}
PRESSED = {  # what is pressed where the first try is of another game, or soon over
    "convolution-stepper": ".genlib-tries button:text('Checkerboard')",
    "gan-lab": ".genlib-bar button",
}
SLOW = {"convolution-stepper": 500, "gan-lab": 2500, "tiny-world": 600}  # milliseconds between two pictures
FIRST = """([chosen, which]) => {
  const all = [...document.querySelectorAll(".genlib-scene canvas")];
  const large = all.find((one) => one.clientWidth > 80 && one.clientHeight > 80);
  (chosen ? document.querySelectorAll(chosen)[which] : large).dataset.filmed = "";
}"""


def film(browser: Browser, name: str, page: Path, theme: str) -> list[Image]:
    """Plays the widget of a page and returns pictures of what it moves."""
    from PIL import Image

    tab = browser.new_page(viewport={"width": 1000, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
    tab.goto(page.as_uri())
    tab.wait_for_selector(".genlib-scene canvas")
    tab.locator(PRESSED.get(name, ".genlib-tries button")).first.click()
    tab.evaluate(FIRST, FILMED.get(name, ("", 0)))
    drawing = tab.locator("[data-filmed]")
    pictures = []
    for _ in range(FRAMES):
        taken = Image.open(io.BytesIO(drawing.screenshot())).convert("RGB")
        taken.thumbnail((WIDE, HIGH))
        pictures.append(taken)
        tab.wait_for_timeout(SLOW.get(name, EACH))
    tab.close()
    return pictures


def packed(pictures: list[Image]) -> bytes:
    """Returns the pictures as a loop, there and back again, as good as `HEAVIEST` bytes allow."""
    turned = pictures + pictures[-2:0:-1]
    for quality in range(70, 0, -10):
        file = io.BytesIO()
        turned[0].save(
            file, "webp", save_all=True, append_images=turned[1:], duration=SHOWN, loop=0, quality=quality, method=6
        )
        if file.tell() <= HEAVIEST:
            return file.getvalue()
    raise ValueError(f"{file.tell():,} bytes at the lowest quality, expected at most {HEAVIEST:,}: record less")


def main() -> int:
    """Records the loops that are asked for, by default those of all chapters."""
    from playwright.sync_api import sync_playwright
    from widget import example, page_of

    parser = argparse.ArgumentParser(description="Record the moving pictures of the front page's cards.")
    parser.add_argument("names", nargs="*", help="widgets such as gibbs-chain")
    notebooks = (json.loads(path.read_text("utf-8")) for path in (ROOT / "chapters").rglob("*.ipynb"))
    names = parser.parse_args().names or sorted({name for notebook in notebooks for name in widgets(notebook)})
    LOOPS.mkdir(exist_ok=True)
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in names:
            widget = example(name)
            for theme in ("light", "dark"):
                page = LOOPS / f"{name}.html"
                page.write_text(page_of(widget, theme=theme), "utf-8")
                pictures = film(browser, name, page, theme)
                page.unlink()
                stem = name + "-dark" * (theme == "dark")
                (LOOPS / f"{stem}.webp").write_bytes(packed(pictures))
                pictures[-1].save(LOOPS / f"{stem}-still.webp", quality=70, method=6)
                print(f"{stem}: {(LOOPS / f'{stem}.webp').stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
