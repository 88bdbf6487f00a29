"""The firmware as one file: what is in it, that damage is seen, and how much flash it takes."""

import pytest
from host_tools.build import bundle
from host_tools.build.compile import AS_SOURCE, build
from host_tools.ground.firmware import FIRMWARE
from host_tools.install import room
from hypothesis import given
from hypothesis import strategies as st

XTENSAWIN = 6 | 3 << 8 | 10 << 10  # ESP32, S2, S3
RV32IMC = 6 | 3 << 8 | 11 << 10  # C3, C6
BLOCK = 4096
SPARE = 2  # blocks: a budget that has more left says an old figure

MODULES = {"hub.mpy": b"M\x06hub", "store/frame.mpy": b"M\x06frame", "store/__init__.mpy": b"M"}
DATA = bundle.pack(MODULES, "1.2.3", {"aioble/core.mpy": b"core"}, {"aioble": "0.6.1"})


def test_it_gives_back_what_went_in():
    found = bundle.read(DATA)
    assert found.modules == MODULES | {"aioble/core.mpy": b"core"}
    assert (found.version, found.packages) == ("1.2.3", {"aioble": "0.6.1"})
    assert found.identity == bundle.identity_of(DATA[:24]) == DATA[8:16].hex()
    assert found.firmware == bundle.digest(MODULES)


def test_the_same_modules_are_the_same_file_and_others_have_another_id():
    backwards = dict(reversed(MODULES.items()))
    assert bundle.pack(backwards, "1") == bundle.pack(MODULES, "1")
    others = [
        bundle.pack(MODULES, "1"),
        bundle.pack(MODULES, "2"),
        bundle.pack(MODULES | {"hub.mpy": b"M\x06hut"}, "1"),
        bundle.pack(MODULES, "1", {}, {"aioble": "0.6.1"}),
    ]
    assert len({bundle.identity_of(data) for data in others}) == 4
    assert bundle.digest(MODULES) != bundle.digest(MODULES | {"hub.mpy": b"M\x06hut"})


def test_the_layout_is_the_one_in_the_docstring():
    count = int.from_bytes(DATA[4:6], "little")
    assert DATA[:4] == b"PLB\x01" and count == 4 + 3  # /, /aioble, /store
    offsets = [int.from_bytes(DATA[i : i + 4], "little") for i in range(24 + 4 * count, 80, 4)]
    assert offsets[:3] == [0, 0, 0]
    assert DATA[offsets[3] :].startswith(b"core") and DATA[offsets[4] :].startswith(b"M\x06hub")


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_any_byte_that_changes_is_seen(place, change):
    damaged = bytearray(DATA)
    damaged[place] ^= change
    with pytest.raises(bundle.BundleError):
        bundle.read(bytes(damaged))


@given(st.integers(0, len(DATA) - 1))
def test_a_file_that_is_cut_off_is_seen(size):
    with pytest.raises(bundle.BundleError):
        bundle.read(DATA[:size])


def test_names_that_the_board_could_not_tell_apart_are_refused():
    """plumless and buckeroo have one CRC-32, and so have they with the same around them."""
    with pytest.raises(bundle.BundleError, match="have one CRC: rename a module"):
        bundle.pack({"plumless.mpy": b"M", "buckeroo.mpy": b"M"}, "1")


@pytest.mark.parametrize("mpy", [XTENSAWIN, RV32IMC], ids=["xtensawin", "rv32imc"])
def test_the_blocks_of_flash_that_the_firmware_takes(mpy):
    files = build(FIRMWARE, mpy)
    modules = {path: data for path, data in files.items() if path not in AS_SOURCE}
    size = len(bundle.pack(modules, "0.0.0"))
    largest = sorted(modules, key=lambda path: -len(modules[path]))[:5]
    budget = room.TABLE["flash_blocks"]
    assert size <= budget["bundle"] * BLOCK, f"{size} bytes are too many; the largest: {largest}"
    assert size > (budget["bundle"] - SPARE) * BLOCK, f"{size} bytes: lower the figure in room.json"
    assert sum(-(-len(files[path]) // BLOCK) for path in AS_SOURCE) == budget["starters"]
