"""packlog watch."""

from typing import Annotated

import typer
from host_tools.cli.commands.options import Port, at_network, connected
from host_tools.ground.errors import UsageError


def watch(
    address: Annotated[
        str | None, typer.Argument(metavar="[http://HOST]", help="A board in the network.")
    ] = None,
    port: Port = None,
    count: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Stop after N status lines.")
    ] = None,
) -> None:
    """Follow a board's readings in the terminal, without interrupting it. Ctrl-C stops."""
    from host_tools.board.watch import watch as run
    from host_tools.build.explain import follow

    port, rest = at_network([address] if address else [], port)
    if rest:
        raise UsageError(f"{rest[0]!r} is not like http://packlog.local")
    run(connected(port), count, follow)
