"""What several tests want compiled, made before they start: each takes seconds, and they would make
it at the same time.

python -m tests.helpers.builds
"""

from concurrent.futures import ProcessPoolExecutor

from host_tools.build import compile
from host_tools.ground.firmware import FIRMWARE
from tests.helpers import shrunk

_X64_MPY = 6 | 3 << 8 | 2 << 10  # what sys.implementation._mpy says there


def installed() -> None:
    """The firmware as it is installed."""
    compile.build(FIRMWARE, _X64_MPY)


def main() -> None:
    """Make them, as many at once as there are cores."""
    with ProcessPoolExecutor() as workers:
        for made in [workers.submit(installed), workers.submit(shrunk.shrunk)]:
            made.result()


if __name__ == "__main__":
    main()
