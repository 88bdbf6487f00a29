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

// native.c
void rv32_alloc_exec(__SIZE_TYPE__ bytes, void **code, __SIZE_TYPE__ *size);
void *rv32_commit_exec(void *code, __SIZE_TYPE__ bytes, void *relocation);
// Native code in RAM is executed from its copy; what is frozen lies below that.
#define RV32_RAM (0x80400000u) // as ports/qemu/mcu/rv32/virt.ld has it
#define RV32_COPY (0x08000000u) // so far behind the code lies its copy
#define rv32_callable(code) \
    ((void *)((unsigned)(code) + ((unsigned)(code) < RV32_RAM ? 0 : RV32_COPY)))
#define MICROPY_INTERNAL_WFE(ms) rv32_idle(ms)
#define MP_PLAT_ALLOC_EXEC(bytes, code, size) rv32_alloc_exec(bytes, code, size)
#define MP_PLAT_COMMIT_EXEC(code, size, relocation) rv32_commit_exec(code, size, relocation)
#define MP_PLAT_FREE_EXEC(code, size) m_del(byte, code, size)
#define MICROPY_MAKE_POINTER_CALLABLE(code) rv32_callable(code)
#define MICROPY_PERSISTENT_CODE_TRACK_FUN_DATA (0)
#define MICROPY_PERSISTENT_CODE_TRACK_BSS_RODATA (0)
