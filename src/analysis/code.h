/*
 * A function's machine code with costs on it: what hot functions and annotations both start from.
 * Owns its instructions and costs. Internal to analysis.
 */
#ifndef HWP_ANALYSIS_CODE_H
#define HWP_ANALYSIS_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/cost.h"
#include "profile/profile.h"
#include "symbols/disasm.h"
#include "symbols/symbols.h"

struct hwp_function_code {
    struct hwp_insns insns;
    struct hwp_cost *costs; /* [insn × nr_events + event] */
    struct hwp_cost *moved; /* per event */
    bool has_code;          /* false: nothing to decode; insns is empty */
};

/* Code larger than this is not one function but a symbol without an end. */
#define HWP_CODE_MAX (8u << 20)

/* Instructions without their texts. */
void hwp_code_load(const struct hwp_module *m, const struct hwp_symbol *symbol, size_t nr_events,
                   struct hwp_function_code *ret);

/* The texts of those that are wanted (NULL: of all), with names for addresses. */
void hwp_code_texts(const struct hwp_module *m, const struct hwp_symbol *symbol,
                    enum hwp_syntax syntax, const bool *wanted, struct hwp_insns *insns);

/* Adds the costs of one sampled address; false if no instruction covers it. */
bool hwp_code_place(struct hwp_function_code *code, uint64_t vaddr, size_t nr_events,
                    const struct hwp_cost *costs);
void hwp_code_deinit(struct hwp_function_code *code);

#endif
