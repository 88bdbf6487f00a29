"""The keys of the health report: no pack has a name with which it would take one of another's."""

import json
import re

from host_tools.ground.firmware import FIRMWARE

import config

COUNTERS = re.compile(r"counters = (?:dict\.fromkeys\()?[{(]+([^})]*)[})]")


def counted(wing):
    """{file: the counters that what is in it begins with} of all files in a wing."""
    return {
        path.stem: re.findall(r'"(\w+)"', found[1])
        for path in (FIRMWARE / wing).glob("*.py")
        if (found := COUNTERS.search(path.read_text()))
    }


def keys_of_the_logger():
    """What health.py, the parts and the upkeep name themselves."""
    own = set()
    for name in ("health.py", "store/upkeep.py", "parts/wifi.py", "parts/mqtt.py", "parts/ntp.py"):
        own |= set(re.findall(r'\("(\w+)", ', (FIRMWARE / name).read_text()))
    counters = counted("parts")
    assert {"wifi", "ntp", "mqtt"} <= set(counters)
    return own | {f"{name}_{key}" for name, keys in counters.items() for key in keys}


def ends_of_a_packs_keys():
    """What follows the name of a pack in its keys."""
    links = counted("transport")
    assert {"ble", "uart", "websocket"} <= set(links)
    later = (FIRMWARE / "transport/keepalive.py").read_text()
    counts = re.findall(r'_count\(\w+, "(\w+)"\)', later)
    assert counts
    return {"link", "sign", *counts, *(key for keys in links.values() for key in keys)}


def is_taken(name):
    try:
        config.parse(json.dumps({"packs": [{"name": name, "bms": "chargery"}]}))
    except config.ConfigError as error:
        assert "of its own: choose another" in str(error)
        return True
    return False


def test_no_pack_takes_a_key_of_the_logger():
    own = keys_of_the_logger()
    assert {"uptime", "heap_free", "wifi_drops", "mqtt_connects", "compaction_waits"} <= own
    clashes = {
        key.removesuffix("_" + end)
        for key in own
        for end in ends_of_a_packs_keys()
        if key.endswith("_" + end)
    }
    assert "mqtt" in clashes
    assert [name for name in sorted(clashes) if not is_taken(name)] == []
