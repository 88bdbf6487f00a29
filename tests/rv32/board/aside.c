// A heap as an ESP32's, of a size that qemu's command line sets, for measuring what packlog needs.
//
// It has an ESP32's areas: 56 KB, and if it is larger one more with the rest. What measures, and
// what stands in for the C modules of an ESP32, is kept apart: rv32.aside(f, ...) calls f with
// allocations from an area of their own, which gc.mem_alloc() and the firmware never see. Nothing
// is aside unless the heap's size was set.

#include <string.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/qstr.h"
#include "py/runtime.h"
#include "aside.h"

#define HEAP_BYTES (*(volatile uint32_t *)0x85fffff0) // machine.py says so, too; 0: as built
#define FIRST_AREA (56 * 1024)
#define HEAP ((char *)0x85f00000)
#define ASIDE ((char *)0x85f80000)
#define ASIDE_END ((char *)0x85fff000)

static mp_state_mem_area_t *newest; // the last area of the heap that counts
static mp_state_mem_area_t *aside; // NULL: the heap is as built
static bool is_aside; // where allocations go
static bool is_searching; // the area aside is hidden, but for a collection

void __real_gc_init(void *start, void *end);
void *__real_gc_alloc(size_t bytes, unsigned int flags);
void *__real_gc_realloc(void *ptr, size_t bytes, bool allow_move);
void __real_gc_collect_start(void);
void __real_gc_collect_end(void);
void __real_gc_info(gc_info_t *info);

static void show(bool shown) {
    newest->next = shown ? aside : NULL;
}

void __wrap_gc_init(void *start, void *end) {
    size_t bytes = HEAP_BYTES;
    if (!bytes) {
        __real_gc_init(start, end);
        return;
    }
    size_t first = MIN(bytes, FIRST_AREA);
    __real_gc_init(HEAP, HEAP + first);
    newest = &MP_STATE_MEM(area);
    if (bytes > first) {
        gc_add(HEAP + first, HEAP + bytes);
        newest = newest->next;
    }
    gc_add(ASIDE, ASIDE_END);
    aside = newest->next;
}

static void *alloc(void *ptr, size_t bytes, unsigned int flags, bool is_new, bool allow_move) {
    return is_new ? __real_gc_alloc(bytes, flags) : __real_gc_realloc(ptr, bytes, allow_move);
}

static void *alloc_in(bool in_aside, void *ptr, size_t bytes, unsigned int flags, bool is_new, bool allow_move) {
    bool before = is_aside;
    is_aside = in_aside;
    void *found;
    if (in_aside) {
        size_t amount = MP_STATE_MEM(gc_alloc_amount);
        MP_STATE_MEM(gc_last_free_area) = aside;
        found = alloc(ptr, bytes, flags, is_new, allow_move);
        MP_STATE_MEM(gc_alloc_amount) = amount;
    } else {
        if (MP_STATE_MEM(gc_last_free_area) == aside) {
            MP_STATE_MEM(gc_last_free_area) = &MP_STATE_MEM(area);
        }
        is_searching = true;
        show(false);
        found = alloc(ptr, bytes, flags, is_new, allow_move);
        show(true);
        is_searching = false;
    }
    is_aside = before;
    return found;
}

void *__wrap_gc_alloc(size_t bytes, unsigned int flags) {
    if (!aside) {
        return __real_gc_alloc(bytes, flags);
    }
    return alloc_in(is_aside, NULL, bytes, flags, true, false);
}

// What lies on one side stays there, whoever makes it larger.
void *__wrap_gc_realloc(void *ptr, size_t bytes, bool allow_move) {
    if (!aside) {
        return __real_gc_realloc(ptr, bytes, allow_move);
    }
    bool in_aside = is_aside;
    if (ptr) {
        in_aside = (char *)ptr >= ASIDE && (char *)ptr < ASIDE_END;
    }
    return alloc_in(in_aside, ptr, bytes, 0, false, allow_move);
}

