"""Freezes packlog into a MicroPython of one's own: docs/frozen.md.

make BOARD=... FROZEN_MANIFEST=/path/to/packlog/firmware/manifest.py

Takes what the port freezes by itself, then packlog with boot.py and main.py, which MicroPython runs
from there; config.json and the history stay on the file system. Who includes this file can have it
without aioble, and say which of a module's two forms to leave out: _plain, or _viper (native code)
for a chip that MicroPython has no native code for.
"""

import atexit
import os
import shutil
import sys
import tempfile

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

# What the PC's build makes of the keys that each thing says of itself
sys.path.append(os.path.abspath(".."))
from host_tools.ground.firmware import CONFIG_KEYS, config_keys_source

made = tempfile.mkdtemp(prefix="packlog-")
atexit.register(shutil.rmtree, made)
with open(os.path.join(made, CONFIG_KEYS + ".py"), "w") as file:
    file.write(config_keys_source())
freeze(made, opt=3)
