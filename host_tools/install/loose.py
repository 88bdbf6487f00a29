"""`packlog install --loose`: the modules one by one in the folder /packlog.loose, for people who change
them on the board.

They have all their names, so that a module of your own, FOLDER/store/frame.py beside frame.mpy, takes
its place. While the folder is there the bundle is not started. It has another name while it is
changed, so a board that loses its power meanwhile starts its bundle.
"""

from collections.abc import Callable

from host_tools.board import files
from host_tools.board.device import Device
from host_tools.install import deploy
from host_tools.ground.progress import Progress

CHANGING = "/packlog.part.d"
ASIDE = "/packlog.mine"
