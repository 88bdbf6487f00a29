// Native code that is loaded lies in the heap and counts there, but is executed from a copy elsewhere.
//
// qemu translates what is executed, by pages of 4 KB, and looks at every write to such a page, lest
// it changes the code: data beside code in the heap would make all that is written slow.

#include <string.h>

#include "py/persistentcode.h"
#include "py/runtime.h"
#include "aside.h"

static size_t native_bytes;

void rv32_alloc_exec(size_t bytes, void **code, size_t *size) {
    *code = m_new(byte, bytes);
    *size = bytes;
    native_bytes += bytes;
}

void *rv32_commit_exec(void *code, size_t bytes, void *relocation) {
    void *copy = (char *)code + RV32_COPY;
    if (relocation) {
        mp_native_relocate(relocation, code, (uintptr_t)copy);
    }
    memcpy(copy, code, bytes);
    return code;
}

// native(): bytes of native code that were loaded: an ESP32 has it beside the heap.
static mp_obj_t rv32_native(void) {
    return mp_obj_new_int(native_bytes);
}
MP_DEFINE_CONST_FUN_OBJ_0(rv32_native_obj, rv32_native);
