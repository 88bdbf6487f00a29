"""Home Assistant's WebSocket API as far as statistics need it, as its sources have it
(homeassistant/components/websocket_api and recorder/websocket_api.py): what it refuses, too.
"""

import contextlib
import json
import threading
from datetime import datetime

from websockets.sync.server import serve

TOKEN = "long lived secret"
_OLD_KEYS = {"has_mean", "has_sum", "name", "source", "statistic_id", "unit_of_measurement"}
_NEW_KEYS = {"mean_type", "unit_class"}
_STATS = {"start", "mean", "min", "max", "last_reset", "state", "sum"}


class HomeAssistant:
    """statistics: {id: {start: row}}; metadata by id. backlog: how often the recorder says that it
    still has something to write. is_admin: may the token import?
    """

    def __init__(self, version="2026.6.1"):
        self.version = version
        self.statistics = {}
        self.metadata = {}
        self.is_admin = True
        self.backlog = 0
        self.dies_after = None  # commands
        self.commands = []
        self.port = 0

    @property
    def at(self):
        return f"127.0.0.1:{self.port}"

    def serve(self, link):
        link.send(json.dumps({"type": "auth_required", "ha_version": self.version}))
        said = json.loads(link.recv())
        if said != {"type": "auth", "access_token": TOKEN}:
            link.send(json.dumps({"type": "auth_invalid", "message": "Invalid access token"}))
            return
        link.send(json.dumps({"type": "auth_ok", "ha_version": self.version}))
        for message in link:
            command = json.loads(message)
            self.commands.append(command["type"])
            if self.dies_after is not None and len(self.commands) > self.dies_after:
                link.close()
                return
            link.send(json.dumps({"id": 0, "type": "event", "event": {}}))  # of somebody else's
            link.send(json.dumps({"id": command["id"], "type": "result", **self.answer(command)}))

    def answer(self, command):
        kind = command["type"].partition("/")[2]
        if kind == "info":
            self.backlog = max(0, self.backlog - 1)
            return {"success": True, "result": {"backlog": self.backlog}}
        if kind == "statistics_during_period":
            return {"success": True, "result": self.during(command)}
        if not self.is_admin:
            return {"success": False, "error": {"code": "unauthorized", "message": "Unauthorized"}}
        if wrong := self.wrong(command):
            return {"success": False, "error": {"code": "invalid_format", "message": wrong}}
        which = command["metadata"]["statistic_id"]
        self.metadata[which] = command["metadata"]
        rows = self.statistics.setdefault(which, {})
        rows |= {row["start"]: row for row in command["stats"]}
        return {"success": True, "result": None}

    def wrong(self, command):
        """As its schema has it: a key that it does not know is refused."""
        keys = set(command["metadata"])
        is_new = self.version >= "2025.11"
        if keys - _OLD_KEYS - (_NEW_KEYS if is_new else set()) or _OLD_KEYS - keys:
            return f"extra keys not allowed: {sorted(keys)}"
        if not command["metadata"]["statistic_id"].startswith("packlog:"):
            return "Invalid statistic_id"
        for row in command["stats"]:
            start = datetime.fromisoformat(row["start"])
            if start.tzinfo is None or start.minute or start.second or set(row) - _STATS:
                return "Invalid timestamp: timestamps must be from the top of the hour"
        return None

    def during(self, command):
        found = {}
        for which in command["statistic_ids"]:
            rows = sorted(self.statistics.get(which, {}).items())
            kept = [row for start, row in rows if start < command["end_time"]]
            if kept:
                found[which] = [{"start": 0, "sum": row.get("sum")} for row in kept]
        return found


@contextlib.contextmanager
def running(made):
    """It serves on a free port of loopback."""
    with serve(made.serve, "127.0.0.1", 0) as server:
        made.port = server.socket.getsockname()[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()
