"""Freezes packlog into a MicroPython of one's own: docs/frozen.md.

make BOARD=... FROZEN_MANIFEST=/path/to/packlog/firmware/manifest.py

Takes what the port freezes by itself, then packlog with boot.py and main.py, which MicroPython runs
from there; config.json and the history stay on the file system. Who includes this file can have it
without aioble, and say which of a module's two forms to leave out: _plain, or _viper (native code)
for a chip that MicroPython has no native code for.
"""

import os

options.defaults(aioble=True, leave_out="_plain")

include("$(PORT_DIR)/boards/manifest.py")
if options.aioble:
    require("aioble-central")
    require("aioble-client")

for folder, _, names in sorted(os.walk(".")):
    for name in sorted(names):
        stem, suffix = os.path.splitext(name)
        unwanted = options.leave_out and stem.endswith(options.leave_out)
        if suffix == ".py" and stem != "manifest" and not unwanted:
            freeze(".", os.path.relpath(os.path.join(folder, name), "."), opt=3)
