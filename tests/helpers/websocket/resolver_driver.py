"""Runs on MicroPython: steps for the resolver and for tcp.connect, a JSON list on stdin.

Each step is an object with "do" and what it needs; a line of JSON says how it went, how often
another task of the same loop ran meanwhile, and how many files it has left open.
"""

import asyncio
import json
import os
import sys

from lib import tcp
from lib.resolver import Resolver

resolvers = {}


def resolver(step):
    """The one of this name: it keeps what it has learned."""
    name = step.get("resolver", "")
    if name not in resolvers:
        resolvers[name] = Resolver(lambda: step["servers"])
    found = resolvers[name]
    found.port = step["port"]
    found.waits_ms = step.get("waits_ms", (20000,) * 3)  # the server may be slow
    found.multicast = ("127.0.0.1", step["port"])
    return found


async def resolve(step):
    return await resolver(step).resolve(step["host"])


async def age(step):
    """Let what is kept of the name be older."""
    kept = resolver(step)._kept
    name = step["host"].encode()
    address, told, ttl = kept[name]
    kept[name] = address, told - step["by_s"], ttl
    return ttl


async def connect(step):
    tls = None
    if step.get("tls"):
        import ssl

        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.verify_mode = ssl.CERT_NONE
    timeout_s = step.get("timeout_ms", 20000) / 1000
    stream = await tcp.connect(step["host"], step["tcp_port"], resolver(step), timeout_s, tls)
    step["connected"] = True
    try:
        stream.write(step.get("say", "").encode())
        await stream.drain()
        return (await stream.read(100)).decode()
    finally:
        stream.close()
        await stream.wait_closed()


DO = {"resolve": resolve, "age": age, "connect": connect}


class Beats:
    count = 0

    async def run(self):
        while True:
            self.count += 1
            await asyncio.sleep_ms(1)


async def take(step):
    """How the step ends; cancelled after step["cancel_ms"]."""
    task = asyncio.create_task(outcome(step))
    if "cancel_ms" in step:
        await asyncio.sleep_ms(step["cancel_ms"])
        task.cancel()
    return await task


async def outcome(step):
    try:
        return {"ok": await DO[step["do"]](step)}
    except asyncio.CancelledError:
        return {"cancelled": True}
    except OSError as error:
        return {"errno": error.errno}


def open_files():
    return len(os.listdir("/proc/self/fd"))


async def main(steps):
    beats = Beats()
    beating = asyncio.create_task(beats.run())
    open_before = open_files()
    for step in steps:
        before = beats.count
        result = await take(step)
        await asyncio.sleep_ms(2)  # what was cancelled comes to its end
        result["beats"] = beats.count - before
        result["connected"] = step.get("connected", False)
        result["left_open"] = open_files() - open_before
        print(json.dumps(result))
    beating.cancel()


asyncio.run(main(json.load(sys.stdin)))
