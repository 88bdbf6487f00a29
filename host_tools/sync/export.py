"""packlog export: what a target lacks of a history; each row once."""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from host_tools.export.schemas import schemas
from host_tools.export.targets import cursors, targets
from host_tools.export.targets.rows import Table
from host_tools.export.targets.targets import How, Moved, Target
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.progress import Progress, say
from host_tools.ground.words import counted, there_are
from host_tools.history import records

_ATTEMPTS = 5  # while another export writes to the same target


_Pack = tuple[str, list[Path], records.Reader]


@dataclass(frozen=True)
class Wanted:
    """schema: a module of export/schemas. series: of packlog's own tables, None: all that the
    target takes. every: how long rows of other schemas are, None: as long as is usual for them.
    """

    schema: str = schemas.USUAL
    series: tuple[str, ...] | None = None
    every: str | None = None


def export(
    paths: Iterable[Path | str],
    target: str,
    wanted: Wanted = Wanted(),
    alive: Callable[[], None] = lambda: None,
) -> int:
    """Send what the target lacks of the files in paths. Returns how many rows that were.

    stderr says what was sent. alive() is called now and then. PacklogError, also at the end if
    there were damaged files. Raises UsageError.
    """
    schema = schemas.get(wanted.schema)
    paths = list(map(Path, paths))
    if wanted.every and wanted.schema == schemas.USUAL:
        raise UsageError("--every goes with --schema battery_pack or rrd_upload")
    files = records.find(paths)
    state = paths[0] if paths[0].is_dir() else paths[0].parent
    problems: dict[str, None] = {}
    opened = targets.open_target(target, How(state, alive))
    series = _series(opened, target, wanted)
    if getattr(schema, "DATABASE_ONLY", False) and not hasattr(opened, "dialect"):
        raise UsageError(f"--schema {wanted.schema} is for databases, such as sqlite:///house.db")
    with opened:
        sent = waiting = 0
        for pack, of_pack, read in _packs(files, problems, schema):
            which = {"series": series} if series else {}
            for table in schema.tables(of_pack, read, pack, wanted.every, **which):
                sent += _send(opened, table, alive)
                waiting += table.waiting
    if waiting:
        say(f"{counted(waiting, 'row')} without a date yet: sent once a clock has dated them")
    if not sent:
        say(f"nothing new for {target}")
    for line in problems:
        say(line)
    if problems:
        raise records.damage(len(problems))
    return sent


def _series(target: Target, text: str, wanted: Wanted) -> tuple[str, ...] | None:
    """Which tables of packlog's own are to be sent, None: all. Raises UsageError."""
    if wanted.schema != schemas.USUAL:
        if wanted.series:
            raise UsageError("--series goes with the schema packlog")
        return None
    known = schemas.get(schemas.USUAL).MAKERS
    for name in wanted.series or ():
        if name not in known:
            raise UsageError(f"no series {name!r}: {there_are(known)}")
        if target.SERIES and name not in target.SERIES:
            raise UsageError(f"{text} takes no {name}: {there_are(target.SERIES)}")
    if target.ONE and len(wanted.series or (1,)) > 1:
        raise UsageError(f"{text} takes one series: name it with --series")
    if target.ONE and not wanted.series:
        return ("frames",)
    return wanted.series or target.SERIES


def _packs(files: list[Path], problems: dict[str, None], schema: ModuleType) -> Iterator[_Pack]:
    """The packs, by name. What is wrong with files is added to problems."""
    read = functools.cache(records.read)
    of_pack: dict[str, list[Path]] = defaultdict(list)
    with Progress("reading", len(files), "files") as bar:
        for path in files:
            header, _, problem = bar.each(read)(path)
            problems |= {problem: None} if problem else {}
            if header:
                of_pack[header.name].append(path)
    if not of_pack:
        raise PacklogError("nothing of a history in there: give what packlog pull copied")
    if len(of_pack) > 1 and getattr(schema, "ONE_PACK", False):
        raise PacklogError(
            f"those tables have no column for the pack's name, and there is more than one pack "
            f"({', '.join(sorted(of_pack))}): name one's folder"
        )
    for pack, mine in sorted(of_pack.items()):
        yield pack, mine, read


def _send(target: Target, table: Table, alive: Callable[[], None]) -> int:
    """Send what the target lacks; returns how many rows."""
    if hasattr(target, "prepared"):
        table = target.prepared(table)
    sent = 0
    with Progress(table.name, len(table), "rows") as bar:
        for _ in range(_ATTEMPTS):
            try:
                for batch in cursors.batches(table, target.cursors(table)):
                    target.write(batch)
                    sent += len(batch.rows)
                    bar.at(sent)
                    alive()
                break
            except Moved:
                continue
        else:
            raise PacklogError("another export writes to the same target all the time: try later")
    if sent:
        say(f"{table.pack}, {table.name}: {counted(sent, 'row')} sent of {len(table)}")
    return sent
