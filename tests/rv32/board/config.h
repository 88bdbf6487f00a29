// The qemu port's configuration, brought nearer to an ESP32's: see mpconfigboard.mk.
#include "mpconfigport.h"

#undef MICROPY_PY_TIME
#undef MICROPY_PY_SELECT
#undef MICROPY_PY_ASYNCIO

#define MICROPY_PY_TIME (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_INCLUDEFILE "boards/PACKLOG_RV32/time.inc"
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_OS_INCLUDEFILE "boards/PACKLOG_RV32/os.inc"
#define MICROPY_PY_OS_URANDOM (1)
#define MICROPY_OPT_COMPUTED_GOTO (1)
#define MICROPY_GC_SPLIT_HEAP (1) // rv32.add_heap
#define MICROPY_STACK_CHECK_MARGIN (1024)

// aside.c
void rv32_idle(unsigned ms);
void rv32_alloc_exec(__SIZE_TYPE__ bytes, void **code, __SIZE_TYPE__ *size);
#define MICROPY_INTERNAL_WFE(ms) rv32_idle(ms)
#define MP_PLAT_ALLOC_EXEC(bytes, code, size) rv32_alloc_exec(bytes, code, size)
#define MP_PLAT_FREE_EXEC(code, size) m_del(byte, code, size)
#define MICROPY_PERSISTENT_CODE_TRACK_FUN_DATA (0)
#define MICROPY_PERSISTENT_CODE_TRACK_BSS_RODATA (0)
