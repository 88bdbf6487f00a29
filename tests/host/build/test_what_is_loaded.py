"""What a kind of BMS brings into memory: its own module and the engines that it uses, no others."""

import ast

import pytest
from host_tools.build import groups
from host_tools.ground import firmware

# Native code, or what stands in for it: one of the two is loaded
EITHER = {
    "crc": {"crc_viper", "crc_bytecode"},
    "crc_others": {"crc_others_viper", "crc_bytecode"},
}
LOADED = {
    "chargery": {"framed"},
    "jk": {"framed", "jk_frame"},
    "bluenova": set(),
    "jbd": {"framed", "asked"},
    "daly": {"framed", "asked", "modbus", "crc", "daly_alarms"},
    "daly_old": {"framed", "asked", "daly_alarms"},
    "jk_pb": {"framed", "jk", "jk_frame", "crc"},
    "jk_ttl": {"framed", "asked"},
    "ant": {"framed", "asked", "asked_low", "crc", "ant_alarms"},
    "ant_old": {"framed", "asked", "ant_alarms"},
    "seplos_v2": {"framed", "asked", "crc_others", "seplos_alarms"},
    "seplos_v3": {"framed", "asked", "crc", "seplos_alarms"},
    "eg4": {"framed", "asked", "modbus", "modbus_unit", "crc"},
    "renogy": {"framed", "asked", "modbus", "modbus_unit", "crc"},
    "renogy_pro": {"framed", "asked", "modbus", "modbus_unit", "crc", "renogy"},
    "sok": {"framed", "asked", "crc_others"},
    "cbt": {"framed", "asked", "asked_low"},
    "tdt": {"framed", "asked", "crc"},
    "pace": {"framed", "asked", "crc"},
    "redodo": {"framed", "asked", "asked_low"},
}


@pytest.fixture(scope="module")
def loads():
    """What each module of the firmware imports when it is loaded."""
    trees = {
        path.relative_to(firmware.FIRMWARE).with_suffix("").as_posix().replace("/", "."): ast.parse(
            path.read_text()
        )
        for path in firmware.FIRMWARE.rglob("*.py")
    }
    return groups.Firmware(trees, firmware.all_things(), groups.passing(trees)).now


def with_all(name, loads):
    """It and all that it loads, and those."""
    found, new = set(), [name]
    while new:
        each = new.pop()
        if each not in found:
            found.add(each)
            new += loads[each]
    return found


@pytest.mark.parametrize("kind", firmware.names("bms"))
def test_a_bms_loads_its_own_modules_only(kind, loads):
    found = {name for name in with_all(f"bms.{kind}", loads) if name.startswith("bms.")}
    either = [EITHER.get(name, set()) for name in LOADED[kind]]
    wanted = LOADED[kind].union({kind}, *either)
    assert found == {f"bms.{name}" for name in wanted}


def test_nothing_else_loads_one_at_a_start(loads):
    for start in groups.AT_START:
        assert not {n for n in with_all(start, loads) if n.startswith(("bms.", "transport."))} - {
            "transport.keepalive"
        }
