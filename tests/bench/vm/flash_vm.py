"""The board's side of flash_life: feeds readings to the store on littlefs and counts erases.

Runs on MicroPython, with the firmware, tests/device and host_tools on MICROPYPATH. On stdin comes
what host_tools/trial/encode_vm.py takes; the job also says blocks (of the flash), leave (how many
of them other files leave free) and before (a folder on the host: the history that is there already,
or null). Prints JSON.
"""

import gc
import json
import os
import sys

from encode_vm import Feeder
from ram_flash import RamFlash, fill

_FOLDER = 0x4000


class Counter(Feeder):
    """A Feeder that counts the flushes."""

    def __init__(self, job):
        super().__init__(job)
        self.flushes = 0
        self._flush = self._history.flush
        self._history.flush = self._counted

    def _counted(self, *arguments):
        self.flushes += 1
        return self._flush(*arguments)


def copy(source, target):
    """A folder and all below."""
    os.mkdir(target)
    for name, kind, *_ in list(os.ilistdir(source)):
        if kind == _FOLDER:
            copy(source + "/" + name, target + "/" + name)
        else:
            with open(source + "/" + name, "rb") as file, open(target + "/" + name, "wb") as out:
                out.write(file.read())


def main():
    """Wear counts from when the history is there."""
    file = sys.stdin.buffer
    job = json.loads(file.readline())
    flash = RamFlash(job["blocks"])
    with flash.mounted() as root:
        fill(root + "/others", job["leave"])
        job["folder"] = root + "/data"
        if job["before"]:
            copy(job["before"], job["folder"])
        else:
            os.mkdir(job["folder"])
        counter = Counter(job)
        worn = list(flash.wear)
        gc.collect()
        counter.run(file)
        free = os.statvfs(root)[3]
    result = counter.result()
    result["flushes"] = counter.flushes
    result["wear"] = [now - then for now, then in zip(flash.wear, worn)]
    result["free_blocks"] = free
    print(json.dumps(result))


main()
