"""Freezes packlog into a MicroPython of one's own: docs/frozen.md.

make BOARD=... FROZEN_MANIFEST=/path/to/packlog/firmware/manifest.py

Takes what the port freezes by itself, then packlog with boot.py and main.py, which MicroPython runs
from there; config.json and the history stay on the file system. Who includes this file can switch
off native (modules in native code: then their plain twins are frozen) and aioble.
"""

import os

options.defaults(native=True, aioble=True)

include("$(PORT_DIR)/boards/manifest.py")
if options.aioble:
    require("aioble-central")
    require("aioble-client")

twins = "_plain.py" if options.native else "_viper.py"  # the ones that are not needed

for folder, _, names in sorted(os.walk(".")):
    for name in sorted(names):
        if name.endswith(".py") and name != "manifest.py" and not name.endswith(twins):
            freeze(".", os.path.relpath(os.path.join(folder, name), "."), opt=3)
