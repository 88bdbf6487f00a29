"""What a radio that does not come up leads to: a reset if it lacks memory, else a complaint."""

import sys

import fake_module

if not hasattr(sys, "print_exception"):  # CPython
    sys.print_exception = print


class Reset(Exception):
    """The board restarts."""


class Machine:
    """The module machine of a board: memory of its RTC, and a reset."""

    def __init__(self):
        self.kept = b""
        self.RTC = lambda: self  # MicroPython imports no method from an object
        self.memory = self._memory
        self.reset = self._reset

    def _memory(self, data=None):
        if data is not None:
            self.kept = data
        return self.kept

    def _reset(self):
        raise Reset


class Quiet:
    """A time in which nothing takes long."""

    @staticmethod
    def sleep(seconds):
        pass


class Part:
    """A part whose radio fails with that error."""

    def __init__(self, error):
        self.lost = False
        self.radio = lambda section: self._fail(error)

    def _fail(self, error):
        if error:
            raise error


def radios(machine):
    """The module, on that machine; it lets go of itself after use."""
    found = fake_module.import_with("radios", machine)
    found.time = Quiet
    return found


def start(machine, error):
    """A start with a part whose radio fails so; returns the settings, None after a reset."""
    found = radios(machine)
    part = Part(error)
    found.module = lambda wing, name: part
    settings = {"parts": ["thing"], "thing": {}, "packs": []}
    try:
        found.bring_up(settings)
    except Reset:
        return None
    return settings


NO_MEMORY = (
    OSError(12, "ENOMEM"),
    OSError("WiFi Out of Memory"),
    RuntimeError("Wifi Unknown Error 0x0101"),
    MemoryError(),
)
OTHERS = (
    OSError("Wifi Internal State Error"),
    OSError(19, "ENODEV"),
    RuntimeError("Wifi Unknown Error 0x3001"),
    ValueError("txpower"),
)


def test_a_radio_without_memory_is_a_reset_twice_then_it_is_left_out():
    for error in NO_MEMORY:
        machine = Machine()
        assert start(machine, error) is None and machine.kept == b"packlog thing1"
        assert start(machine, error) is None and machine.kept == b"packlog thing2"
        settings = start(machine, error)
        assert settings["lost"] == ["thing"] and settings["parts"] == []
        assert settings["complaints"] == ["No memory for thing: it is off"]
        assert machine.kept == b"packlog"  # the next start tries again


def test_any_other_error_of_a_radio_is_a_complaint():
    for error in OTHERS:
        machine = Machine()
        settings = start(machine, error)
        assert settings["lost"] == [] and settings["parts"] == ["thing"], error
        assert settings["complaints"] == [str(error)]
        assert machine.kept == b"packlog"


def test_a_radio_that_comes_up_is_no_reset_later():
    machine = Machine()
    machine.kept = b"packlog thing1"
    assert start(machine, None)["complaints"] == [] and machine.kept == b"packlog"


def test_a_link_that_lacks_memory_while_it_runs_asks_for_a_reset_any_other_error_is_its_own():
    machine = Machine()
    try:
        radios(machine).give_up("ble", OSError(12, "ENOMEM"))
        raise AssertionError
    except Reset:
        assert machine.kept == b"packlog ble1"
    for error in OTHERS:
        try:
            radios(machine).give_up("ble", error)
            raise AssertionError
        except (OSError, RuntimeError, ValueError) as raised:
            assert raised is error and machine.kept == b"packlog ble1"
