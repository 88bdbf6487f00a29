"""`packlog sim`: the virtual board in the foreground, its display in the terminal."""

import sys
import tempfile
import time
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.ground.output import check_place, write_error
from host_tools.ground.progress import say
from host_tools.sim import config_of
from host_tools.sim.board.console import check_link
from host_tools.sim.lcd import lcd_png
from host_tools.sim.rig import Plan, Rig
from host_tools.sim.workshop import make_ready
from rich.console import Console
from rich.live import Live
from rich.panel import Panel

REFRESH_S = 0.25


def run(
    plan: Plan, link: Path | None, duration: float | None, png: Path | None, blank: bool
) -> None:
    """Run the board until Ctrl-C, or for that many board seconds; then print what it shows.

    The link to its port is made when the board is ready.
    """
    if link:
        check_link(link)
    if png:
        check_place(png)
    rig = Rig(plan)
    try:
        rig.board.power_on()
        if not blank:
            with tempfile.TemporaryDirectory(prefix="packlog-") as folder:
                config = config_of.write(plan, rig, Path(folder))
                make_ready(rig.board, config, say, bool(plan.config and plan.config.is_new))
        if link:
            rig.board.console.show(link)
        say(f"the board is at {link or rig.board.console.port}")
        if rig.url:
            say(f"its web server is at {rig.url}")
        _follow(rig, duration)
    except KeyboardInterrupt:
        pass
    finally:
        if rig.home:
            rig.home.close()
        rig.close()
    print("\n".join(rig.lcd.text()))
    if png:
        try:
            lcd_png.save(png, rig.lcd)
        except OSError as error:
            raise write_error(str(png), error) from None


def _follow(rig: Rig, duration: float | None) -> None:
    board = rig.board
    board.background(None if duration is None else board.now / 1e6 + duration)
    with Live(console=Console(), auto_refresh=False) as live:
        while board.in_background:
            if sys.stdout.isatty():
                live.update(_panel(rig), refresh=True)
            time.sleep(REFRESH_S)
    if board.error:
        raise PacklogError(f"the virtual board broke down: {board.error!r}")


def _panel(rig: Rig) -> Panel:
    hours, seconds = divmod(int(rig.board.now / 1e6), 3600)
    erases = sum(rig.board.flash.erases)
    subtitle = f"{hours} h {seconds // 60:02} min of board time, {erases} erases"
    return Panel.fit("\n".join(rig.lcd.text()), title="packlog", subtitle=subtitle)
