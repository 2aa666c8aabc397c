"""`make screenshots`: the README's pictures, taken from the demo as it is now.

The pages are photographed by a headless Chromium (Debian's package `chromium`, or any Chrome), the terminal is drawn
by rich. Run it after a change to what people see, look at the pictures, and commit them.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path

import requests
from rich.console import Console
from rich.terminal_theme import MONOKAI

from service.bootstrap.logs import configure
from service.demo import run
from service.demo.plot import STEPS, Plot
from service.demo.story import PROJECT
from service.sandbox import Sandbox

IMAGES = Path(__file__).parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
TOLD_STEPS = 4  # up to here the story fits one screen: written, refused, asked about, answered
# rich's own frame asks a server for its font; a picture in a README asks nobody.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal"><rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g></svg>
"""


def main() -> int:
    browser = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if browser is None:
        sys.stderr.write(f"No browser: install one of {', '.join(BROWSERS)} (Debian: apt-get install chromium).\n")
        return 2
    IMAGES.mkdir(exist_ok=True)
    configure("warning")
    shown = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)

    def photograph(sandbox: Sandbox, _: Console) -> None:
        _photograph(browser, f"{sandbox.url}/board/github/{PROJECT}", IMAGES / "board.png", height=560)
        refusal = sandbox.world.issue("github", PROJECT, 1).comments[-1]
        _photograph(browser, _page_of(sandbox, refusal.id), IMAGES / "refusal.png", height=640)

    code = run(console=shown, plot=Plot(STEPS[:TOLD_STEPS], (), ("github",)), at_end=photograph)
    shown.save_svg(str(IMAGES / "demo.svg"), title="make demo", theme=MONOKAI, code_format=FRAME)
    return code


def _page_of(sandbox: Sandbox, comment: int) -> str:
    """The issue's page with this one comment, as an address of its own."""
    page = requests.get(f"{sandbox.url}/github/{PROJECT}/issues/1", timeout=10).text
    others = f".talk > :not(.timeline), .timeline > li:not(:has(#comment-{comment}))"
    style = f"<style>{others} {{ display: none }}</style></head>"
    return "data:text/html;charset=utf-8;base64," + b64encode(page.replace("</head>", style).encode()).decode()


def _photograph(browser: str, url: str, to: Path, *, height: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
        command = (browser, *QUIET, f"--user-data-dir={profile}", f"--window-size=1100,{height}", f"--screenshot={to}")
        subprocess.run([*command, url], check=True, capture_output=True, timeout=60)  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(main())
