"""Everything that packlog can ever say to a BMS: requests to read, and nothing else.

A new BMS, or a new question, has to be put down here by hand.
"""

import importlib
import random
import re

import pytest
from host_tools.ground.firmware import FIRMWARE, declared, names
from host_tools.sim.rig import unit_module
from host_tools.sim.units import jk_wire
from host_tools.sim.units.pack import Pack
from tests.bench import damaged_answers

ANSWERED = 120  # seconds with answers
ROUNDS = 600  # seconds without an answer: whatever is asked seldom has been asked by then
OLD_DALY = (0x94, 0x96, 0x97, 0x98, 0x93, 0x95, 0x90)
SAID = {
    "chargery": set(),
    "bluenova": set(),
    "jk": {"aa5590eb97" + 14 * "00" + "11", "aa5590eb96" + 14 * "00" + "10"},
    "jbd": {"dda50500fffb77", "dda50400fffc77", "dda50300fffd77"},
    "daly": {"d20300a900208791", "d203003e0009f7a3", "d2030000003ed7b9"},
    "daly_old": {
        f"a5{who:02x}{kind:02x}08" + 8 * "00" + f"{0xA5 + who + kind + 8 & 0xFF:02x}"
        for who in (0x40, 0x80)
        for kind in OLD_DALY
    },
    "jk_ttl": {"4e570013000000000603000000000000680000" "0129"},
    "ant": {"7ea1026c022058c4aa55", "7ea1010000be1855aa55"},
    "ant_old": {"dbdb00000000"},
    "seplos_v2": {"7e1000465100003a7f0d", "7e10004661000100f7c10d"},
    "seplos_v3": {
        # pack, function that reads, first, how many; CRC
        "000112000090" "38cf", "00041100001a752c", "0004100000113517",
        "010112000090" "391e", "01041100001a74fd", "01041000001134c6",
        "100112000090" "3a5f", "10041100001a77bc", "1004100000113787",
    },
    "eg4": {
        # unit, function that reads, first, how many; CRC
        "010300690017" "d5d8", "010300000027" "05d0", "100300690017" "d699", "100300000027" "0691",
    },
    "renogy": {
        "300313f0001c" "4495", "300313ec0008" "855c", "300313880022" "455c", "300313b20007" "a48a",
    },
    "renogy_pro": {
        "300313f0001c" "4495", "300313ec0008" "855c", "300313880022" "455c", "300313b20007" "a48a",
    },
    "cbt": {
        "aa552100210a0d", "aa551500150a0d", "aa550900090a0d", "aa550a000a0a0d", "aa550500050a0d",
        "aa550600060a0d", "aa550700070a0d", "aa550800080a0d", "aa550b000b0a0d",
    },
    "sok": {"eec000000041", "eec40000004f", "eec200000046", "eec1000000ce"},
    "tdt": {
        "7e000103009200009f220d", "7e000103008d000059130d", "7e000103008c000099420d",
        "1e00010300920000b7240d", "1e000103008d000071150d", "1e000103008c0000b1440d",
    },
    "pace": {
        "9a00000a020000020101289c9d", "9a00000a0100000201011b9c9d", "9a00000a0000000019519d",
    },
    "redodo": {"000004011355aa17"},
    "jk_pb": {
        # unit, write one register of 16xx, with 0: that is how these are asked; CRC
        "01101620000102 0000d6f1", "0110161c000102 0000d3cd", "03101620000102 0000cf91",
    },
}  # fmt: skip
JK_PB_REGISTERS = (0x20, 0x1C)
OF_UNITS = {  # by kind: blocks, of any unit; those of some units are in SAID
    "seplos_v3": ("0112000090", "041100001a", "0410000011"),
    "eg4": ("0300690017", "0300000027"),
    "renogy": ("0313f0001c", "0313ec0008", "0313880022", "0313b20007"),
    "renogy_pro": ("0313f0001c", "0313ec0008", "0313880022", "0313b20007"),
}


