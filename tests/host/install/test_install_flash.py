"""Flashing MicroPython itself, as far as that goes without a chip: which image goes where, what
esptool is told, and what becomes of its complaints.
"""

import json
import sys

import pytest
from host_tools.ground.errors import PacklogError
from host_tools.install import flash_rom
from host_tools.install.families import FAMILIES
from host_tools.install.install import Options, install
from tests.helpers.installing import board_on, mini, put

# Stands in for esptool: keeps its arguments, says what it is told to, ends as it is told to
ESPTOOL = """
import json, sys
from pathlib import Path
here = Path(__file__).parent
(here / "arguments.json").write_text(json.dumps(sys.argv[1:]))
said, code = json.loads((here / "answer.json").read_text())
print(said)
sys.exit(code)
"""


def image_for(path, image_id, offset, table=True):
    """The shape of an image: bootloader's header, and the partition table where it belongs."""
    data = bytearray(b"\xff" * (0x9000 - offset))
    data[0] = 0xE9
    data[12:14] = image_id.to_bytes(2, "little")
    if table:
        data[0x8000 - offset : 0x8002 - offset] = b"\xaa\x50"
    path.write_bytes(data)
    return path


def test_nothing_is_erased_without_something_to_put_there():
    with pytest.raises(PacklogError, match="--erase goes with --micropython FILE"):
        install("/dev/nonesuch", None, lambda line: None, Options(erase=True))


@pytest.fixture
def esptool(tmp_path, monkeypatch):
    """esptool(said, code): lets it say so; returns what it was told, afterwards."""
    folder = tmp_path / "fake"
    folder.mkdir()
    (folder / "esptool.py").write_text(ESPTOOL)
    monkeypatch.setenv("PYTHONPATH", str(folder))

    def answer(said="Hash of data verified.", code=0):
        (folder / "answer.json").write_text(json.dumps([said, code]))
        return lambda: json.loads((folder / "arguments.json").read_text())

    return answer


@pytest.mark.parametrize(
    ("chip", "offset"),
    [
        ("esp32", "0x1000"),
        ("esp32s2", "0x1000"),
        ("esp32s3", "0x0"),
        ("esp32c3", "0x0"),
        ("esp32c6", "0x0"),
    ],
)
def test_an_image_says_its_chip_and_the_chip_its_place(tmp_path, chip, offset):
    family = next(family for family in FAMILIES if family.chip == chip)
    image = image_for(tmp_path / "image.bin", family.image_id, family.image_offset)
    assert flash_rom.family_of_image(image) is family
    command = flash_rom.command("/dev/ttyUSB0", image, family, erase=False)
    assert command == [
        *(sys.executable, "-m", "esptool", "--chip", chip, "--port", "/dev/ttyUSB0"),
        *("--baud", "460800", "write-flash", offset, str(image)),
    ]
    assert "--erase-all" in flash_rom.command("/dev/ttyUSB0", image, family, erase=True)


def test_what_is_no_image_is_refused(tmp_path):
    path = tmp_path / "image.bin"
    with pytest.raises(PacklogError, match=r"image.bin cannot be read: No such file"):
        flash_rom.family_of_image(path)
    path.write_bytes(b"PK\x03\x04" + bytes(0x9000))
    with pytest.raises(PacklogError, match="is not a MicroPython image"):
        flash_rom.family_of_image(path)
    image_for(path, 9, 0, table=False)
    with pytest.raises(PacklogError, match=r"is a part of an image only: take the .bin"):
        flash_rom.family_of_image(path)
    image_for(path, 18, 0)
    with pytest.raises(PacklogError, match="for a chip that packlog does not know: it knows esp32"):
        flash_rom.family_of_image(path)


def test_the_real_esptool_understands_the_command(tmp_path):
    """It gets as far as opening the port, which is not there."""
    image = image_for(tmp_path / "image.bin", 5, 0)
    with pytest.raises(PacklogError) as error:
        flash_rom.flash("/dev/nonesuch", image, True, lambda line: None)
    assert str(error.value).startswith("MicroPython could not be flashed: Could not open /dev/none")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "A fatal error occurred: Failed to connect to ESP32-C3: No serial data received.\n",
            "No serial data received: hold the board's BOOT button while you plug it in",
        ),
        (
            "A fatal error occurred: This chip is ESP32-S3, not ESP32-C3. Wrong chip argument?\n\n",
            "flashed: This chip is ESP32-S3, not ESP32-C3",
        ),
        ("/usr/bin/python: No module named esptool", "esptool is missing: pip install esptool"),
        ("", "esptool said nothing"),
    ],
)
def test_what_esptool_complains_of_is_one_line(tmp_path, esptool, said, line):
    esptool(said, 2)
    image = image_for(tmp_path / "image.bin", 5, 0)
    with pytest.raises(PacklogError) as error:
        flash_rom.flash("/dev/ttyUSB0", image, False, lambda line: None)
    assert line in str(error.value) and "\n" not in str(error.value)


def test_after_the_flashing_the_install_goes_on(tmp_path, esptool):
    told = esptool()
    image = image_for(tmp_path / "image.bin", 0, 0x1000)
    with board_on(tmp_path / "flash.img") as (_, port):
        said = put(port, mini(tmp_path / "mini"), micropython=image, erase=True)
        assert told()[-4:] == ["write-flash", "--erase-all", "0x1000", str(image)]
        assert told()[:4] == ["--chip", "esp32", "--port", port]
    assert said[:2] == [
        "flashing image.bin, for esp32, erasing everything ...",
        "MicroPython is on the board",
    ]
    assert said[-1] == "the logger runs: house sends readings"


def test_a_wrong_image_is_refused_before_anything_is_opened(tmp_path):
    options = Options(micropython=tmp_path / "nonesuch.bin")
    with pytest.raises(PacklogError, match=r"nonesuch.bin cannot be read"):
        install("/dev/nonesuch", None, lambda line: None, options)
