"""A board's web server without a board: a pulled folder, and readings that the test says."""

import contextlib
import json
import queue
import threading
import time

from host_tools.page.server import Handler, Server
from host_tools.page.site import Site, as_json

READING = {
    "bms": "jk",
    "voltage": 53.28,
    "current": -15.2,
    "power": -809.9,
    "soc": 74,
    "min_cell_voltage": 3.32,
    "max_cell_voltage": 3.338,
    "cell_difference": 0.018,
    "full_cell_voltage": 3.65,
    "empty_cell_voltage": 2.8,
    "temperatures": [22.8, 23.1],
    "temperature": 22.8,
    "mosfet_temperature": 27.4,
    "charge_on": True,
    "discharge_on": True,
    "charge_stopped": False,
    "discharge_stopped": False,
    "balancing": False,
    "errors": "none",
    "capacity": 280.0,
    "cycles": 41,
    "total_energy_in": 4218.91,
    "total_energy_out": 4003.2,
    "time_to_empty": 702,
}
CELLS = [3.33, 3.331, 3.32, 3.325, 3.332, 3.338, 3.33, 3.329] * 2


class FakeBoard(Site):
    """status() is that of a board whose packs have the newest reading; tell() is a new one."""

    def __init__(self, folder, board="a0b1c2d3e4f5"):
        super().__init__(folder)
        self.board = board
        self.clock_settable = False
        self.times = []  # what the page has set the clock to
        self.fetched = []  # paths that were asked for
        self.sent = 0  # bytes of bodies
        self.has_stream = True
        self.listeners = []
        now = time.time()
        self.readings = {name: (dict(READING), list(CELLS), now) for name in self.packs}
        self.silent = {}  # pack: what the link says

    def tell(self, pack, cells=CELLS, **values):
        """A new reading, also to those who listen."""
        self.readings[pack] = ({**READING, **values}, list(cells), time.time())
        self.silent.pop(pack, None)
        event = {"pack": pack, "time": int(time.time()), "values": self.readings[pack][0]}
        for listener in self.listeners:
            listener.put(event | {"cells": list(cells)})

    def fall_silent(self, pack, age_s, state):
        """The pack's last reading is that old; state: what its link says."""
        values, cells, _ = self.readings[pack]
        self.readings[pack] = values, cells, time.time() - age_s
        self.silent[pack] = state

    def status(self):
        found = super().status() | {
            "board": self.board,
            "uptime": 86400,
            "time": int(time.time()),
            "clock_settable": self.clock_settable,
            "packs": [self._pack(name) for name in self.packs],
        }
        del found["folder"]
        return found

    def _pack(self, name):
        values, cells, when = self.readings[name]
        if name in self.silent:
            values, cells = {"bms": values["bms"]}, []
        return {
            "name": name,
            "bms": "jk",
            "age_s": int(time.time() - when),
            "state": self.silent.get(name),
            "fresh": name not in self.silent,
            "values": values,
            "cells": cells,
        }

    def history(self):
        return super().history() | {"board": self.board, "boot": 3, "uptime": 86400}

    def answer(self, path):
        self.fetched.append(path)
        return super().answer(path)


class _Handler(Handler):
    """With the event stream, and the clock that the page may set."""

    def send_header(self, name, value):
        if name == "Content-Length" and self.command == "GET":
            self.server.site.sent += int(value)
        super().send_header(name, value)

    def do_GET(self):
        if self.path != "/api/live" or not self.server.site.has_stream:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        listener = queue.Queue()
        self.server.site.listeners.append(listener)
        with contextlib.suppress(OSError):
            while (event := listener.get()) is not None:
                self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()
        self.close_connection = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/api/time" or not self.server.site.clock_settable:
            self.send_error(409)
            return
        self.server.site.times.append(body)
        self.server.site.clock_settable = False
        found = as_json({})
        self._body(found, True)


@contextlib.contextmanager
def served(site):
    """The URL at which a Site is served."""
    server = Server(site, handler=_Handler if hasattr(site, "listeners") else Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.url
    finally:
        for listener in getattr(site, "listeners", ()):
            listener.put(None)
        server.shutdown()
        server.server_close()
        thread.join()
