# MicroPython's own qemu board VIRT_RV32 with what an ESP32's build has and that one leaves out:
# time, asyncio, select, littlefs, os.urandom. Copied into ports/qemu/boards by build.py.

include boards/VIRT_RV32/mpconfigboard.mk

CFLAGS += -DMP_CONFIGFILE='"boards/PACKLOG_RV32/config.h"'
MICROPY_VFS_LFS2 = 1
MICROPY_HEAP_SIZE = 262144
FROZEN_MANIFEST ?= boards/PACKLOG_RV32/manifest.py

SRC_C += \
	boards/PACKLOG_RV32/board.c \
	boards/PACKLOG_RV32/aside.c \
	boards/PACKLOG_RV32/native.c \
	shared/timeutils/timeutils.c \


# What aside.c puts itself before
ASIDE = gc_init gc_alloc gc_realloc gc_collect_start gc_collect_end gc_info
LDFLAGS += $(addprefix -Wl$(comma)--wrap=,$(ASIDE))
comma := ,