void __wrap_gc_collect_start(void) {
    if (aside) {
        show(true);
    }
    __real_gc_collect_start();
}

void __wrap_gc_collect_end(void) {
    __real_gc_collect_end();
    if (aside && is_aside) {
        MP_STATE_MEM(gc_last_free_area) = aside;
    } else if (is_searching) {
        show(false);
    }
}

void __wrap_gc_info(gc_info_t *info) {
    if (aside) {
        show(false);
    }
    __real_gc_info(info);
    if (aside) {
        show(true);
    }
}

static mp_obj_t call(bool in_aside, size_t n, const mp_obj_t *args, mp_map_t *named) {
    bool before = is_aside;
    is_aside = in_aside && aside;
    nlr_buf_t nlr;
    if (nlr_push(&nlr)) {
        is_aside = before;
        nlr_jump(nlr.ret_val);
    }
    // The names and values follow each other behind the arguments
    mp_obj_t all[n + 2 * named->used];
    memcpy(all, args + 1, (n - 1) * sizeof(mp_obj_t));
    size_t at = n - 1;
    for (size_t i = 0; i < named->alloc; ++i) {
        if (mp_map_slot_is_filled(named, i)) {
            all[at++] = named->table[i].key;
            all[at++] = named->table[i].value;
        }
    }
    mp_obj_t result = mp_call_function_n_kw(args[0], n - 1, named->used, all);
    nlr_pop();
    is_aside = before;
    return result;
}

// aside(f, ...): f(...), with what it allocates out of the heap that counts.
static mp_obj_t rv32_aside(size_t n, const mp_obj_t *args, mp_map_t *named) {
    return call(true, n, args, named);
}
MP_DEFINE_CONST_FUN_OBJ_KW(rv32_aside_obj, 1, rv32_aside);

// counted(f, ...): f(...) as the firmware calls it, for those who are aside.
static mp_obj_t rv32_counted(size_t n, const mp_obj_t *args, mp_map_t *named) {
    return call(false, n, args, named);
}
MP_DEFINE_CONST_FUN_OBJ_KW(rv32_counted_obj, 1, rv32_counted);

// on_idle(f): while the processor has nothing to do, f(ms) is called, aside. It is idle for ms at
// most and gives back after how many of them it is not; they have passed then.
static mp_obj_t rv32_on_idle(mp_obj_t f) {
    MP_STATE_VM(rv32_on_idle) = f;
    return mp_const_none;
}
MP_DEFINE_CONST_FUN_OBJ_1(rv32_on_idle_obj, rv32_on_idle);
MP_REGISTER_ROOT_POINTER(mp_obj_t rv32_on_idle);

void rv32_idle(unsigned ms) {
    mp_obj_t f = MP_STATE_VM(rv32_on_idle);
    if (f == MP_OBJ_NULL || is_aside) {
        return;
    }
    mp_obj_t args[] = { f, MP_OBJ_NEW_SMALL_INT(MIN(ms, 10000)) };
    mp_map_t none;
    mp_map_init(&none, 0);
    rv32_pass(mp_obj_get_int(call(true, 2, args, &none)));
}

// largest(): bytes of the largest free block of the heap that counts.
static mp_obj_t rv32_largest(void) {
    gc_info_t info;
    __wrap_gc_info(&info);
    return mp_obj_new_int(info.max_free * MICROPY_BYTES_PER_GC_BLOCK);
}
MP_DEFINE_CONST_FUN_OBJ_0(rv32_largest_obj, rv32_largest);

// names(): how many qstrs lie in the heap, and their bytes, with their pools.
static mp_obj_t rv32_names(void) {
    size_t pools, names, text, all;
    qstr_pool_info(&pools, &names, &text, &all);
    mp_obj_t found[] = { mp_obj_new_int(names), mp_obj_new_int(all) };
    return mp_obj_new_tuple(2, found);
}
MP_DEFINE_CONST_FUN_OBJ_0(rv32_names_obj, rv32_names);
