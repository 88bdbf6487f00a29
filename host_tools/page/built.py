"""The page as it is built and committed."""

import gzip
import re
from pathlib import Path

PAGE = Path(__file__).with_name("page.html.gz")
STAMP = "packlog-sources"  # the name under which it says what it was built from


def built_from(page: bytes) -> str:
    """The checksum that a built page names."""
    found = re.search(rb'name="' + STAMP.encode() + rb'" content="([0-9a-f]{16})"', page)
    return found[1].decode() if found else ""


def page() -> bytes:
    """The committed page's HTML."""
    return gzip.decompress(PAGE.read_bytes())
