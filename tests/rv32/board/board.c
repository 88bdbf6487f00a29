// The time of qemu's machine "virt", and the module rv32 with which the tests set it, count
// instructions, enlarge the heap, and reach the flash image that qemu has loaded.

#include <string.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "aside.h"

#define MTIME_LOW (*(volatile uint32_t *)0x0200bff8)
#define MTIME_HIGH (*(volatile uint32_t *)0x0200bffc)
#define MTIME_PER_US (10)
#define SPARE_RAM ((char *)0x81000000) // the linker script ends below
#define SPARE_RAM_END ((char *)0x85f00000)
#define FLASH ((char *)0x86000000) // where qemu loads the image: machine.py says so, too
#define BLOCK (4096)

static uint64_t ticks_offset_us;
static uint64_t time_offset_us;
static char *spare_ram = SPARE_RAM;

static uint64_t uptime_us(void) {
    uint32_t high, low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    return ((uint64_t)high << 32 | low) / MTIME_PER_US;
}

// Time passes by itself while the processor works; while it waits, see aside.c.
void rv32_pass(mp_uint_t ms) {
    ticks_offset_us += (uint64_t)ms * 1000;
    time_offset_us += (uint64_t)ms * 1000;
}

mp_uint_t mp_hal_ticks_us(void) {
    return uptime_us() + ticks_offset_us;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return (uptime_us() + ticks_offset_us) / 1000;
}

mp_uint_t mp_hal_ticks_cpu(void) {
    uint32_t count;
    __asm volatile ("csrr %0, minstret" : "=r" (count));
    return count;
}

uint64_t mp_hal_time_ns(void) {
    return (uptime_us() + time_offset_us) * 1000;
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = uptime_us() + us;
    while (uptime_us() < end) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    uint64_t end = uptime_us() + ticks_offset_us + (uint64_t)ms * 1000;
    uint64_t now;
    while ((now = uptime_us() + ticks_offset_us) < end) {
        mp_event_handle_nowait();
        rv32_idle((end - now + 999) / 1000);
    }
}

