/*
 * Machine code to instructions: Zydis for x86-64, Capstone for other architectures. Classifies what
 * profiles of contention need: atomics, fences, branches, memory access.
 */
#ifndef HWP_SYMBOLS_DISASM_H
#define HWP_SYMBOLS_DISASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"

enum hwp_atomic {
    HWP_ATOMIC_NONE,
    HWP_ATOMIC_RMW,      /* lock add, lock xadd, ldadd … */
    HWP_ATOMIC_CAS,      /* lock cmpxchg, cas */
    HWP_ATOMIC_EXCHANGE, /* xchg with memory (locked without a prefix), swp */
    HWP_ATOMIC_LL,       /* ldxr, ldaxr */
    HWP_ATOMIC_SC,       /* stxr, stlxr */
    HWP_ATOMIC_FENCE,    /* mfence, dmb */
    HWP_ATOMIC_SPIN_HINT, /* pause, yield, wfe: not atomic itself, marks a spin-wait */
};

enum hwp_flow { HWP_FLOW_NEXT, HWP_FLOW_JUMP, HWP_FLOW_COND_JUMP, HWP_FLOW_CALL, HWP_FLOW_RETURN };

struct hwp_insn {
    uint64_t addr;   /* vaddr */
    uint8_t len;     /* bytes */
    uint8_t atomic;  /* enum hwp_atomic */
    uint8_t flow;    /* enum hwp_flow */
    bool reads_memory, writes_memory;
    bool bad;        /* bytes that do not decode; one byte (x86) or four (arm64) each */
    uint64_t target; /* of a direct jump or call; 0: none or indirect */
    char *text;      /* "lock add dword ptr [rdi], 1" / AT&T by option; owned; NULL: not asked for */
};
HWP_VEC_TYPE(hwp_insns, struct hwp_insn);

enum hwp_syntax { HWP_SYNTAX_INTEL, HWP_SYNTAX_ATT, HWP_SYNTAX_NONE /* no text: half the time */ };

/* "lock rmw", "lock cas", … for display; "" for none. */
const char *hwp_atomic_name(enum hwp_atomic atomic);

/* True for what belongs in "cost on atomics": everything but NONE and SPIN_HINT. */
bool hwp_atomic_counts(enum hwp_atomic atomic);

/* Resolves a branch target or a rip-relative address to a name ("memcpy@plt", "fn+0x10"); may
 * return NULL. The result is borrowed until the next call. */
typedef const char *hwp_disasm_name_fn(void *ctx, uint64_t vaddr);

/* Decodes all of code[0, len) located at `vaddr`. `machine` is an ELF e_machine. Never fails on
 * bad bytes (see `bad`); HWP_E_UNSUPPORTED for an unknown machine. */
struct hwp_error *hwp_disasm(int machine, const uint8_t *code, size_t len, uint64_t vaddr,
                             enum hwp_syntax syntax, hwp_disasm_name_fn *name, void *ctx,
                             struct hwp_insns *ret) hwp_must_use;

/* The texts of instructions that were decoded from this code without: of those that are wanted
 * (`wanted` NULL: of all). The other arguments as above. */
void hwp_disasm_texts(int machine, const uint8_t *code, size_t len, uint64_t vaddr,
                      enum hwp_syntax syntax, hwp_disasm_name_fn *name, void *ctx,
                      const bool *wanted, struct hwp_insns *insns);

void hwp_insns_deinit(struct hwp_insns *insns);

#endif
