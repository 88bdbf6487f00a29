"""InfluxDB 1: influx://USER@HOST:8086/DATABASE, its /write."""

from host_tools.export.targets import web
from host_tools.export.targets.address import PASSWORD, Address
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.lines import Lines
from host_tools.export.targets.targets import How
from host_tools.ground.errors import UsageError

SCHEMES = ("influx", "influxdb")
PORT = 8086


def open_target(address: Address, how: How) -> Lines:
    """Raises UsageError."""
    address.only("rp")
    database = address.path.strip("/")
    if not database or not address.host:
        raise UsageError(f"{address.text} is not like influx://localhost:8086/DATABASE")
    said = web.basic(address.user, address.secret())
    server = web.Server(address, PORT, how.alive, said)
    options = {"db": database, "precision": "ms", **address.options}
    target = Lines(
        server,
        Kept(how.state, address.text),
        lambda body: server.ask("POST", "/write", body, **options),
    )
    target.said = {
        401: f"check the user before the @, and the password in {PASSWORD}",
        403: "grant the user the right to write",
        404: f"create the database {database} first",
    }
    return target
