"""packlog on the PC: install, pull, decode, replay, watch and the virtual board."""

import host_tools.ground.firmware  # noqa: F401 - puts the firmware's plain modules on the path
