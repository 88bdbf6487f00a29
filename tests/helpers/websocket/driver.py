"""Runs on MicroPython: the WebSocket link against a server, one connection after the other.

    driver.py PORT PATH ...        once for each path; prints a line of JSON for each
    driver.py PORT --echo AGENT    as a testee of Autobahn's fuzzing server: all of its cases

A path may have ?options: name=number sets an attribute of the link, text=N lets request() return
so many letters, cancel=1 cancels the link at the first byte, count=1 keeps nothing of what is fed.
"""

import asyncio
import binascii
import json
import sys

from transport.websocket import WebSocketLink


class Numeric:
    async def resolve(self, host):
        return host


class Console:
    """What is fed, and how the link ended."""

    def __init__(self, port, path):
        self.link = WebSocketLink("127.0.0.1", port, path, Numeric())
        self.fed = []
        self.beats = 0
        self.texts = []
        self.cancel = self.count = False
        self.size = self.longest = self.crc = 0
        for option in path.split("?")[1].split("&") if "?" in path else ():
            name, value = option.split("=")
            if name == "text":
                self.texts.append(bytes([97 + i % 26 for i in range(int(value))]))
            elif name == "cancel":
                self.cancel = True
            elif name == "count":
                self.count = True
            else:
                setattr(self.link, name, int(value))

    def feed(self, buffer, count):
        piece = bytes(memoryview(buffer)[:count])
        self.size += count
        self.longest = max(self.longest, count)
        self.crc = binascii.crc32(piece, self.crc)
        if not self.count and self.size <= 4096:
            self.fed.append(piece)
        if self.cancel:
            self.task.cancel()

    def request(self):
        return self.texts.pop() if self.texts else b""

    async def _beat(self):
        while True:
            self.beats += 1
            await asyncio.sleep_ms(1)

    async def run(self):
        beat = asyncio.create_task(self._beat())
        self.task = asyncio.create_task(self._end())
        end = await self.task
        beat.cancel()
        return {
            "end": end,
            "state": self.link.state,
            "counters": self.link.counters,
            "longest": self.longest,
            "size": self.size,
            "crc": self.crc,
            "fed": binascii.hexlify(b"".join(self.fed)).decode(),
            "beats": self.beats,
            "open": self.link._stream is not None and self.link._stream.s.fileno() >= 0,
        }

    async def _end(self):
        try:
            await self.link.run(self.feed, self.request)
            return "returned"
        except asyncio.CancelledError:
            return "cancelled"
        except OSError as error:
            return type(error).__name__


class Echo(WebSocketLink):
    """Sends back every message, as Autobahn wants it."""

    async def _payload(self, feed, size, limit, is_text):
        self.opcode = 1 if is_text else 2
        return await WebSocketLink._payload(self, self.collect, size, limit, is_text)

    def collect(self, buffer, count):
        self.pieces.append(bytes(memoryview(buffer)[:count]))

    def send_back(self, buffer, count):
        message = b"".join(self.pieces)
        self.pieces.clear()
        sock = self._stream.s
        sock.setblocking(True)  # the fuzzing server always reads
        if len(message) <= 125:
            self._send(0x80 | self.opcode, message)
        else:
            long = len(message) > 65535
            size = bytes((0xFF if long else 0xFE,))
            size += len(message).to_bytes(8 if long else 2, "big")
            sock.write(bytes((0x80 | self.opcode,)) + size + bytes(4) + message)
        sock.setblocking(False)


async def echo(port, case, path):
    link = Echo("127.0.0.1", port, path, Numeric())
    link.pieces = []
    link.limit = 1 << 30
    try:
        await link.run(link.send_back, lambda: b"")
    except OSError as error:
        print(case, repr(error))


async def autobahn(port, agent):
    console = Console(port, "/getCaseCount")
    await console.run()
    count = int(b"".join(console.fed))
    for case in range(1, count + 1):
        await echo(port, case, f"/runCase?case={case}&agent={agent}")
    await echo(port, "", "/updateReports?agent=" + agent)
    print(count)


async def main(port, arguments):
    if arguments[0] == "--echo":
        await autobahn(port, arguments[1])
        return
    for path in arguments:
        print(json.dumps(await Console(port, path).run()))


asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
