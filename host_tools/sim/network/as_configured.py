"""The home network that a config.json describes: its WiFi networks, its name and time servers, and
its broker.
"""

from host_tools.sim.network.house_network import BROKER_PORT, BROKER_TLS_PORT, Home
from host_tools.sim.network.wifi import AccessPoint


def furnish(home: Home, settings: dict, broker_port: int | None) -> None:
    """Put into the home what a checked config asks for; broker_port: of one on this computer."""
    wifi, server, mqtt = settings["wifi"], settings["ntp"]["server"], settings["mqtt"]
    home.wifi.up = bool(wifi["networks"])
    for first in wifi["networks"][:1]:
        home.wifi.ssid, home.wifi.password = first["ssid"], first["password"]
        home.wifi.hidden = first["hidden"]
    for each in wifi["networks"][1:]:
        barn = AccessPoint(each["ssid"], each["password"], hidden=each["hidden"], rssi=-70)
        home.network.access_points.append(barn)
    names = wifi["dns"] or (wifi["gateway"] if wifi["address"] else "")
    if names:
        home.serve_names(names)
    if server:
        home.serve_time(server)
    if broker_port and mqtt["host"]:
        port = mqtt["port"] or (BROKER_TLS_PORT if mqtt["tls"] else BROKER_PORT)
        home.join_broker(broker_port, mqtt["host"], port)
