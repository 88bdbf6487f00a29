"""The config.json for a board whose flash is empty: the example, with the BMS, the display
and the WiFi that the virtual board has around it.
"""

import json
from pathlib import Path

from host_tools.board import config_file
from host_tools.ground.firmware import FIRMWARE
from host_tools.sim.network.house_network import BROKER_NAME
from host_tools.sim.rig import HTTP_PORT, SIZES, Plan, Rig, unit_module

PACK = "house"


def config_of(plan: Plan, rig: Rig) -> dict:
    """What to install for that plan."""
    config = json.loads((FIRMWARE / "config.json").read_text(encoding="utf8"))
    if plan.bms != config["packs"][0]["bms"]:
        more = unit_module(plan.bms).pack_config(plan)
        config["packs"] = [{"name": PACK, "bms": plan.bms, **more}]
    if rig.home:
        wifi = rig.home.wifi
        config["wifi"] = {"networks": [{"ssid": wifi.ssid, "password": wifi.password}]}
    if plan.broker_port:
        config["mqtt"] = {"host": BROKER_NAME}
    if plan.http_port is not None:
        config["http"] = {"port": HTTP_PORT}
    if plan.ds3231:
        config["ds3231"] = {}
    config["lcd"]["columns"], config["lcd"]["rows"] = SIZES[plan.lcd]
    return config


def write(plan: Plan, rig: Rig, folder: Path) -> Path:
    """The same as a file in folder."""
    path = folder / "config.json"
    text = plan.config.text if plan.config else config_file.as_text(config_of(plan, rig))
    path.write_text(text, encoding="utf8")
    return path