// set_ticks(ms): what time.ticks_ms() says now; time.ticks_us() says 1000 times that.
static mp_obj_t rv32_set_ticks(mp_obj_t ms) {
    ticks_offset_us = (uint64_t)mp_obj_get_int(ms) * 1000 - uptime_us();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(rv32_set_ticks_obj, rv32_set_ticks);

// set_time(s, us): what time.time() says now, in seconds since 2000.
static mp_obj_t rv32_set_time(mp_obj_t s, mp_obj_t us) {
    uint64_t seconds = (mp_uint_t)mp_obj_get_int_truncated(s);
    time_offset_us = seconds * 1000000 + mp_obj_get_int(us) - uptime_us();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(rv32_set_time_obj, rv32_set_time);

// instructions(): how many the processor has carried out; exact with qemu's -icount shift=0.
static mp_obj_t rv32_instructions(void) {
    uint32_t high, low, again;
    do {
        __asm volatile ("csrr %0, minstreth" : "=r" (high));
        __asm volatile ("csrr %0, minstret" : "=r" (low));
        __asm volatile ("csrr %0, minstreth" : "=r" (again));
    } while (high != again);
    return mp_obj_new_int_from_ull((uint64_t)high << 32 | low);
}
static MP_DEFINE_CONST_FUN_OBJ_0(rv32_instructions_obj, rv32_instructions);

// add_heap(size): more heap than an ESP32 has, for tests that hold a whole flash in it.
static mp_obj_t rv32_add_heap(mp_obj_t size) {
    mp_int_t bytes = mp_obj_get_int(size);
    if (bytes < 4096 || bytes > SPARE_RAM_END - spare_ram) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such room"));
    }
    gc_add(spare_ram, spare_ram + bytes);
    spare_ram += bytes;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(rv32_add_heap_obj, rv32_add_heap);

// Flash(blocks): the image as a block device. What is written is lost with the process.
typedef struct {
    mp_obj_base_t base;
    mp_uint_t blocks;
} flash_t;

static mp_obj_t flash_make_new(const mp_obj_type_t *type, size_t n, size_t kw, const mp_obj_t *args) {
    mp_arg_check_num(n, kw, 1, 1, false);
    flash_t *self = mp_obj_malloc(flash_t, type);
    self->blocks = mp_obj_get_int(args[0]);
    return MP_OBJ_FROM_PTR(self);
}

static char *flash_range(const mp_obj_t *args, size_t n, size_t size) {
    flash_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_uint_t start = mp_obj_get_int(args[1]) * BLOCK + (n > 3 ? mp_obj_get_int(args[3]) : 0);
    if (start > self->blocks * BLOCK || size > self->blocks * BLOCK - start) {
        mp_raise_ValueError(MP_ERROR_TEXT("outside the flash"));
    }
    return FLASH + start;
}

static mp_obj_t flash_readblocks(size_t n, const mp_obj_t *args) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[2], &buf, MP_BUFFER_WRITE);
    memcpy(buf.buf, flash_range(args, n, buf.len), buf.len);
    return MP_OBJ_NEW_SMALL_INT(0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

static mp_obj_t flash_writeblocks(size_t n, const mp_obj_t *args) {
    mp_buffer_info_t buf;
    mp_get_buffer_raise(args[2], &buf, MP_BUFFER_READ);
    memcpy(flash_range(args, n, buf.len), buf.buf, buf.len);
    return MP_OBJ_NEW_SMALL_INT(0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self, mp_obj_t op, mp_obj_t arg) {
    switch (mp_obj_get_int(op)) {
        case 4:
            return mp_obj_new_int(((flash_t *)MP_OBJ_TO_PTR(self))->blocks);
        case 5:
            return MP_OBJ_NEW_SMALL_INT(BLOCK);
        case 6: {
            mp_obj_t args[] = { self, arg };
            memset(flash_range(args, 2, BLOCK), 0xff, BLOCK);
        }
    }
    return MP_OBJ_NEW_SMALL_INT(0);
}
static MP_DEFINE_CONST_FUN_OBJ_3(flash_ioctl_obj, flash_ioctl);

static const mp_rom_map_elem_t flash_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&flash_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&flash_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&flash_ioctl_obj) },
};
static MP_DEFINE_CONST_DICT(flash_locals, flash_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    flash_type, MP_QSTR_Flash, MP_TYPE_FLAG_NONE, make_new, flash_make_new, locals_dict, &flash_locals);

static const mp_rom_map_elem_t rv32_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_rv32) },
    { MP_ROM_QSTR(MP_QSTR_set_ticks), MP_ROM_PTR(&rv32_set_ticks_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_time), MP_ROM_PTR(&rv32_set_time_obj) },
    { MP_ROM_QSTR(MP_QSTR_instructions), MP_ROM_PTR(&rv32_instructions_obj) },
    { MP_ROM_QSTR(MP_QSTR_add_heap), MP_ROM_PTR(&rv32_add_heap_obj) },
    { MP_ROM_QSTR(MP_QSTR_Flash), MP_ROM_PTR(&flash_type) },
    { MP_ROM_QSTR(MP_QSTR_aside), MP_ROM_PTR(&rv32_aside_obj) },
    { MP_ROM_QSTR(MP_QSTR_counted), MP_ROM_PTR(&rv32_counted_obj) },
    { MP_ROM_QSTR(MP_QSTR_on_idle), MP_ROM_PTR(&rv32_on_idle_obj) },
    { MP_ROM_QSTR(MP_QSTR_largest), MP_ROM_PTR(&rv32_largest_obj) },
    { MP_ROM_QSTR(MP_QSTR_native), MP_ROM_PTR(&rv32_native_obj) },
    { MP_ROM_QSTR(MP_QSTR_names), MP_ROM_PTR(&rv32_names_obj) },
};
static MP_DEFINE_CONST_DICT(rv32_globals, rv32_globals_table);

const mp_obj_module_t rv32_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&rv32_globals,
};

MP_REGISTER_MODULE(MP_QSTR_rv32, rv32_module);
