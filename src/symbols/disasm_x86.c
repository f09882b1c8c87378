/* x86 by Zydis: the one decoder in Debian that knows all of AVX-512. */
#include "symbols/disasm_internal.h"

#if defined(__x86_64__) || defined(__i386__)

#include <Zydis/Zydis.h>
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct decoder {
    const struct hwp_disasm_job *job;
    ZydisDecoder decoder;
    ZydisFormatter formatter;
};

static bool init(struct decoder *d)
{
    bool is_64 = d->job->machine == EM_X86_64;
    ZydisFormatter *f = &d->formatter;

    return ZYAN_SUCCESS(ZydisDecoderInit(
               &d->decoder, is_64 ? ZYDIS_MACHINE_MODE_LONG_64 : ZYDIS_MACHINE_MODE_LEGACY_32,
               is_64 ? ZYDIS_STACK_WIDTH_64 : ZYDIS_STACK_WIDTH_32)) &&
           ZYAN_SUCCESS(ZydisFormatterInit(f, ZYDIS_FORMATTER_STYLE_INTEL)) &&
           ZYAN_SUCCESS(ZydisFormatterSetProperty(f, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, 0)) &&
           ZYAN_SUCCESS(ZydisFormatterSetProperty(f, ZYDIS_FORMATTER_PROP_FORCE_SIZE, 1)) &&
           ZYAN_SUCCESS(ZydisFormatterSetProperty(f, ZYDIS_FORMATTER_PROP_IMM_PADDING,
                                                  ZYDIS_PADDING_DISABLED)) &&
           ZYAN_SUCCESS(ZydisFormatterSetProperty(f, ZYDIS_FORMATTER_PROP_DISP_PADDING,
                                                  ZYDIS_PADDING_DISABLED)) &&
           ZYAN_SUCCESS(ZydisFormatterSetProperty(f, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
                                                  ZYDIS_PADDING_DISABLED));
}

static enum hwp_flow flow_of(const ZydisDecodedInstruction *i)
{
    switch (i->meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
        return HWP_FLOW_COND_JUMP;
    case ZYDIS_CATEGORY_UNCOND_BR:
        return HWP_FLOW_JUMP;
    case ZYDIS_CATEGORY_CALL:
        return HWP_FLOW_CALL;
    case ZYDIS_CATEGORY_RET:
        return HWP_FLOW_RETURN;
    default:
        return HWP_FLOW_NEXT;
    }
}

static enum hwp_atomic locked_atomic(ZydisMnemonic mnemonic)
{
    switch (mnemonic) {
    case ZYDIS_MNEMONIC_CMPXCHG:
    case ZYDIS_MNEMONIC_CMPXCHG8B:
    case ZYDIS_MNEMONIC_CMPXCHG16B:
        return HWP_ATOMIC_CAS;
    case ZYDIS_MNEMONIC_XCHG:
        return HWP_ATOMIC_EXCHANGE;
    default:
        return HWP_ATOMIC_RMW;
    }
}

static enum hwp_atomic atomic_of(const ZydisDecodedInstruction *i, bool writes_memory)
{
    switch (i->mnemonic) {
    case ZYDIS_MNEMONIC_MFENCE:
    case ZYDIS_MNEMONIC_SFENCE:
    case ZYDIS_MNEMONIC_LFENCE:
        return HWP_ATOMIC_FENCE;
    case ZYDIS_MNEMONIC_PAUSE:
    case ZYDIS_MNEMONIC_TPAUSE:
    case ZYDIS_MNEMONIC_UMWAIT:
        return HWP_ATOMIC_SPIN_HINT;
    case ZYDIS_MNEMONIC_XCHG:
        return writes_memory ? HWP_ATOMIC_EXCHANGE : HWP_ATOMIC_NONE;
    default:
        return i->attributes & ZYDIS_ATTRIB_HAS_LOCK ? locked_atomic(i->mnemonic) : HWP_ATOMIC_NONE;
    }
}

