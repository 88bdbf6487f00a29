"""MQTT brokers for the virtual board: amqtt on the World's loop, where runs repeat, and mosquitto
as a process of its own.
"""

import asyncio
import contextlib
import logging
import os
import random
import shutil
import socket
import subprocess
import time
from pathlib import Path

from host_tools.ground.errors import PacklogError
from host_tools.sim.board.world import World

LOOPBACK = "127.0.0.1"
KEEP_ALIVES = 1.5
PATIENCE_S = 60.0
PORTS = range(20_000, 30_000)  # below those that Linux and macOS hand out by themselves
PLUGIN = "host_tools.sim.network.broker_plugin.Doorman"
MOSQUITTO = ("mosquitto", "/usr/sbin/mosquitto")  # Debian's is not on everybody's PATH


class WorldBroker:
    """amqtt. users: password by name, none: everybody may. certificate: files of the certificate
    and its key, for TLS. published: all that was, in order, as (board s, topic, payload).
    """

    def __init__(
        self,
        world: World,
        users: dict[str, str] | None = None,
        certificate: tuple[Path, Path] | None = None,
    ):
        self._world = world
        self._certificate = certificate
        self.published: list[tuple[float, str, bytes]] = []
        self._heard: dict[str, float] = {}
        self._broker = self._watch = None
        self._users = users
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start it, or start it again: what was retained is forgotten, the port stays."""
        self._broker = self._world.run(self._started())

    def stop(self) -> None:
        """End it, with all its connections."""
        self._watch.cancel()
        self._world.run(self._broker.shutdown())

    def retained(self) -> dict[str, bytes]:
        """Topic -> payload."""
        found = self._broker._retained_messages
        return {topic: bytes(message.data) for topic, message in found.items()}

    def publish(self, topic: str, payload: bytes) -> None:
        """Publish as if another client did."""
        self._world.run(self._broker.internal_message_broadcast(topic, payload))

    async def _started(self):
        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        from amqtt.broker import Broker

        self.port = self.port or free_port()
        broker = Broker(self._config(), loop=self._world)
        await broker.start()
        self._watch = self._world.create_task(self._end_silent(broker))
        return broker

    async def _end_silent(self, broker) -> None:
        while True:
            await asyncio.sleep(1)
            for session, handler in list(broker._sessions.values()):
                heard = self._heard.get(session.client_id, self._world.time())
                silent_s = self._world.time() - heard
                if session.keep_alive and silent_s > KEEP_ALIVES * session.keep_alive:
                    self._heard.pop(session.client_id, None)
                    handler.writer._writer.transport.abort()

    def _config(self) -> dict:
        plugin = {
            "users": self._users,
            "note": self._note,
            "heard": self._heard,
            "now": self._world.time,
        }
        listener = {"type": "tcp", "bind": f"{LOOPBACK}:{self.port}"}
        if self._certificate:
            certificate, key = map(str, self._certificate)
            listener |= {"ssl": True, "certfile": certificate, "keyfile": key}
        return {"listeners": {"default": listener}, "plugins": {PLUGIN: plugin}}

    def _note(self, topic: str, payload: bytes) -> None:
        self.published.append((self._world.time(), topic, payload))


class Mosquitto:
    """A mosquitto of its own in folder. lines: more of its configuration."""

    def __init__(self, folder: Path, lines: tuple[str, ...] = ("allow_anonymous true",)):
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            "\n".join((f"listener {self.port} {LOOPBACK}", *lines)) + "\n", encoding="utf8"
        )
        self._process: subprocess.Popen | None = None
        self.start()

    @staticmethod
    def find() -> str | None:
        """Where it is installed; None: it is not."""
        return next((found for name in MOSQUITTO if (found := shutil.which(name))), None)

    def start(self) -> None:
        """Start it, and wait until it listens."""
        program = self.find()
        if not program:
            raise PacklogError("no mosquitto here: apt-get install mosquitto")
        self._process = subprocess.Popen(
            [program, "-c", str(self._config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", "")},
        )
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up and self._process.poll() is None:
            with contextlib.suppress(OSError):
                socket.create_connection((LOOPBACK, self.port), timeout=1).close()
                return
            time.sleep(0.02)
        self.stop()
        raise PacklogError("mosquitto does not start: look at its configuration")

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.terminate()
            self._process.wait()
        self._process = None


def free_port() -> int:
    """A port on loopback that nobody has, nor will get by chance until a server has come up."""
    for port in random.SystemRandom().sample(PORTS, 100):  # other processes get other ones
        with contextlib.suppress(OSError), socket.create_server((LOOPBACK, port)):
            return port
    raise PacklogError("no port on loopback is free")
