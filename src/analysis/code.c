#include "analysis/code.h"

#include "analysis/atomics.h"
#include "base/mem.h"
#include "base/str.h"

struct namer {
    const struct hwp_module *module;
    struct hwp_str text;
};

/* "fn" or "fn+0x10" for what jumps, calls and rip-relative operands refer to. */
static const char *name_address(void *ctx, uint64_t vaddr)
{
    struct namer *namer = ctx;
    const struct hwp_symbol *symbol = hwp_module_symbol(namer->module, vaddr);

    if (symbol->from == HWP_SYMBOL_NONE)
        return NULL;
    namer->text.len = 0;
    hwp_str_add(&namer->text, symbol->name);
    if (vaddr != symbol->start)
        hwp_str_addf(&namer->text, "+0x%llx", (unsigned long long)(vaddr - symbol->start));
    return namer->text.data;
}

/* Machine code of a function; NULL: there is none. */
static const uint8_t *bytes_of(const struct hwp_module *m, const struct hwp_symbol *symbol,
                               size_t *ret_len)
{
    *ret_len = 0;
    if (symbol->from == HWP_SYMBOL_NONE || symbol->end <= symbol->start ||
        symbol->end - symbol->start > HWP_CODE_MAX)
        return NULL;
    const uint8_t *bytes = hwp_module_code(m, symbol->start, symbol->end, ret_len);
    return *ret_len ? bytes : NULL;
}

void hwp_code_load(const struct hwp_module *m, const struct hwp_symbol *symbol, size_t nr_events,
                   struct hwp_function_code *ret)
{
    size_t len;
    const uint8_t *bytes = bytes_of(m, symbol, &len);

    *ret = (struct hwp_function_code){0};
    ret->moved = hwp_calloc(nr_events, sizeof(*ret->moved));
    if (!bytes)
        return;
    struct hwp_error *err = hwp_disasm(m->machine, bytes, len, symbol->start, HWP_SYNTAX_NONE, NULL,
                                       NULL, &ret->insns);
    /* An architecture without a disassembler is shown by addresses, as code that isn't there. */
    ret->has_code = !err && ret->insns.len;
    hwp_error_destroy(err);
    ret->costs = hwp_calloc(ret->insns.len * nr_events, sizeof(*ret->costs));
}

void hwp_code_texts(const struct hwp_module *m, const struct hwp_symbol *symbol,
                    enum hwp_syntax syntax, const bool *wanted, struct hwp_insns *insns)
{
    struct namer namer = {.module = m};
    size_t len;
    const uint8_t *bytes = bytes_of(m, symbol, &len);

    if (bytes)
        hwp_disasm_texts(m->machine, bytes, len, symbol->start, syntax, name_address, &namer,
                         wanted, insns);
    hwp_str_deinit(&namer.text);
}

bool hwp_code_place(struct hwp_function_code *code, uint64_t vaddr, size_t nr_events,
                    const struct hwp_cost *costs)
{
    ptrdiff_t i = hwp_insns_find(&code->insns, vaddr);

    if (i < 0)
        return false;
    for (size_t e = 0; e < nr_events; e++)
        hwp_cost_add(&code->costs[(size_t)i * nr_events + e], &costs[e]);
    return true;
}

void hwp_code_deinit(struct hwp_function_code *code)
{
    hwp_insns_deinit(&code->insns);
    free(code->costs);
    free(code->moved);
    *code = (struct hwp_function_code){0};
}
