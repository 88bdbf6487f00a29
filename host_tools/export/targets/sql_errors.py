"""What went wrong with a database, in one line with the remedy."""

import re

from host_tools.ground.errors import PacklogError

# What a driver's error says, or its number, and what to do. SQLSTATEs are PostgreSQL's.
_REMEDIES = (
    (r"28P01|28000|\(1045\b|authentication failed|no password supplied",
     "check the user, and the password in PACKLOG_TARGET_PASSWORD or password_file"),
    (r"3D000|\(1049\b|database .* does not exist", "create that database first"),
    (r"42501|\(1044\b|\(1142\b|permission denied",
     "grant the user the right to create tables, and to read and write them"),
    (r"53100|\(1021\b|\(1114\b|disk is full|No space left", "free some space there"),
    (r"53300|\(1040\b|too many (clients|connections)", "the server is busy: try later"),
    (r"database is locked", "another program is writing to it: try again"),
    (r"readonly database|read-only", "it can only be read: change the permissions"),
    (r"unable to open database", "the folder does not exist, or no permission to write there"),
    (r"file is not a database", "that file is not SQLite's: name another one"),
    (r"\(2003\b|[Cc]onnection refused|could not connect|timeout expired|failed to resolve|"
     r"Name or service not known|server closed|Lost connection|\(2013\b|\(2006\b|57P0",
     "does the server run there, and can this computer reach it? What was not written comes with "
     "the next export"),
)  # fmt: skip
_NONE = "see the server's log"
_LONGEST = 200


def in_words(target: str, error: Exception) -> PacklogError:
    """error: SQLAlchemy's, around the driver's own."""
    own = getattr(error, "orig", None) or error
    state = getattr(own, "sqlstate", None) or ""
    said = " ".join(str(own).split())
    if isinstance(own.args, tuple) and len(own.args) == 2 and isinstance(own.args[0], int):
        said = f"({own.args[0]}) {own.args[1]}"  # PyMySQL's
    everything = f"{state} {said}"
    remedy = next((r for pattern, r in _REMEDIES if re.search(pattern, everything)), _NONE)
    return PacklogError(f"{target}: {said[:_LONGEST]}: {remedy}")
