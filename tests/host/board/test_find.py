"""Which of the PC's serial ports is a board, and what is said of the others."""

import dataclasses

import pytest
import typer
from host_tools.board.find import find_port
from host_tools.ground.errors import PacklogError
from host_tools.install import questions
from tests.helpers.command_line import packlog_here
from typer.testing import CliRunner


@dataclasses.dataclass
class Usb:
    """A port as pyserial lists it."""

    device: str
    vid: int | None = 0x10C4
    pid: int | None = 0xEA60
    description: str = "CP2102 USB to UART"
    manufacturer: str | None = "Silicon Labs"


GPS = Usb("/dev/ttyACM0", 0x1546, 0x01A8, "u-blox GNSS receiver", "u-blox AG")
MODEM = Usb("/dev/ttyACM1", 0x12D1, 0x1001, "n/a", None)
INTERNAL = Usb("/dev/ttyS0", None, None)
BOARD, OTHER = Usb("/dev/ttyUSB0"), Usb("/dev/ttyUSB1", 0x303A, 0x1001, "USB JTAG", "Espressif")


@pytest.fixture
def ports(monkeypatch):
    """ports(*found): what is plugged in."""
    return lambda *found: monkeypatch.setattr(
        "serial.tools.list_ports.comports", lambda: list(found)
    )


def test_of_several_boards_one_is_chosen_if_there_is_a_terminal(ports):
    ports(OTHER, BOARD)
    with pytest.raises(PacklogError) as error:
        find_port()
    assert str(error.value) == (
        "several boards found: name one, as in --port /dev/ttyUSB0, or PACKLOG_PORT=/dev/ttyUSB0: "
        "/dev/ttyUSB0 (CP2102 USB to UART, Silicon Labs), /dev/ttyUSB1 (USB JTAG, Espressif)"
    )
    with CliRunner().isolation(input="7\n2\n") as streams:
        assert find_port(questions.which_port) == "/dev/ttyUSB1"
        assert "2 /dev/ttyUSB1  USB JTAG, Espressif" in streams[1].getvalue().decode()
    with CliRunner().isolation(input=""), pytest.raises(typer.Abort):
        find_port(questions.which_port)


def test_what_is_no_board_is_not_called_one(ports):
    ports(GPS, MODEM, INTERNAL)
    for choose in (None, lambda found: pytest.fail("it is not asked for")):
        with pytest.raises(PacklogError) as error:
            find_port(choose)
        assert str(error.value) == (
            "no board found, only other serial devices: /dev/ttyACM0 (u-blox GNSS receiver, u-blox "
            "AG), /dev/ttyACM1 (USB 12d1:1001). If one is the board: --port /dev/ttyACM0, or "
            "PACKLOG_PORT=/dev/ttyACM0"
        )


def test_a_board_beside_other_devices_is_found(ports):
    ports(GPS, BOARD, MODEM)
    assert find_port() == "/dev/ttyUSB0"


def test_without_anything_it_says_how_a_port_is_named(ports):
    ports(INTERNAL)
    with pytest.raises(PacklogError, match=r"plug it in, or name its port, as in --port /dev/tty"):
        find_port()


def test_the_environment_names_a_port_and_an_option_goes_before_it(monkeypatch):
    monkeypatch.setenv("PACKLOG_PORT", "/dev/none1")
    for words in (("watch",), ("info",), ("config", "show"), ("install",)):
        assert "/dev/none1 does not exist" in packlog_here(*words).stderr, words
    assert "/dev/none2 does not exist" in packlog_here("watch", "--port", "/dev/none2").stderr
