"""Removes what packlog 0.1 has left on a board: its modules were files in /. Only once the bundle
has proven itself: until then they are the way back.
"""

from collections.abc import Callable

from host_tools.board import files
from host_tools.board.device import Device
from host_tools.ground.words import counted
from host_tools.install import deploy


def tidy(device: Device, say: Callable[[str], None]) -> None:
    """Remove those that are as the install has left them, and its manifest."""
    manifest = deploy.Manifest.read(device)
    if not manifest:
        return
    files.remove(device, [deploy.TRIAL])  # it has readings
    starters = (deploy.BOOT, deploy.MAIN)
    old = [path for path in manifest.unchanged(device) if path not in starters]
    files.remove(device, old)
    files.remove(device, [deploy.MANIFEST])
    say(f"removed the {counted(len(old), 'file')} of packlog {manifest.version}")
