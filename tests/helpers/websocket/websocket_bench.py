"""A server that plays frames and writes down what the client answers, and the link's runs on
MicroPython against it or any other server.
"""

import asyncio
import base64
import hashlib
import json
import os
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from host_tools.ground import micropython
from host_tools.ground.firmware import FIRMWARE
from tests.helpers.websocket.websocket_frames import CLOSE, PONG, Chopped, Ponged, close

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
DRIVER = Path(__file__).with_name("driver.py")
PATIENCE_S = 60  # for a busy machine


@dataclass
class Heard:
    """What came from the client: (opcode, payload, FIN), the masks, whether a frame had none, and
    whether it hung up or reset the connection.
    """

    request: bytes = b""
    frames: list = field(default_factory=list)
    masks: list = field(default_factory=list)
    unmasked: bool = False
    ended: bool = False
    reset: bool = False

    def of(self, opcode):
        return [payload for code, payload, _ in self.frames if code == opcode]

    @property
    def close_code(self):
        """Of the first close frame; None if it has no code."""
        payload = self.of(CLOSE)[0]
        return int.from_bytes(payload[:2], "big") if payload else None


def accept(request: bytes) -> bytes:
    """The answer that a WebSocket server gives to this request."""
    key = next(
        line.partition(b":")[2].strip()
        for line in request.split(b"\r\n")
        if line.lower().startswith(b"sec-websocket-key:")
    )
    token = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + token + b"\r\n\r\n"
    )


class Peer:
    """The server's side of one connection."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.heard = Heard()
        self._news = asyncio.Event()

    async def open(self):
        self.heard.request = await self.reader.readuntil(b"\r\n\r\n")

    async def write(self, data: bytes):
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError:
            pass  # the client has gone: what it said is what counts

    async def play(self, script: list):
        for step in script:
            if isinstance(step, Ponged):
                await self.wait(lambda payload=step.payload: payload in self.heard.of(PONG))
            elif isinstance(step, Chopped):
                for i in range(0, len(step.wire), step.size):
                    await self.write(step.wire[i : i + step.size])
            else:
                await self.write(step)

    async def listen(self):
        """Write down frames until the client hangs up."""
        try:
            while True:
                await self._frame()
        except asyncio.IncompleteReadError:
            self.heard.ended = True
        except ConnectionError:
            self.heard.ended = self.heard.reset = True
        self._news.set()

    async def _frame(self):
        first, size = await self.reader.readexactly(2)
        masked, size = size >> 7, size & 127
        if size > 125:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        self.heard.unmasked |= not masked
        mask = await self.reader.readexactly(4) if masked else bytes(4)
        payload = await self.reader.readexactly(size)
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        self.heard.masks.append(mask)
        self.heard.frames.append((first & 15, payload, first >> 7))
        self._news.set()

    async def wait(self, condition):
        while not condition() and not self.heard.ended:
            self._news.clear()
            await self._news.wait()

    async def until_closed(self):
        await self.wait(lambda: self.heard.of(CLOSE))


async def play_case(peer: Peer, case):
    """Shake hands, play the script, close, note the client's close, hang up."""
    listening = asyncio.create_task(peer.listen())
    await peer.write(accept(peer.heard.request))
    await peer.play(case.script)
    if not case.broken and not case.closes:
        await peer.play([close(1000)])
    await peer.until_closed()
    peer.writer.close()
    await listening


class Server:
    """serve(handler) runs `await handler(peer, path)` for each connection; heard[path] is what
    came.
    """

    def __init__(self, handler):
        self.heard = {}
        self.errors = []
        self._handler = handler
        self._open = 0

    async def _connected(self, reader, writer):
        peer = Peer(reader, writer)
        path = None
        self._open += 1
        try:
            await peer.open()
            path = peer.heard.request.split(b" ")[1].decode()
            self.heard[path] = peer.heard
            await asyncio.wait_for(self._handler(peer, path), PATIENCE_S)
        except Exception as error:  # for the test to show
            self.errors.append((path, repr(error)))
        finally:
            writer.close()
            self._open -= 1

    def finish(self):
        """Wait until every connection has been heard to its end."""
        wait_until(lambda: not self._open)

    async def start(self):
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, limit=1 << 16)
        self.port = server.sockets[0].getsockname()[1]
        return server


def wait_until(condition):
    """Look every 5 ms whether it holds; an error if it does not come to that."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "the server has not come to an end"
        time.sleep(0.005)


@contextmanager
def in_a_thread(start):
    """Run `server = await start()` in a thread of its own for as long as the block lasts."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def stop(server):
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    try:
        server = asyncio.run_coroutine_threadsafe(start(), loop).result(PATIENCE_S)
        yield server
        asyncio.run_coroutine_threadsafe(stop(server), loop).result(PATIENCE_S)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE_S)
        loop.close()


@contextmanager
def serving(handler):
    """A Server while the block lasts."""
    server = Server(handler)
    with in_a_thread(server.start):
        yield server


def drive(port, *arguments, heap="64m", timeout=600):
    """Run the driver on MicroPython; its lines of JSON."""
    done = subprocess.run(
        [micropython.find(), "-X", f"heapsize={heap}", str(DRIVER), str(port), *arguments],
        env={**os.environ, "MICROPYPATH": f"{FIRMWARE}:.frozen"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert not done.stderr, done.stderr  # a task that nobody waited for
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(handler, *paths, **options):
    """One connection after the other: [(how the link ended, what the server heard)]."""
    with serving(handler) as server:
        results = drive(server.port, *paths, **options)
        server.finish()
    assert server.errors == []
    return [(result, server.heard[path]) for path, result in zip(paths, results, strict=True)]


async def console(peer, script):
    """A server that plays this, closes and waits for the answer."""
    listening = asyncio.create_task(peer.listen())
    await peer.play([*script, close(1000)])
    await peer.until_closed()
    peer.writer.close()
    await listening
