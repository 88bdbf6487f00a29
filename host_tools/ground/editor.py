"""A text in the user's editor: $VISUAL, $EDITOR, or vi."""

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from host_tools.ground.errors import PacklogError

USUAL = "notepad" if os.name == "nt" else "vi"


def edited(text: str, name: str) -> str | None:
    """What the user makes of a text, in a file of that name; None if it stays as it is.

    Nobody else can read the file, and it is gone afterwards. PacklogError if the editor fails.
    """
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or USUAL
    with tempfile.TemporaryDirectory(prefix="packlog-") as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf8")
        try:
            subprocess.run([*shlex.split(command), str(path)], check=True)
            found = path.read_text(encoding="utf8")
        except subprocess.CalledProcessError as error:
            raise PacklogError(
                f"the editor {command!r} ended with {error.returncode}: nothing is changed; "
                "another editor can be set as $EDITOR"
            ) from None
        except (OSError, ValueError) as error:
            raise PacklogError(
                f"the editor {command!r} failed ({error}): set another one as $EDITOR"
            ) from None
    return None if found == text else found
