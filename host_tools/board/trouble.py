"""What goes wrong on a board, out of the lines of its console: complaints and tracebacks."""

from collections.abc import Iterable, Iterator

from host_tools.board import status

TRACEBACK = "Traceback (most recent call last):"
LONGEST = 60  # lines of a traceback


def with_trouble(lines: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Each line, and the complaint or the whole traceback that ends with it, if one does."""
    crash: list[str] = []
    for line in lines:
        if line.strip() == TRACEBACK:
            crash = [line]
        elif crash and line:  # an empty one is a second of silence
            crash.append(line)
            if not line.startswith(" ") or len(crash) == LONGEST:
                yield line, "\n".join(crash)
                crash = []
                continue
        yield line, None if crash else status.trouble(line)
