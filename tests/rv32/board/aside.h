// What aside.c adds to the module rv32.
#include "py/obj.h"

void rv32_pass(mp_uint_t ms);

MP_DECLARE_CONST_FUN_OBJ_KW(rv32_aside_obj);
MP_DECLARE_CONST_FUN_OBJ_KW(rv32_counted_obj);
MP_DECLARE_CONST_FUN_OBJ_1(rv32_on_idle_obj);
MP_DECLARE_CONST_FUN_OBJ_0(rv32_largest_obj);
MP_DECLARE_CONST_FUN_OBJ_0(rv32_native_obj);
MP_DECLARE_CONST_FUN_OBJ_0(rv32_names_obj);
