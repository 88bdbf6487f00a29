"""packlog sync: pull from boards and export to targets, once or forever.

A board or a target that fails does not keep the others from being served; what is missing comes
with the next round.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

from host_tools.board import pull
from host_tools.board.site import is_url
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.progress import say
from host_tools.ground.words import listed
from host_tools.history import records
from host_tools.sync.export import Wanted, export
from host_tools.sync.notify import Notify

_SLICE_S = 1


@dataclass(frozen=True)
class Plan:
    """boards: http://HOST or serial ports. Several have a folder each below folder, as packlog pull
    --all has them; every_board: those that are found in the network, too.
    """

    boards: tuple[str, ...]
    targets: tuple[str, ...]
    folder: Path
    every_board: bool = False
    wanted: Wanted = field(default_factory=Wanted)


def sync(plan: Plan, every_s: int | None = None) -> None:
    """One round, or one every so many seconds until SIGTERM or Ctrl-C.

    PacklogError at the end of a single round in which something failed; UsageError at once.
    """
    notify = Notify()
    if every_s is None:
        if failed := one_round(plan, notify):
            raise PacklogError(f"not done: {listed(failed)} (see above)")
        return
    try:
        _forever(plan, every_s, notify)
    except KeyboardInterrupt:
        notify.stopping()


def _forever(plan: Plan, every_s: int, notify: Notify) -> None:
    while True:
        begun = monotonic()
        failed = one_round(plan, notify)
        notify.status(f"failed: {listed(failed)}" if failed else "all is sent")
        notify.ready()
        while monotonic() - begun < every_s:
            notify.alive()
            sleep(_SLICE_S)


def one_round(plan: Plan, notify: Notify) -> list[str]:
    """What failed: boards and targets, by the names that they were given."""
    failed = []
    for board in plan.boards:
        folder = plan.folder / name_of(board) if _apart(plan) else plan.folder
        _try(board, failed, lambda b=board, f=folder: pull.pull(b, f, say))
        notify.alive()
    if plan.every_board:
        _try("--all", failed, lambda: pull.pull_all(plan.folder, say))
        notify.alive()
    for target in plan.targets:
        _try(target, failed, lambda t=target: _export(plan, t, notify))
        notify.alive()
    return failed


def _export(plan: Plan, target: str, notify: Notify) -> None:
    if not plan.folder.is_dir() or not any(records.files(plan.folder)):
        raise PacklogError(f"nothing has been pulled into {plan.folder} yet")
    export([plan.folder], target, plan.wanted, notify.alive)


def _apart(plan: Plan) -> bool:
    return len(plan.boards) > 1 or plan.every_board


def _try(what: str, failed: list[str], act: Callable[[], object]) -> None:
    try:
        act()
    except UsageError:
        raise
    except PacklogError as error:
        said = str(error)
        say(said if said.startswith(what) else f"{what}: {said}")
        failed.append(what)


def name_of(board: str) -> str:
    """What a board's folder is called."""
    if is_url(board):
        host = urlsplit(board).hostname or board
        return host.removesuffix(".local").replace(":", "-")
    return Path(board).name


def check_names(boards: Iterable[str]) -> None:
    """UsageError if two boards would have the same folder."""
    names = [name_of(board) for board in boards]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two boards are called {name}: sync them into folders of their own")