/* Address generation (lea, nop) names memory without touching it. */
static void classify_memory(const ZydisDecodedInstruction *i, const ZydisDecodedOperand *operands,
                            struct hwp_insn *insn)
{
    if (i->meta.category == ZYDIS_CATEGORY_WIDENOP || i->meta.category == ZYDIS_CATEGORY_NOP ||
        i->meta.category == ZYDIS_CATEGORY_PREFETCH)
        return;
    for (size_t n = 0; n < i->operand_count; n++) {
        const ZydisDecodedOperand *o = &operands[n];
        if (o->type != ZYDIS_OPERAND_TYPE_MEMORY || o->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
            continue;
        insn->reads_memory |= (o->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
        insn->writes_memory |= (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    }
}

static bool is_relative(const ZydisDecodedOperand *o)
{
    return (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE && o->imm.is_relative) ||
           (o->type == ZYDIS_OPERAND_TYPE_MEMORY && o->mem.base == ZYDIS_REGISTER_RIP);
}

/* The address that a branch goes to or an operand [rip+disp] lies at; 0: neither. */
static uint64_t address_in(const ZydisDecodedInstruction *i, const ZydisDecodedOperand *operands,
                           uint64_t addr, bool *ret_is_target)
{
    ZyanU64 found = 0;

    for (size_t n = 0; n < i->operand_count_visible; n++)
        if (is_relative(&operands[n]) &&
            ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(i, &operands[n], addr, &found))) {
            *ret_is_target = operands[n].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
            return found;
        }
    return 0;
}

/* Where `text` has the number "0x…" of an address; an immediate that may be equal is behind it. */
static const char *find_number(const char *text, const char *number)
{
    size_t len = strlen(number);

    for (const char *p = strstr(text, number); p; p = strstr(p + 1, number))
        if (strspn(p + len, "0123456789abcdef") == 0)
            return p;
    return NULL;
}

static char *with_names(const struct hwp_disasm_job *job, const char *text, uint64_t address,
                        bool is_target)
{
    char number[2 + 16 + 1];
    struct hwp_str out = {0};

    snprintf(number, sizeof(number), "0x%" PRIx64, address);
    const char *at = address ? find_number(text, number) : NULL;
    if (!at)
        return hwp_strdup(text);
    hwp_str_addn(&out, text, (size_t)(at - text));
    hwp_disasm_add_address(job, address, is_target, &out);
    hwp_str_add(&out, at + strlen(number));
    return hwp_str_steal(&out);
}

/* Zydis says jnz, cmovnbe, setnl; compilers and objdump say jne, cmova, setge. */
static void use_common_condition(char *text)
{
    static const char *const kinds[] = {"j", "set", "cmov"};
    static const char *const names[][2] = {{"z", "e"},   {"nz", "ne"}, {"nbe", "a"},
                                           {"nb", "ae"}, {"nl", "ge"}, {"nle", "g"}};

    for (size_t k = 0; k < hwp_array_size(kinds); k++) {
        if (!hwp_starts_with(text, kinds[k]))
            continue;
        char *suffix = text + strlen(kinds[k]);
        size_t len = strcspn(suffix, " ");
        for (size_t n = 0; n < hwp_array_size(names); n++) {
            size_t common = strlen(names[n][1]);
            if (strlen(names[n][0]) != len || strncmp(suffix, names[n][0], len) != 0)
                continue;
            memcpy(suffix, names[n][1], common);
            memmove(suffix + common, suffix + len, strlen(suffix + len) + 1);
            return;
        }
    }
}

static char *bad_text(const struct decoder *d, size_t at)
{
    return d->job->syntax == HWP_SYNTAX_NONE ? NULL
                                             : hwp_asprintf(".byte 0x%02x", d->job->code[at]);
}

static char *att_text(struct decoder *d, const ZydisDecodedInstruction *i,
                      const ZydisDecodedOperand *operands, uint64_t addr)
{
    struct hwp_str out = {0};
    char mnemonic[64];

    snprintf(mnemonic, sizeof(mnemonic), "%s", ZydisMnemonicGetString(i->mnemonic));
    use_common_condition(mnemonic);
    hwp_disasm_att(d->job, i, operands, mnemonic, addr, &out);
    return hwp_str_steal(&out);
}

static char *intel_text(struct decoder *d, const ZydisDecodedInstruction *i,
                        const ZydisDecodedOperand *operands, uint64_t addr)
{
    bool is_target = false;
    uint64_t address = address_in(i, operands, addr, &is_target);
    char text[512];

    if (!ZYAN_SUCCESS(ZydisFormatterFormatInstruction(
            &d->formatter, i, operands, i->operand_count_visible, text, sizeof(text), addr, NULL)))
        snprintf(text, sizeof(text), "%s", ZydisMnemonicGetString(i->mnemonic));
    use_common_condition(text);
    return with_names(d->job, text, address, is_target);
}

static char *good_text(struct decoder *d, const ZydisDecodedInstruction *i,
                       const ZydisDecodedOperand *operands, uint64_t addr)
{
    switch (d->job->syntax) {
    case HWP_SYNTAX_ATT:
        return att_text(d, i, operands, addr);
    case HWP_SYNTAX_INTEL:
        return intel_text(d, i, operands, addr);
    default:
        return NULL;
    }
}

static uint64_t target_of(const ZydisDecodedInstruction *i, const ZydisDecodedOperand *operands,
                          uint64_t addr)
{
    bool is_target = false;
    uint64_t address = address_in(i, operands, addr, &is_target);

    return is_target ? address : 0;
}

static struct hwp_insn decode(struct decoder *d, size_t at)
{
    const struct hwp_disasm_job *job = d->job;
    uint64_t addr = job->vaddr + at;
    ZydisDecodedInstruction i;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&d->decoder, job->code + at, job->len - at, &i, operands)))
        return (struct hwp_insn){.addr = addr, .len = 1, .bad = true, .text = bad_text(d, at)};
    struct hwp_insn insn = {.addr = addr, .len = i.length, .flow = (uint8_t)flow_of(&i)};
    classify_memory(&i, operands, &insn);
    insn.atomic = (uint8_t)atomic_of(&i, insn.writes_memory);
    insn.target = target_of(&i, operands, addr);
    insn.text = good_text(d, &i, operands, addr);
    return insn;
}

