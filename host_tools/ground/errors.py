"""The errors that a user sees: a line that names the thing and the remedy."""


class PacklogError(Exception):
    """Something the user can act on. The command line prints it as one line and exits with 1."""


class UsageError(PacklogError):
    """What was typed cannot be right, whatever is there: the command line exits with 2."""
