"""Home Assistant's long-term statistics: homeassistant://HOST:8123, with a long-lived token.

Hours become external statistics such as packlog:house_voltage, by the WebSocket command
recorder/import_statistics, which replaces what is there of an hour. Sums grow from the first hour
of the history on; of what Home Assistant has from before that they go on.
"""

import importlib.util
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone

import numpy as np
from host_tools.export.targets import texts
from host_tools.export.targets.address import PASSWORD, Address
from host_tools.export.targets.cursors import Batch, Cursor
from host_tools.export.targets.kept import Kept
from host_tools.export.targets.rows import REAL, Column, Table
from host_tools.export.targets.targets import How
from host_tools.ground.errors import PacklogError, UsageError
from host_tools.ground.text import parse_json

SCHEMES = ("homeassistant",)
PORT = 8123
SILENT_S = 60
STORED_S = 120  # until the recorder has written what it was given
AT_ONCE = 500  # hours in a message
_LARGEST = 1 << 26  # bytes of an answer
_HOUR_S = 3600
_SUM = "_sum"
# mean_type and unit_class, which are refused before; has_mean is not wanted any more from 2026.11
_NEW = (2025, 11)


@dataclass(frozen=True)
class Statistic:
    """unit_class: Home Assistant's kind of unit. scale: from packlog's unit."""

    name: str
    unit: str
    unit_class: str | None
    scale: float = 1.0


MEANS = {
    "voltage": Statistic("voltage", "V", "voltage"),
    "current": Statistic("current", "A", "electric_current"),
    "temperature": Statistic("temperature", "°C", "temperature"),
    "soc": Statistic("state of charge", "%", "unitless"),
    "min_cell_voltage": Statistic("lowest cell", "V", "voltage"),
    "max_cell_voltage": Statistic("highest cell", "V", "voltage"),
}
SUMS = {
    "energy_in": Statistic("energy in", "kWh", "energy", 0.001),
    "energy_out": Statistic("energy out", "kWh", "energy", 0.001),
    "charge_in": Statistic("charge in", "Ah", None),
    "charge_out": Statistic("charge out", "Ah", None),
}


def open_target(address: Address, how: How) -> "HomeAssistant":
    """Connects. Raises UsageError, PacklogError."""
    address.only()
    if not address.host:
        raise UsageError(f"{address.text} is not like homeassistant://homeassistant.local:8123")
    if importlib.util.find_spec("websockets") is None:
        raise PacklogError(
            f"{address.text} needs websockets: pip install 'packlog[homeassistant]' in packlog's "
            "environment"
        )
    return HomeAssistant(address, how)


