"""What every test needs: virtual boards, and a time that MicroPython would recognise."""

import asyncio
import gc
import os
import sys
import time
from unittest import mock

import pytest
import tamp  # noqa: F401 - before stand-ins for MicroPython's modules are there: it tries them
from hypothesis import HealthCheck, settings
from mpremote import transport_serial

# tamp has just tried MicroPython's own module; there is a stand-in for it in tests/standin
sys.modules.pop("micropython", None)

# The same examples in every run, however slow; for new ones: tests/run.sh
# --hypothesis-profile=default
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

os.environ["COLUMNS"] = "80"  # of a terminal that is none: tables and help are not cut short
if os.environ.get("PACKLOG_AIOBLE"):  # what tests start runs in folders of its own
    os.environ["PACKLOG_AIOBLE"] = os.path.abspath(os.environ["PACKLOG_AIOBLE"])

from host_tools.sim import rig  # noqa: E402

from tests.helpers import boards, home_bench, network_bench  # noqa: E402
from tests.rv32 import build  # noqa: E402

if not hasattr(asyncio, "sleep_ms"):  # MicroPython's, for firmware code that runs on CPython

    async def sleep_ms(ms):
        await asyncio.sleep(ms / 1000)

    asyncio.sleep_ms = sleep_ms


class Quick:
    """time for mpremote: it looks every 10 ms whether a board has answered, here every 1 ms."""

    monotonic = staticmethod(time.monotonic)

    @staticmethod
    def sleep(seconds):
        time.sleep(min(seconds, 0.001))


def pytest_collection_finish():
    leave_alone_what_is_there()


def leave_alone_what_is_there():
    """Device code collects often, and then need not look at all that was there before it."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    if nextitem is not None and nextitem.path != item.path:  # what that file's tests have imported
        leave_alone_what_is_there()


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(0))


def skipping_without_a_radio():
    """A test with a simulated radio is skipped on a Python that is too old for one."""
    try:
        return (yield)
    except rig.NoRadio as reason:
        if sys.version_info >= rig.RADIO_PYTHON:
            raise
        pytest.skip(str(reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup():
    return (yield from skipping_without_a_radio())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call():
    return (yield from skipping_without_a_radio())


@pytest.fixture(scope="session", autouse=True)
def quick_mpremote():
    """The real one, but for how often it looks."""
    with mock.patch.object(transport_serial, "time", Quick):
        yield


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A flash image with the firmware on it, as `packlog install` leaves it."""
    image = tmp_path_factory.mktemp("installed") / "flash.img"
    boards.install_once(image)
    return image


@pytest.fixture
def bench(installed, tmp_path):
    """bench(config=None, files={}, **plan): a virtual board with the firmware installed and these
    files beside it, switched on.
    """
    made = []

    def make(config=None, files=None, **plan):
        image = boards.copy_of(installed, tmp_path)
        boards.put_files(image, files or {})
        made.append(boards.Bench(image, config, **plan))
        return made[-1].start()

    yield make
    for each in made:
        each.close()


@pytest.fixture
def at_home(bench):
    """at_home(config=None, ahead=None, **plan): a board that has settled in a home network."""
    return lambda *arguments, **plan: home_bench.HomeBoard(bench, *arguments, **plan)


@pytest.fixture
def net_bench(tmp_path):
    """A board in a home network that runs a main.py of the test's own."""
    made = network_bench.NetworkBench(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def built():
    """The build; a failure or a skip, with the reason, if there is none."""
    try:
        return build.find()
    except build.Unavailable as reason:
        if build.required():
            pytest.fail(f"no MicroPython for RV32, though it is required: {reason}")
        pytest.skip(f"no MicroPython for RV32: {reason}")
