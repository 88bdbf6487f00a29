"""packlog sim."""

from pathlib import Path
from typing import Annotated

import typer
from host_tools.cli.commands.bms_option import BmsKind
from host_tools.cli.commands.options import check_terminals


def sim(
    bms: BmsKind = None,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Run with this config.json: a simulated unit for each of its packs, its display, "
            "its WiFi.",
        ),
    ] = None,
    capture: Annotated[
        Path | None,
        typer.Option(
            "--input",
            metavar="CAPTURE",
            help="Play this capture (bytes or hex text) in a loop instead of simulating a BMS.",
        ),
    ] = None,
    flash: Annotated[
        Path,
        typer.Option(
            metavar="FILE", help="The flash image: created if missing, kept for the next run."
        ),
    ] = Path("packlog.img"),
    link: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Create a symlink to the serial port, to use as PORT."),
    ] = None,
    speed: Annotated[
        float,
        typer.Option(metavar="N", min=0, help="Board seconds per second; 0: as fast as possible."),
    ] = 1.0,
    duration: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0, help="Stop after this board time.")
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed, another day.")] = 0,
    lcd: Annotated[
        str | None,
        typer.Option(metavar="SIZE", help="The display: 20x4 or 16x2. Default: 20x4."),
    ] = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="At the end, save a picture of the display here."),
    ] = None,
    mqtt: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65535,
            help="Port of an MQTT broker on this computer, to add to the board's network.",
        ),
    ] = None,
    http: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Let the board's web server be at this port of this computer; 0: any free one.",
        ),
    ] = None,
    chip: Annotated[
        str | None,
        typer.Option(metavar="CHIP", help="Simulate the memory of this chip: wroom, c3 or s3."),
    ] = None,
    ds3231: Annotated[
        bool,
        typer.Option(
            "--ds3231", help="Add a clock chip that keeps the time while the board is off."
        ),
    ] = False,
    blank: Annotated[
        bool, typer.Option("--blank", help="Do not install the firmware on an empty flash.")
    ] = False,
) -> None:
    """Run the virtual board: the real firmware, a simulated battery, a display, no hardware.

    An empty flash gets the firmware first, over the serial port like a real board. One that was
    used before has the BMSs, display and network that its config asks for. The port (--link)
    appears once the board is ready. Ctrl-C stops; the flash image stays.
    """
    check_terminals()
    from host_tools.sim.command import run
    from host_tools.sim.made_for import Asked, settle
    from host_tools.sim.rig import Plan

    plan = Plan(flash=flash, capture=capture, speed=speed, seed=seed, ds3231=ds3231)
    if chip:
        plan.settings["chip"] = chip
    run(settle(plan, Asked(bms, lcd, mqtt, config, http)), link, duration, png, blank)
