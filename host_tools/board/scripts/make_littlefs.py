"""Erases the file system and makes a littlefs in its place."""

import vfs


def make_littlefs():
    from flashbdev import bdev  # an ESP32's

    if bdev.ioctl(5, 0) != 4096:
        raise OSError("its flash driver has small blocks: put the usual MicroPython on it first")
    vfs.umount("/")
    vfs.VfsLfs2.mkfs(bdev)
    vfs.mount(vfs.VfsLfs2(bdev), "/")
