"""A virtual board in a home network with WiFi, DNS, NTP and a broker, and the eyes on it."""

import asyncio
import re
import time

from host_tools.sim.network import house_network
from tests.helpers.boards import Files, example, history_files

START = 1_780_000_000  # unix s at board time 0
SETTLED_S = 40  # from then on everything runs
RESUME_S = 60
STALL_US = 50_000
USER, BROKER_PASSWORD, OTHER_PASSWORD = "packlog", "stable door", "old mill"
SECRETS = house_network.PASSWORD, BROKER_PASSWORD, OTHER_PASSWORD
NAME = "house"
CONNACK = b"\x20\x02\x00\x00"
GARBAGE = bytes(range(7, 250))
MEGABYTE = b"\x30" + b"\xc0\x84\x3d" + b"\x00\x01a" + bytes(999_997)


def config(**changes) -> dict:
    """The example in the home network, with its broker. changes: of wifi."""
    made = example()
    made["wifi"] = {
        "networks": [{"ssid": house_network.SSID, "password": house_network.PASSWORD}]
    } | changes
    made["mqtt"] = {"host": house_network.BROKER_NAME, "user": USER, "password": BROKER_PASSWORD}
    made["mqtt"]["interval_s"] = 1
    made["ntp"] = {"interval_s": 60}
    made["status_s"] = 1
    return made


class HomeBoard:
    """A board that has settled at home. ahead(home): what is otherwise there from the start."""

    def __init__(self, bench, wanted: dict | None = None, ahead=None, **plan):
        def make(rig):
            rig.home.add_broker({USER: BROKER_PASSWORD})
            if ahead:
                ahead(rig.home)

        self.bench = bench(wanted or config(), wifi=True, start_unix_s=START, ahead=make, **plan)
        self.board = self.bench.board
        self.home = self.bench.rig.home
        self.board.run_until(SETTLED_S)
        self.board.longest_stall_us = 0

    def run(self, seconds: int) -> None:
        """Run for so long and see that the logger goes on as if nothing was."""
        for _ in range(max(1, seconds // 5)):
            readings, drawn = self.bench.count("readings"), self.bench.rig.bus.bytes
            self.board.run(5)
            assert self.bench.count("readings") >= readings + 4
            assert self.bench.rig.bus.bytes > drawn + 20  # the display is written every second
        assert self.bench.count("rejected") == 0
        assert self.board.hardware.lost_bytes() == 0
        assert self.board.watchdog_resets == 0 and self.board.starts == 1
        assert "Traceback" not in self.bench.console() and " failed: " not in self.bench.console()
        assert self.board.longest_stall_us < STALL_US

    def resumes(self, sync: bool = False) -> bool:
        """Is everything as it should be within a minute after the trouble has ended?

        sync: the time server too has been asked again.
        """
        since, asked = self.board.now / 1e6, len(self.home.ntp.asked)
        for _ in range(RESUME_S // 5):
            self.run(5)
            synced = not sync or len(self.home.ntp.asked) > asked
            if self.health()["wifi"] == "up" and synced and self.published_all(since):
                return (
                    self.health()["clock"] == "NTP" and abs(self.clock_error()) < 2.1
                )  # a line may be 1 s old
        return False

    def health(self) -> dict[str, str]:
        """The newest line in which the logger says how it is itself."""
        lines = re.findall(r"^packlog health (.*?)\r?$", self.bench.console(), re.MULTILINE)
        return dict(pair.split("=", 1) for pair in lines[-1].split())

    def clock_error(self) -> float:
        """What the board takes the time to be minus the time, in s."""
        return int(self.health()["unix"]) - START - self.board.now / 1e6

    @property
    def published(self) -> list[tuple[float, str, bytes]]:
        """(board time in s, topic, payload) of all that the broker was told."""
        return self.home.broker.published

    def fresh(self, since_s: float) -> set[str]:
        """Topics published since that board time."""
        return {topic for at, topic, _ in self.published if at > since_s}

    def published_all(self, since_s: float) -> bool:
        """Were readings published since then, in both forms?"""
        return {"chargerybms/soc", f"packlog/{NAME}/state"} <= self.fresh(since_s)

    def shown(self) -> str:
        """What the display has shown over some seconds: its pages take turns."""
        texts = ""
        for _ in range(16):
            self.board.run(1)
            texts += self.bench.lcd()
        return texts

    def no_secrets(self) -> None:
        """No password in what the board says, shows, publishes or keeps but for its config."""
        texts = self.shown()
        self.board.console.interrupted = True  # Ctrl-C: what is in RAM goes to flash
        self.board.run(1)
        texts += self.bench.console()
        texts += "".join(topic + payload.decode("latin1") for _, topic, payload in self.published)
        assert "everything is on flash" in texts and len(self.published) > 10
        self.board.power_off()
        with Files(self.bench.image) as files:
            for path in history_files(files):
                with files.open(path, "rb") as file:
                    texts += file.read().decode("latin1")
        assert not [secret for secret in SECRETS if secret in texts]

    def talk_to(self, port: int) -> int:
        """Let what listens there be the broker, from now on; returns the port of the one before."""
        route = self.home.broker_route
        old, route.port = route.port, port
        route.drop()
        return old


class Nasty:
    """A broker on the World's loop that answers CONNECT with that, and listens from then on.

    clients: how many have come; said: to how many it could say it all.
    """

    def __init__(self, seen: HomeBoard, says: bytes):
        self.says = says
        self.clients = self.said = 0
        server = seen.home.world.run(asyncio.start_server(self._talk, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]

    async def _talk(self, reader, writer):
        self.clients += 1
        try:
            await reader.read(500)
            writer.write(self.says)
            await writer.drain()
            self.said += 1
            while await reader.read(4000):
                pass
        except OSError:
            pass
        finally:
            writer.close()


def wait_for(true) -> None:
    """At the REPL board time is real time: packets need some of it."""
    deadline = time.monotonic() + 60
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert true()
