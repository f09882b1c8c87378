/* Between the dispatcher and the decoders. */
#ifndef HWP_SYMBOLS_DISASM_INTERNAL_H
#define HWP_SYMBOLS_DISASM_INTERNAL_H

#include "base/str.h"
#include "symbols/disasm.h"

struct hwp_disasm_job {
    int machine;
    const uint8_t *code;
    size_t len;
    uint64_t vaddr;
    enum hwp_syntax syntax;
    hwp_disasm_name_fn *name;
    void *ctx;
};

struct hwp_error *hwp_disasm_x86(const struct hwp_disasm_job *job, struct hwp_insns *ret)
    hwp_must_use;
struct hwp_error *hwp_disasm_capstone(const struct hwp_disasm_job *job, struct hwp_insns *ret)
    hwp_must_use;

/* See hwp_disasm_texts. */
void hwp_disasm_x86_texts(const struct hwp_disasm_job *job, const bool *wanted,
                          struct hwp_insns *insns);
void hwp_disasm_capstone_texts(const struct hwp_disasm_job *job, const bool *wanted,
                               struct hwp_insns *insns);

/* Appends an address for people: "memcpy@plt", "401136 <fn+0x26>" (inside of a function or the
 * job); without a name "401136" for a branch's target, "0x404010" for data. */
void hwp_disasm_add_address(const struct hwp_disasm_job *job, uint64_t vaddr, bool is_target,
                            struct hwp_str *out);

/* Appends an instruction that Zydis decoded, as GNU's AT&T syntax writes it. */
struct ZydisDecodedInstruction_;
struct ZydisDecodedOperand_;
void hwp_disasm_att(const struct hwp_disasm_job *job, const struct ZydisDecodedInstruction_ *i,
                    const struct ZydisDecodedOperand_ *operands, const char *mnemonic,
                    uint64_t addr, struct hwp_str *out);

/* What an A64 instruction word does, from its bits; `insn`'s addr is set. */
void hwp_arm64_classify(uint32_t word, struct hwp_insn *insn);

#endif