struct hwp_error *hwp_disasm_x86(const struct hwp_disasm_job *job, struct hwp_insns *ret)
{
    struct decoder d = {.job = job};

    if (!init(&d))
        return hwp_error(HWP_E_UNSUPPORTED, "the x86 decoder can't be set up");
    for (size_t at = 0; at < job->len; at += hwp_vec_last(ret)->len)
        hwp_vec_push(ret, decode(&d, at));
    return NULL;
}

static char *text_at(struct decoder *d, size_t at)
{
    ZydisDecodedInstruction i;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&d->decoder, d->job->code + at, d->job->len - at, &i,
                                             operands)))
        return bad_text(d, at);
    return good_text(d, &i, operands, d->job->vaddr + at);
}

void hwp_disasm_x86_texts(const struct hwp_disasm_job *job, const bool *wanted,
                          struct hwp_insns *insns)
{
    struct decoder d = {.job = job};

    if (!init(&d))
        return;
    for (size_t n = 0; n < insns->len; n++) {
        struct hwp_insn *insn = &insns->data[n];
        if (!insn->text && (!wanted || wanted[n]) && insn->addr - job->vaddr < job->len)
            insn->text = text_at(&d, insn->addr - job->vaddr);
    }
}

#else

void hwp_disasm_x86_texts(const struct hwp_disasm_job *job, const bool *wanted,
                          struct hwp_insns *insns)
{
    (void)job;
    (void)wanted;
    (void)insns;
}

struct hwp_error *hwp_disasm_x86(const struct hwp_disasm_job *job, struct hwp_insns *ret)
{
    (void)job;
    (void)ret;
    return hwp_error(HWP_E_UNSUPPORTED, "this build has no decoder for x86 code");
}

#endif
