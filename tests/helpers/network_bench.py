"""A virtual board in a home network that runs a small main.py of the test's own."""

import ast
import asyncio
import textwrap
import time
from pathlib import Path

from host_tools.sim.rig import Plan, Rig
from tests.helpers.boards import BLOCK, BLOCKS, new_flash

START = 1_780_000_000  # unix s at board time 0
SERVER = "192.168.1.20"  # where nobody is until serve() puts somebody there
PATIENCE_S = 120  # of real time

JOIN = """
import asyncio, network, socket, time
wlan = network.WLAN(network.STA_IF)
def join(ssid="home", key="correct horse"):
    wlan.active(True)
    wlan.connect(ssid, key)
    while not wlan.isconnected():
        time.sleep_ms(50)
def timed(call, *arguments):
    begun = time.ticks_ms()
    try:
        result = call(*arguments)
    except OSError as error:
        result = error.errno
    return result, time.ticks_diff(time.ticks_ms(), begun)
def say(value):
    print(">", repr(value))
def end():
    print("> ...")
    while True:
        time.sleep(1)
"""


class NetworkBench:
    """home is the network around it. run(main): what main.py said with say(), as values."""

    before_main = JOIN

    def __init__(self, folder: Path, **settings):
        self.flash = folder / "flash.img"
        self.flash.write_bytes(b"\xff" * BLOCK * BLOCKS)
        plan = {"flash": self.flash, "speed": 0, "wifi": True, "start_unix_s": START}
        self.rig = Rig(Plan(settings=settings, **plan))
        self.board, self.home = self.rig.board, self.rig.home
        self.network = self.home.network

    def start(self, main: str, files: dict[str, bytes] | None = None) -> None:
        """Switch on with that main.py; join(), timed(), say() and end() are there."""
        text = self.before_main + textwrap.dedent(main)
        new_flash(self.flash, {"main.py": text.encode()} | (files or {}))
        self.board.power_on()

    def run(self, main: str, files: dict[str, bytes] | None = None) -> list:
        """Start it and let it go on until it calls end()."""
        self.start(main, files)
        give_up = time.monotonic() + PATIENCE_S
        while "> ..." not in self.console() and "Traceback" not in self.console():
            assert time.monotonic() < give_up, self.console()
            self.board.run(0.1)
        return self.said()

    def said(self) -> list:
        """What was said so far."""
        assert "Traceback" not in self.console(), self.console()
        lines = [line[2:] for line in self.console().splitlines() if line.startswith("> ")]
        return [ast.literal_eval(line) for line in lines if line != "..."]

    def console(self) -> str:
        return self.board.console.transcript.decode("utf8", "replace")

    def serve(self, address: str, port: int, handle):
        """An asyncio server in the world, at that address; returns its Route."""
        server = self.home.world.run(asyncio.start_server(handle, "127.0.0.1", 0))
        return self.network.route(address, port, server.sockets[0].getsockname()[1])

    def close(self) -> None:
        self.home.close()
        self.board.close()
