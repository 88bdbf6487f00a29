"""Writes package.json at the top of the repository, by which `mpremote mip install` puts a release
on a board:  python -m host_tools.install.package_json  (part of docs/release.md's list).

mip brings sources, all of them; config.json is the user's and not among them. main.py comes last,
so that an install that is cut off starts nothing.
"""

import json
import re
import sys
from pathlib import Path

from host_tools.ground.firmware import CONFIG, FIRMWARE, sources
from host_tools.install.deploy import MAIN
from host_tools.install.packages import AIOBLE

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "package.json"


def version() -> str:
    """What pyproject.toml says."""
    return re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)[1]


def package(firmware: Path = FIRMWARE) -> str:
    """The text of package.json, for a firmware folder beside it."""
    paths = sorted(set(sources(firmware)) - {CONFIG}, key=lambda path: (path == MAIN, path))
    content = {
        "version": version(),
        "urls": [[path, f"firmware/{path}"] for path in paths],
        "deps": [[AIOBLE.name, AIOBLE.version]],
    }
    text = json.dumps(content, indent=2)
    return re.sub(r"\[\n\s+(\S+), ?\n?\s+(\S+)\n\s+\]", r"[\1, \2]", text) + "\n"


if __name__ == "__main__":
    PACKAGE.write_text(package())
    print(f"{PACKAGE.name}: version {version()}", file=sys.stderr)
