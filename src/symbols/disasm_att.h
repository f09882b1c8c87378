/* Between the two halves of AT&T syntax: what comes first (disasm_att.c) and the operands. */
#ifndef HWP_SYMBOLS_DISASM_ATT_H
#define HWP_SYMBOLS_DISASM_ATT_H

#include "symbols/disasm_internal.h"

/* An instruction on its way to text; all of it is borrowed. */
struct hwp_att {
    const struct hwp_disasm_job *job;
    const struct ZydisDecodedInstruction_ *i;
    const struct ZydisDecodedOperand_ *operands;
    uint64_t addr;
    struct hwp_str *out;
};

bool hwp_att_is_one_of(const char *word, const char *const *list, size_t n);
#define HWP_ATT_IS_ONE_OF(word, list) hwp_att_is_one_of(word, list, hwp_array_size(list))

bool hwp_att_is_x87(const struct ZydisDecodedInstruction_ *i);

/* The operand in memory; NULL: none is. */
const struct ZydisDecodedOperand_ *hwp_att_memory_of(const struct hwp_att *a);

/* Appends the first `count` operands, in AT&T's order: the last one first. */
void hwp_att_add_operands(const struct hwp_att *a, size_t count);

#endif
