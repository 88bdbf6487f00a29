"""InfluxDB 2, 3 and Cloud: influx2://HOST:8086/ORG/BUCKET, their /api/v2/write, with a token."""

from urllib.parse import unquote

from host_tools.export.targets import web
from host_tools.export.targets.address import PASSWORD, Address
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.lines import Lines
from host_tools.export.targets.targets import How
from host_tools.ground.errors import UsageError

SCHEMES = ("influx2",)
PORT = 8086


def open_target(address: Address, how: How) -> Lines:
    """Raises UsageError, PacklogError if there is no token."""
    address.only()
    org, _, bucket = unquote(address.path.strip("/")).partition("/")
    if not bucket or not address.host:
        raise UsageError(f"{address.text} is not like influx2://localhost:8086/ORG/BUCKET")
    said = {"Authorization": f"Token {address.asked('token')}"}
    server = web.Server(address, PORT, how.alive, said)
    options = {"org": org, "bucket": bucket, "precision": "ms"}
    target = Lines(
        server,
        Kept(how.state, address.text),
        lambda body: server.ask("POST", "/api/v2/write", body, **options),
    )
    target.said = {
        401: f"the token in {PASSWORD} is not right, or may not write to that bucket",
        403: f"the token in {PASSWORD} may not write to that bucket",
        404: f"create the bucket {bucket} of {org} first",
    }
    return target
