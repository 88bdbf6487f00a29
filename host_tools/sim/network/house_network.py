"""The home network around a virtual board: WiFi with DHCP, DNS and NTP, an MQTT broker and
batteries where they are asked for.

Addresses are those that the board sees; the servers are on loopback.
"""

import ipaddress
import time
from pathlib import Path

from host_tools.sim.board.world import World
from host_tools.sim.network import dns
from host_tools.sim.network.bluenova_server import PATH, Battery
from host_tools.sim.network.broker import Mosquitto, WorldBroker
from host_tools.sim.network.network import Network
from host_tools.sim.network.sockets import Route
from host_tools.sim.network.time_server import NtpServer
from host_tools.sim.network.wifi import AccessPoint
from host_tools.sim.units.bluenova import Unit

SSID, PASSWORD = "home", "correct horse"
ROUTER = "192.168.1.1"
MULTICAST_DNS = "224.0.0.251"
NTP_NAME, NTP_ADDRESS, NTP_PORT = "pool.ntp.org", "203.0.113.123", 123
BROKER_NAME, BROKER_ADDRESS, BROKER_PORT, BROKER_TLS_PORT = "broker", "192.168.1.10", 1883, 8883
FREE_ADDRESS = "192.168.1.1{:02}"  # for names


class Home:
    """network has the WiFi's faults, names those of DNS, ntp those of the time; each Route its own.

    start_unix_s: the time in the world at board time 0.
    """

    def __init__(self, world: World, start_unix_s: float | None = None):
        self.world = world
        start = time.time() - world.time() if start_unix_s is None else start_unix_s
        self.network = Network(world)
        self.wifi = AccessPoint(SSID, PASSWORD, gateway=ROUTER, dns=ROUTER)
        self.network.access_points.append(self.wifi)
        self.names = self.network.names
        self._dns_port = dns.serve(world, self.names)
        self.dns_route = self.serve_names(ROUTER)
        self.network.route(MULTICAST_DNS, 5353, self._dns_port, udp=True)
        self.ntp = NtpServer(world, start)
        self.names.addresses[NTP_NAME] = NTP_ADDRESS
        self.ntp_route = self.serve_time(NTP_NAME)
        self.batteries: list[tuple[Battery, Route]] = []
        self.broker: WorldBroker | Mosquitto | None = None
        self.broker_route: Route | None = None

    def add_broker(
        self,
        users: dict[str, str] | None = None,
        certificate: tuple[Path, Path] | None = None,
    ) -> WorldBroker:
        """A broker on the World's loop, called BROKER_NAME; its route is broker_route."""
        self.broker = WorldBroker(self.world, users, certificate)
        self._to_broker(BROKER_TLS_PORT if certificate else BROKER_PORT)
        return self.broker

    def add_mosquitto(self, folder: Path, lines: tuple[str, ...] = ()) -> Mosquitto:
        """A mosquitto in a process of its own, at the same place."""
        self.broker = Mosquitto(folder, lines or ("allow_anonymous true",))
        self._to_broker(BROKER_PORT, external=True)
        return self.broker

    def join_broker(self, port: int, host: str = BROKER_NAME, at: int = BROKER_PORT) -> None:
        """A broker that runs on that port of this computer, as that host on a port of its own."""
        address = self.address_of(host)
        self.broker_route = self.network.route(address, at, port, external=True)

    def add_battery(self, unit: Unit, host: str, port: int, path: str = PATH) -> Battery:
        """A battery with that console; its Route is the last of batteries."""
        battery = Battery(self.world, unit, path)
        address = self.address_of(host)
        self.batteries.append((battery, self.network.route(address, port, battery.port)))
        return battery

    def serve_names(self, address: str) -> Route:
        """The name server is there, too."""
        return self.network.route(address, 53, self._dns_port, udp=True)

    def serve_time(self, host: str) -> Route:
        """The time server is there, too."""
        return self.network.route(self.address_of(host), NTP_PORT, self.ntp.port, udp=True)

    def address_of(self, host: str) -> str:
        """The address of a host; a name that nobody has yet gets one."""
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            free = FREE_ADDRESS.format(len(self.names.addresses))
            usual = BROKER_ADDRESS if host == BROKER_NAME else free
            return self.names.addresses.setdefault(host.lower().rstrip("."), usual)

    def _to_broker(self, port: int, real_port: int | None = None, **more) -> None:
        self.names.addresses[BROKER_NAME] = BROKER_ADDRESS
        real_port = real_port or self.broker.port
        self.broker_route = self.network.route(BROKER_ADDRESS, port, real_port, **more)

    def close(self) -> None:
        """End what is a process of its own."""
        if isinstance(self.broker, Mosquitto):
            self.broker.stop()
        self.network.close()
