"""emoncms: emoncms://HOST/PATH?node=NAME, its input/bulk.json, with the write API key.

Frames have the input names of the Chargery (MQTT) logger, in a node of the pack's name or of
?node=; cells, hours and days have theirs beside it. Events are texts, which emoncms has no
place for.
"""

import json
from urllib.parse import quote, urlencode

from host_tools.export.targets import texts, web
from host_tools.export.targets.address import PASSWORD, Address
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.posted import Posted
from host_tools.export.targets.rows import DATE, TIME, Table
from host_tools.export.targets.targets import How
from host_tools.export.targets.web import Answer
from host_tools.ground.errors import UsageError

SCHEMES = ("emoncms",)
PORTS = {False: 80, True: 443}
INPUTS = {
    "voltage": "batteryvolt",
    "current": "current",
    "temperature": "temp1",
    "soc": "soc",
    "max_cell_voltage": "cellhigh",
    "min_cell_voltage": "celllow",
}
_LEFT_OUT = ("log", "boot", "uptime")


def open_target(address: Address, how: How) -> "Emoncms":
    """Raises UsageError, PacklogError if there is no API key."""
    address.only("node")
    if not address.host:
        raise UsageError(f"{address.text} is not like emoncms://localhost/emoncms")
    key = address.asked("write API key")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    server = web.Server(address, PORTS[address.secure], how.alive, form)
    target = Emoncms(server, Kept(how.state, address.text))
    target.path = f"{address.path.rstrip('/')}/input/bulk.json"
    target.node = address.options.get("node")
    target.key = key
    wrong = f"is the write API key in {PASSWORD} right?"
    target.said = {401: wrong, 403: wrong, 404: "is the path right?"}
    return target


class Emoncms(Posted):
    """Rows as [time, node, {input: value}, ...]."""

    SERIES = ("frames", "cells", "hours", "days")
    AT_ONCE = 250
    path = ""
    node: str | None = None
    key = ""

    def items(self, rows: Table) -> list[list]:
        series = rows.name.removeprefix("packlog_")
        node = self.node or rows.pack
        node = node if series == "frames" else f"{node}_{series}"
        names = [
            c.name for c in rows.columns if c.kind not in (TIME, DATE) and c.name not in _LEFT_OUT
        ]
        columns = [texts.objects(rows, name) for name in names]
        inputs = [INPUTS.get(name, name) if series == "frames" else name for name in names]
        seconds = (rows.stamp // 1000).tolist()
        found = []
        for second, values in zip(seconds, zip(*columns, strict=True), strict=True):
            known = [{n: v} for n, v in zip(inputs, values, strict=True) if v is not None]
            if known:
                found.append([second, node, *known])
        return found

    def post(self, items: list[list]) -> Answer:
        """The times are since 1970: time=0. What is wrong can come with a status of 200."""
        form = {"data": json.dumps(items, separators=(",", ":")), "time": "0", "apikey": self.key}
        answer = self.server.ask("POST", quote(self.path), urlencode(form).encode())
        if answer.is_good and answer.text.strip('"') != "ok":
            return Answer(401 if "key" in answer.text.lower() else 400, answer.body)
        return answer
