"""VictoriaMetrics: victoria://HOST:8428, its /write of InfluxDB's lines. A field becomes a metric
such as packlog_frames_voltage{pack="house"}; texts are not kept.

It drops what is older than its -retentionPeriod without a word, and that is one month by default:
so it is asked for that first.
"""

import re
import time

from host_tools.export.targets import web
from host_tools.export.targets.address import PASSWORD, Address
from host_tools.export.targets.cursors import Batch
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.lines import Lines
from host_tools.export.targets.targets import How
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.units import moment

SCHEMES = ("victoria", "victoriametrics")
PORT = 8428
_DAY_S = 86400
_UNITS = {"": 31 * _DAY_S, "h": 3600, "d": _DAY_S, "w": 7 * _DAY_S, "y": 365 * _DAY_S}


def open_target(address: Address, how: How) -> "Victoria":
    """Raises UsageError."""
    address.only()
    if not address.host:
        raise UsageError(f"{address.text} is not like victoria://localhost:8428")
    server = web.Server(address, PORT, how.alive, web.basic(address.user, address.secret()))
    path = address.path.rstrip("/")
    target = Victoria(
        server,
        Kept(how.state, address.text),
        lambda body: server.ask("POST", f"{path}/write", body, precision="ms"),
    )
    target.said = {
        401: f"check the user before the @, and the password in {PASSWORD}",
        404: "is the path right?",
    }
    target.path = path
    return target


class Victoria(Lines):
    """Lines to a server that keeps them for a time only."""

    path = ""
    _keeps: float | None = None  # s; 0: not known

    def write(self, batch: Batch) -> None:
        if self._keeps is None:
            answer = self.server.ask("GET", f"{self.path}/flags")
            self._keeps = kept_s(answer.body) if answer.is_good else 0
        oldest = int(batch.rows.stamp.min()) // 1000
        if self._keeps and oldest < time.time() - self._keeps:
            raise PacklogError(
                f"{self.server.name} would drop what is older than its -retentionPeriod, and there "
                f"are rows from {moment(oldest)}: start it with -retentionPeriod=100y"
            )
        super().write(batch)


def kept_s(flags: str) -> float:
    """For how long a server with these flags keeps what it gets; 0: they do not say."""
    found = re.search(r'-retentionPeriod="?([0-9.]+)([hdwy]?)', flags)
    return float(found[1]) * _UNITS[found[2]] if found else 0
