#include "symbols/disasm.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/disasm_internal.h"

const char *hwp_atomic_name(enum hwp_atomic atomic)
{
    static const char *const names[] = {
        [HWP_ATOMIC_NONE] = "",          [HWP_ATOMIC_RMW] = "lock rmw",
        [HWP_ATOMIC_CAS] = "lock cas",   [HWP_ATOMIC_EXCHANGE] = "exchange",
        [HWP_ATOMIC_LL] = "load-linked", [HWP_ATOMIC_SC] = "store-conditional",
        [HWP_ATOMIC_FENCE] = "fence",    [HWP_ATOMIC_SPIN_HINT] = "spin hint",
    };

    return (size_t)atomic < hwp_array_size(names) ? names[atomic] : "";
}

bool hwp_atomic_counts(enum hwp_atomic atomic)
{
    return atomic != HWP_ATOMIC_NONE && atomic != HWP_ATOMIC_SPIN_HINT;
}

static bool is_inside(const char *name)
{
    const char *plus = strrchr(name, '+');

    return plus && strncmp(plus, "+0x", 3) == 0;
}

void hwp_disasm_add_address(const struct hwp_disasm_job *job, uint64_t vaddr, bool is_target,
                            struct hwp_str *out)
{
    const char *name = job->name ? job->name(job->ctx, vaddr) : NULL;

    if (!name)
        hwp_str_addf(out, "%s%" PRIx64, is_target ? "" : "0x", vaddr);
    else if (is_inside(name) || (is_target && vaddr - job->vaddr < job->len))
        hwp_str_addf(out, "%" PRIx64 " <%s>", vaddr, name);
    else
        hwp_str_add(out, name);
}

struct hwp_error *hwp_disasm(int machine, const uint8_t *code, size_t len, uint64_t vaddr,
                             enum hwp_syntax syntax, hwp_disasm_name_fn *name, void *ctx,
                             struct hwp_insns *ret)
{
    struct hwp_disasm_job job = {machine, code, len, vaddr, syntax, name, ctx};

    *ret = (struct hwp_insns){0};
    if (machine == EM_X86_64 || machine == EM_386)
        return hwp_disasm_x86(&job, ret);
    return hwp_disasm_capstone(&job, ret);
}

void hwp_disasm_texts(int machine, const uint8_t *code, size_t len, uint64_t vaddr,
                      enum hwp_syntax syntax, hwp_disasm_name_fn *name, void *ctx,
                      const bool *wanted, struct hwp_insns *insns)
{
    struct hwp_disasm_job job = {machine, code, len, vaddr, syntax, name, ctx};

    if (machine == EM_X86_64 || machine == EM_386)
        hwp_disasm_x86_texts(&job, wanted, insns);
    else
        hwp_disasm_capstone_texts(&job, wanted, insns);
}

void hwp_insns_deinit(struct hwp_insns *insns)
{
    hwp_vec_foreach (insns, i)
        free(i->text);
    hwp_vec_deinit(insns);
}