def crc(data):
    """Of Modbus, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


def all_said(kind):
    """What its decoder asks for, over each of its links and of all units."""
    found = set()
    for link in declared("bms", kind)["LINKS"]:
        for unit in range(256):
            decoder = importlib.import_module(f"bms.{kind}").Decoder(print, 0, True)
            if hasattr(decoder, "configure"):
                decoder.configure({"link": link, "unit": unit, "invert_current": False})
            elif unit:
                break
            for second in range(ROUNDS if unit < 2 else 12):
                if second == 7:
                    decoder.forget()
                found.add(decoder.request())
    return found - {b""}


def said_to_answers(kind, seed):
    """What a decoder asks for that is answered, and now and then with damage."""
    found = set()
    decoder = importlib.import_module(f"bms.{kind}").Decoder(lambda sample: None, 0, True)
    chance = random.Random(f"{kind}/{seed}")
    unit = unit_module(kind).Unit(Pack(cells=chance.choice((4, 8, 16)), seed=seed), seed=seed)
    for second in range(ANSWERED):
        unit.pack.advance(second)
        again = True
        for _ in range(12):
            question = decoder.request() if again else b""
            found.add(question)
            data = bytearray(b"".join(unit.answers(question)) if question else b"")
            if data and not chance.randrange(5):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            again = bool(data) and decoder.feed(bytes(data))
        if not chance.randrange(30):
            decoder.forget()
    return found - {b""}


@pytest.mark.parametrize("kind", damaged_answers.KINDS)
def test_only_these_bytes_are_sent_to_a_unit_that_answers(kind):
    for seed in range(3):
        found = said_to_answers(kind, seed)
        assert found and {data.hex() for data in found} <= {
            text.replace(" ", "") for text in SAID[kind]
        }


def test_jks_are_asked_for_the_same_whatever_they_say():
    decoder = importlib.import_module("bms.jk").Decoder(lambda sample: None, 0, True)
    found = set()
    for i in range(200):
        found.add(decoder.request())
        decoder.feed(jk_wire.cell_frame("24S" if i % 50 < 25 else "32S", [3300] * 8, counter=i))
    assert found - {b""} == {bytes.fromhex(text) for text in SAID["jk"]}


# Who sends anything at all, by file: the words that the sources have for it
SENDERS = {
    "bms": {},
    "transport": {
        # a decoder's questions, and the two bytes that switch notifications on (aioble's); pairing
        # is no writing: it exchanges keys
        "ble.py": {"write", "subscribe"},
        "pairing.py": {"gap_pair", "gap_passkey", "write"},  # the last one is its file's
        "serial.py": {"write", "send"},
        "websocket.py": {"write"},
    },
}
SENDING = re.compile(r"\.(write|send|sendall|subscribe|gattc_\w+|gap_pair|gap_passkey)\(")


@pytest.mark.parametrize("wing", SENDERS)
def test_nothing_else_sends(wing):
    for path in sorted((FIRMWARE / wing).glob("*.py")):
        found = set(SENDING.findall(path.read_text()))
        assert found <= SENDERS[wing].get(path.name, set()), path.name


def test_the_words_that_links_write_before():
    found = {}
    for kind in names("bms"):
        for link in declared("bms", kind)["LINKS"].values():
            if "word" in link:
                found[kind] = link["word"]
    assert found == {"tdt": "HiLink"}  # a unit of TDT answers nothing without


@pytest.mark.parametrize("kind", names("bms"))
def test_only_these_bytes_are_ever_sent(kind):
    expected = {bytes.fromhex(text) for text in SAID[kind]}
    if kind == "jk_pb":
        bodies = [
            bytes((unit, 0x10, 0x16, register, 0, 1, 2, 0, 0))
            for unit in range(256)
            for register in JK_PB_REGISTERS
        ]
        all_units = {body + crc(body) for body in bodies}
        assert len([each for each in expected if each in all_units]) == 3
        expected = all_units
    if kind in OF_UNITS:
        bodies = [
            bytes((unit,)) + bytes.fromhex(block) for unit in range(256) for block in OF_UNITS[kind]
        ]
        all_units = {body + crc(body) for body in bodies}
        assert expected and expected <= all_units
        expected = all_units
    assert all_said(kind) == expected
