"""The address of a target as a user types it, and its password, which is never a part of that.

The password, or token, comes from a file (?password_file=FILE), from PACKLOG_TARGET_PASSWORD, or
is asked for at the terminal: arguments are seen by everybody on the computer.
"""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from host_tools.ground import asking, inputs
from host_tools.ground.errors import PacklogError, UsageError

PASSWORD = "PACKLOG_TARGET_PASSWORD"
FILE = "password_file"
LONGEST = 4096  # bytes of a file with a password


@dataclass(frozen=True)
class Address:
    """text: as it was typed, to be shown. options: what stands behind the ?, but for FILE."""

    text: str
    scheme: str
    secure: bool  # scheme+https
    user: str | None
    host: str
    port: int | None
    path: str
    options: dict[str, str] = field(default_factory=dict)
    file: str | None = None

    def secret(self) -> str | None:
        """The password from the file or the environment, None if there is none. Raises
        PacklogError if the file cannot be read.
        """
        if self.file is None:
            return os.environ.get(PASSWORD) or None
        try:
            return inputs.read_input(Path(self.file), LONGEST).decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is not text"
            raise PacklogError(f"{FILE} {self.file} cannot be read: {why}") from None

    def asked(self, what: str) -> str:
        """The same, asked for at the terminal if need be. PacklogError if there is none."""
        found = self.secret()
        if found is None and sys.stdin.isatty() and sys.stderr.isatty():
            found = asking.secret(f"{what} of {self.host or self.text} (not shown)", "", str)
        if not found:
            raise PacklogError(
                f"{self.text} asks for a {what}: put it in {PASSWORD}, or in a file of your own "
                f"and add {'&' if '?' in self.text else '?'}{FILE}=FILE"
            )
        return found

    @property
    def url(self) -> str:
        """Without user and options: where the server is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.secure else 'http'}://{host}" + (
            f":{self.port}" if self.port else ""
        )

    def only(self, *known: str) -> None:
        """UsageError if there is an option that is not one of these."""
        for name in self.options:
            if name not in known:
                says = f"it takes {', '.join((*known, FILE))}"
                raise UsageError(f"{self.text}: no option {name!r}, {says}")


def parse(text: str) -> Address:
    """Raises UsageError, also if there is a password in it."""
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        says = f"{_shown(text)} is not an address such as influx://localhost:8086/db"
        raise UsageError(says) from None
    if parts.password is not None:
        raise UsageError(
            f"{_shown(text)} has a password in it, which everybody on this computer can see: leave "
            f"it out, and put it in {PASSWORD} or in a file (?{FILE}=FILE)"
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    file = options.pop(FILE, None)
    scheme, _, transport = parts.scheme.partition("+")
    secure = transport == "https"
    return Address(text, scheme, secure, parts.username, host, port, parts.path, options, file)


def without_file(text: str) -> str:
    """An address without the option that names the file of its password."""
    parts = urlsplit(text)
    kept = "&".join(each for each in parts.query.split("&") if not each.startswith(FILE + "="))
    return urlunsplit(parts._replace(query=kept)) if kept != parts.query else text


def _shown(text: str) -> str:
    """An address as it can be shown: without what may be a password."""
    scheme, _, rest = text.partition("://")
    account, at, place = rest.rpartition("@")
    user = account.partition(":")[0]
    return f"{scheme}://{user}{at}{place}"
