"""packlog view: a pulled history in the browser."""

import webbrowser
from collections.abc import Callable
from pathlib import Path

from host_tools.ground.output import open_output
from host_tools.page.built import page
from host_tools.page.server import Server
from host_tools.page.site import Site


def view(
    folder: Path, say: Callable[[str], object], has_browser: bool = True, port: int = 0
) -> None:
    """Serve a folder on loopback until Ctrl-C. PacklogError if there is no history in it."""
    with Server(Site(folder), port) as server:
        say(f"{folder}: {server.url} (Ctrl-C ends it)")
        if has_browser:
            webbrowser.open(server.url)
        server.serve_forever()


def save(path: Path) -> None:
    """Write the page itself, to open without packlog."""
    with open_output(path, "wb") as file:
        file.write(page())
