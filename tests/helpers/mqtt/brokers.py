"""Real brokers on loopback: mosquitto where it is installed, amqtt from PyPI in any case."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from host_tools.sim.network.broker import free_port

PATIENCE_S = 60  # for a broker to listen


class Broker:
    """A broker in a process of its own. users: name and password of those who may connect, None
    for everybody. tls: a folder with server.pem, server.key and ca.pem."""

    tells_qos = True  # a message comes with the QoS that it was published with
    misses_silent = True  # a client that is silent for too long is gone, and its last will comes

    def __init__(self, folder: Path, port=None, users=None, tls=None):
        self.folder = folder
        self.port = port or free_port()
        self.users = users
        self.tls = tls
        self.process = None
        self.address = "127.0.0.1"

    def start(self):
        """Returns when it listens."""
        self.folder.mkdir(exist_ok=True)
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        give_up = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                socket.create_connection((self.address, self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("no broker: " + (self.folder / "log").read_text())

    def stop(self):
        """It is gone without a word, and with it what it had retained."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Mosquitto(Broker):
    @staticmethod
    def binary():
        return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/sbin")

    def command(self):
        lines = [f"listener {self.port} {self.address}", "persistence false", "user root"]
        lines.append(f"allow_anonymous {str(not self.users).lower()}")
        if self.users:
            users = self.folder / "users"
            users.touch(0o600)
            for user, password in self.users.items():
                made = ["mosquitto_passwd", "-b", str(users), user, password]
                subprocess.run(made, check=True, capture_output=True)
            lines.append(f"password_file {users}")
        if self.tls:
            lines.append(f"certfile {self.tls / 'server.pem'}")
            lines.append(f"keyfile {self.tls / 'server.key'}")
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        return [self.binary(), "-c", str(config)]


class Amqtt(Broker):
    tells_qos = misses_silent = False  # of version 0.12.1

    def command(self):
        listener = {"type": "tcp", "bind": f"{self.address}:{self.port}"}
        if self.tls:
            listener.update(ssl=True, cafile=str(self.tls / "ca.pem"))
            listener.update(certfile=str(self.tls / "server.pem"))
            listener.update(keyfile=str(self.tls / "server.key"))
        plugin = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
        if self.users:
            plugin = {
                "amqtt.plugins.authentication.FileAuthPlugin": {"password_file": self.hashed()}
            }
        config = self.folder / "amqtt.yaml"  # JSON is YAML
        config.write_text(json.dumps({"listeners": {"default": listener}, "plugins": plugin}))
        return [str(Path(sys.executable).with_name("amqtt")), "-c", str(config)]

    def hashed(self):
        from pwdlib import PasswordHash  # comes with amqtt
        from pwdlib.hashers.argon2 import Argon2Hasher

        users = self.folder / "users"
        hasher = PasswordHash((Argon2Hasher(),))
        users.write_text("".join(f"{u}:{hasher.hash(p)}\n" for u, p in self.users.items()))
        return str(users)


BROKERS = {"mosquitto": Mosquitto, "amqtt": Amqtt} if Mosquitto.binary() else {"amqtt": Amqtt}
