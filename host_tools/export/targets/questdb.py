"""QuestDB: questdb://HOST:9000, its /write of InfluxDB's lines. It keeps what is sent twice twice,
unless a table has DEDUP UPSERT KEYS: so tables are made with that first.
"""

from host_tools.export.targets import web
from host_tools.export.targets.address import PASSWORD, Address
from host_tools.export.targets.cursors import Batch
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.lines import Lines
from host_tools.export.targets.targets import How
from host_tools.ground.errors import UsageError

SCHEMES = ("questdb",)
PORT = 9000
_MAKE = (
    'CREATE TABLE IF NOT EXISTS "{name}" (pack SYMBOL, timestamp TIMESTAMP) '
    "TIMESTAMP(timestamp) PARTITION BY MONTH WAL DEDUP UPSERT KEYS(timestamp, pack)"
)
_DEDUP = 'ALTER TABLE "{name}" DEDUP ENABLE UPSERT KEYS(timestamp, pack)'


def open_target(address: Address, how: How) -> "QuestDB":
    """Raises UsageError."""
    address.only()
    if not address.host:
        raise UsageError(f"{address.text} is not like questdb://localhost:9000")
    server = web.Server(address, PORT, how.alive, web.basic(address.user, address.secret()))
    target = QuestDB(
        server,
        Kept(how.state, address.text),
        lambda body: server.ask("POST", "/write", body, precision="ms"),
    )
    target.said = {
        401: f"check the user before the @, and the password in {PASSWORD}",
        403: "grant the user the right to write",
        404: "it has no line protocol over HTTP: it needs QuestDB 7.3 or newer",
    }
    return target


class QuestDB(Lines):
    """Lines into tables that know a row by its time and pack."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._made: set[str] = set()

    def write(self, batch: Batch) -> None:
        name = batch.rows.name
        if name not in self._made:
            for statement in (_MAKE, _DEDUP):
                answer = self.server.ask("GET", "/exec", query=statement.format(name=name))
                if not answer.is_good:
                    raise self.unwanted(answer)
            self._made.add(name)
        super().write(batch)
