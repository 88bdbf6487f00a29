"""What a virtual board is wired for: the config of --config, or the one that is on its flash.

A flash that has a config gets the BMSs, the display and the network of that config. Options that
say something else are refused: the logger on it would find nothing.
"""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from host_tools.board import config_file, hidden
from host_tools.ground import micropython
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.firmware import CONFIG
from host_tools.ground.progress import say
from host_tools.ground.text import parse_json
from host_tools.ground.words import listed
from host_tools.sim.board.flash import BLOCK, check_free
from host_tools.sim.board.process import VM
from host_tools.sim.rig import Config, Plan, check_names

PASSWORD = "correct horse"  # for one that is hidden in the file
PATIENCE_S = 20


@dataclass(frozen=True)
class Asked:
    """The options that a flash's config can contradict; None: not given."""

    bms: str | None = None
    lcd: str | None = None
    mqtt: int | None = None  # the port of a broker
    config: Path | None = None
    http: int | None = None  # a port of this computer


def settle(plan: Plan, asked: Asked) -> Plan:
    """The plan with the config and the options; PacklogError if these contradict each other."""
    said = {"bms": asked.bms, "lcd": asked.lcd, "broker_port": asked.mqtt, "http_port": asked.http}
    plan = replace(plan, **{key: value for key, value in said.items() if value is not None})
    check_names(plan)
    check_free(plan.flash)
    on_flash = read_file(plan.flash, CONFIG)
    if asked.config:
        if asked.bms or asked.lcd:
            raise UsageError(
                "--config says which BMSs and display there are: leave --bms and --lcd out"
            )
        config, name = of_file(asked.config, on_flash), str(asked.config)
    else:
        config, name = of_flash(plan.flash, on_flash), str(plan.flash)
    if config:
        _check(config.settings, asked, name)
    return replace(plan, config=config)


def of_file(path: Path, on_flash: str | None) -> Config:
    """A user's config. A secret that is hidden in it is made up: everything around is, too."""
    text = config_file.read_file(path, with_hidden=True).decode()
    data = parse_json(text.lstrip("\ufeff"))
    if found := hidden.hidden_in(data):
        hidden.make_up(data, PASSWORD)
        text = config_file.as_text(data)
        say(f"hidden in {path}, so made up: {', '.join(found)}")
    return Config(text, config_file.parse(text, str(path)), text != on_flash)


def of_flash(flash: Path, text: str | None) -> Config | None:
    """The config that is on a flash, None if there is none that is right."""
    if text is None:
        return None
    try:
        return Config(text, config_file.parse(text, CONFIG), False)
    except PacklogError as error:
        say(f"{flash} has a config that is not right, so the options say what is around: {error}")
        return None


def _check(settings: dict, asked: Asked, name: str) -> None:
    kinds = sorted({pack["bms"] for pack in settings["packs"]})
    lcd = settings["lcd"]
    size = "no display" if lcd["kind"] == "none" else f"a display of {lcd['columns']}x{lcd['rows']}"
    host = settings["mqtt"]["host"]
    other = f"leave it out, or name another file with --flash: {name} is made for"
    if asked.bms and asked.bms not in kinds:
        raise PacklogError(f"--bms {asked.bms}: {other} {listed(kinds)}")
    if asked.lcd and not size.endswith(f" {asked.lcd}"):
        raise PacklogError(f"--lcd {asked.lcd}: {other} {size}")
    if asked.mqtt and not host:
        raise PacklogError(f"--mqtt {asked.mqtt}: {other} no broker (mqtt.host)")
    if asked.http is not None and "http" not in settings["parts"]:
        raise PacklogError(f"--http {asked.http}: {other} no web server (http.port)")
    if host and not asked.mqtt:
        say(f"no broker is at {host}: --mqtt PORT puts one of this computer there")


def read_file(flash: Path, path: str) -> str | None:
    """A text file on the flash of a board that is off; None if there is none."""
    try:
        blocks = flash.stat().st_size // BLOCK
    except OSError:
        return None
    command = [micropython.find(), str(VM / "read_file.py"), str(flash), str(blocks), path]
    done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
    try:
        return done.stdout.decode() if done.returncode == 0 else None
    except UnicodeDecodeError:
        return None