class HomeAssistant:
    """A WebSocket on which it is logged in."""

    SERIES = ("hours",)
    ONE = False

    def __init__(self, address: Address, how: How):
        self._name = f"{address.host}:{address.port or PORT}"
        self._kept = Kept(how.state, address.text)
        self._alive = how.alive
        self._number = 0
        self._bases: dict[str, float] = {}
        token = address.asked("long-lived access token")
        scheme = "wss" if address.secure else "ws"
        where = replace(address, port=address.port or PORT).url.partition("://")[2]
        self._link = self._connect(f"{scheme}://{where}{address.path.rstrip('/')}/api/websocket")
        self._version = self._log_in(token)

    def __enter__(self) -> "HomeAssistant":
        return self

    def __exit__(self, *error) -> None:
        self._link.close()

    def prepared(self, table: Table) -> Table:
        """With the sums from the first hour on: they are a part of what a row says, so that later
        hours are sent again when an earlier one changes.
        """
        order = np.argsort(table.position, kind="stable")
        values = dict(table.values)
        for name in SUMS:
            values[name + _SUM] = np.zeros(len(table))
            values[name + _SUM][order] = np.round(np.cumsum(table.values[name][order]), 3)
        columns = (*table.columns, *(Column(name + _SUM, REAL) for name in SUMS))
        self._bases = {}
        self._first = int(table.position[order[0]]) if len(table) else 0
        return replace(table, columns=columns, values=values)

    def cursors(self, table: Table) -> dict[str, Cursor]:
        return self._kept.cursors(table)

    def write(self, batch: Batch) -> None:
        for first in range(0, len(batch.rows), AT_ONCE):
            rows = batch.rows.taken(slice(first, first + AT_ONCE))
            for statistic, stats in self._statistics(rows):
                self._ask(
                    "recorder/import_statistics",
                    metadata=self._metadata(statistic, rows.pack),
                    stats=stats,
                )
                self._alive()
        self._until_stored()
        self._kept.take(batch)

    def _statistics(self, rows: Table) -> Iterator[tuple[str, list[dict]]]:
        starts = [
            datetime.fromtimestamp(each - each % _HOUR_S, timezone.utc).isoformat()
            for each in rows.position.tolist()
        ]
        for name in MEANS:
            columns = (texts.objects(rows, name + end) for end in ("", "_min", "_max"))
            yield (
                name,
                [
                    {"start": start, "mean": mean, "min": low, "max": high}
                    for start, mean, low, high in zip(starts, *columns, strict=True)
                    if None not in (mean, low, high)
                ],
            )
        for name, each in SUMS.items():
            base = self._base(rows.pack, name)
            states = (rows.values[name] * each.scale).round(6).tolist()
            sums = (base + rows.values[name + _SUM] * each.scale).round(6).tolist()
            yield (
                name,
                [
                    {"start": start, "state": state, "sum": total}
                    for start, state, total in zip(starts, states, sums, strict=True)
                ],
            )

    def _base(self, pack: str, name: str) -> float:
        """What the sum was before the first hour of the history here."""
        which = _id(pack, name)
        if which not in self._bases:
            end = self._first - self._first % _HOUR_S
            found = self._ask(
                "recorder/statistics_during_period",
                start_time=datetime.fromtimestamp(0, timezone.utc).isoformat(),
                end_time=datetime.fromtimestamp(end, timezone.utc).isoformat(),
                statistic_ids=[which],
                period="hour",
                types=["sum"],
            )
            rows = (found or {}).get(which) or []
            self._bases[which] = float(rows[-1].get("sum") or 0) if rows else 0.0
        return self._bases[which]

    def _metadata(self, name: str, pack: str) -> dict:
        is_mean = name in MEANS
        each = MEANS[name] if is_mean else SUMS[name]
        found = {
            "has_mean": is_mean,
            "has_sum": not is_mean,
            "name": f"{pack} {each.name}",
            "source": "packlog",
            "statistic_id": _id(pack, name),
            "unit_of_measurement": each.unit,
        }
        if self._version >= _NEW:
            found |= {"mean_type": int(is_mean), "unit_class": each.unit_class}
        return found

    def _until_stored(self) -> None:
        """It answers before it has written: what it still has in memory would be lost with it."""
        end = time.monotonic() + STORED_S
        while (self._ask("recorder/info") or {}).get("backlog"):
            if time.monotonic() > end:
                raise PacklogError(
                    f"{self._name} does not get done with what it was sent: the rest comes with "
                    "the next export"
                )
            self._alive()
            time.sleep(0.2)

    # The connection

    def _connect(self, url: str):
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        try:
            return connect(url, open_timeout=SILENT_S, max_size=_LARGEST)
        except (OSError, WebSocketException) as error:
            raise self._broken(error) from None

    def _log_in(self, token: str) -> tuple[int, ...]:
        """Returns its version."""
        said = self._hear()
        if said.get("type") == "auth_required":
            self._tell({"type": "auth", "access_token": token})
            said = self._hear()
        if said.get("type") != "auth_ok":
            raise PacklogError(
                f"{self._name} refuses the token in {PASSWORD}: make a new one in your profile, "
                "Security, Long-lived access tokens"
            )
        numbers = re.match(r"([0-9]+)\.([0-9]+)", str(said.get("ha_version", "")))
        return tuple(map(int, numbers.groups())) if numbers else (0, 0)

    def _ask(self, kind: str, **said):
        self._number += 1
        self._tell({"id": self._number, "type": kind, **said})
        while True:
            answer = self._hear()
            if answer.get("id") == self._number and answer.get("type") == "result":
                break
        if answer.get("success"):
            return answer.get("result")
        error = answer.get("error") or {}
        if error.get("code") == "unauthorized":
            raise PacklogError(f"{self._name}: the token is not an administrator's: use one's")
        raise PacklogError(f"{self._name} refuses {kind}: {error.get('message')}")

    def _tell(self, message: dict) -> None:
        self._try(lambda: self._link.send(json.dumps(message)))

    def _hear(self) -> dict:
        said = self._try(lambda: self._link.recv(timeout=SILENT_S))
        try:
            found = parse_json(said if isinstance(said, str) else said.decode())
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise PacklogError(f"{self._name} answers strangely: is it Home Assistant?")
        return found

    def _try(self, call):
        from websockets.exceptions import WebSocketException

        try:
            return call()
        except (OSError, WebSocketException) as error:  # TimeoutError is an OSError
            raise self._broken(error) from None

    def _broken(self, error: Exception) -> PacklogError:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return PacklogError(
            f"{self._name}: {why}: does Home Assistant run there, and can this computer reach it? "
            "What was not taken comes with the next export"
        )


def _id(pack: str, name: str) -> str:
    """Small letters, digits and single underscores are all that it may have."""
    slug = re.sub(r"[^a-z0-9]+", "_", f"{pack}_{name}".lower()).strip("_")
    return f"packlog:{slug}"
