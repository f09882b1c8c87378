/* Every architecture but x86 by Capstone. Flow and atomics are told for AArch64 alone. */
#include "symbols/disasm_internal.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <inttypes.h>
#include <string.h>

struct arch {
    int machine;
    cs_arch arch;
    cs_mode mode;
    uint8_t unit; /* bytes to step over what does not decode */
};

static const struct arch arches[] = {
    {EM_AARCH64, CS_ARCH_ARM64, CS_MODE_LITTLE_ENDIAN, 4},
    {EM_ARM, CS_ARCH_ARM, CS_MODE_ARM, 4},
    {EM_PPC64, CS_ARCH_PPC, CS_MODE_64 | CS_MODE_LITTLE_ENDIAN, 4},
    {EM_S390, CS_ARCH_SYSZ, CS_MODE_BIG_ENDIAN, 2},
    {EM_MIPS, CS_ARCH_MIPS, CS_MODE_MIPS64 | CS_MODE_LITTLE_ENDIAN, 4},
    {EM_SPARCV9, CS_ARCH_SPARC, CS_MODE_V9 | CS_MODE_BIG_ENDIAN, 4},
};

static const struct arch *arch_of(int machine)
{
    for (size_t i = 0; i < hwp_array_size(arches); i++)
        if (arches[i].machine == machine)
            return &arches[i];
    return NULL;
}

static uint32_t word_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static char *bad_text(const struct hwp_disasm_job *job, size_t at, uint8_t len)
{
    if (job->syntax == HWP_SYNTAX_NONE)
        return NULL;
    return len == 4 ? hwp_asprintf(".inst 0x%08" PRIx32, word_at(job->code + at))
                    : hwp_asprintf(".byte 0x%02x", job->code[at]);
}

static struct hwp_insn bad_unit(const struct hwp_disasm_job *job, size_t at, uint8_t unit)
{
    size_t left = job->len - at;
    struct hwp_insn insn = {
        .addr = job->vaddr + at, .len = (uint8_t)(left < unit ? left : unit), .bad = true};

    insn.text = bad_text(job, at, insn.len);
    return insn;
}

/* A direct target is the last operand: "#0x401136". */
static char *text_of(const struct hwp_disasm_job *job, const cs_insn *cs, uint64_t target)
{
    struct hwp_str out = {0};
    const char *hash = target ? strrchr(cs->op_str, '#') : NULL;

    hwp_str_add(&out, cs->mnemonic);
    if (cs->op_str[0])
        hwp_str_addc(&out, ' ');
    if (hash) {
        hwp_str_addn(&out, cs->op_str, (size_t)(hash - cs->op_str));
        hwp_disasm_add_address(job, target, true, &out);
    } else {
        hwp_str_add(&out, cs->op_str);
    }
    return hwp_str_steal(&out);
}

static struct hwp_insn good_insn(const struct hwp_disasm_job *job, const cs_insn *cs)
{
    struct hwp_insn insn = {.addr = cs->address, .len = (uint8_t)cs->size};

    if (job->machine == EM_AARCH64)
        hwp_arm64_classify(word_at(cs->bytes), &insn);
    if (job->syntax != HWP_SYNTAX_NONE)
        insn.text = text_of(job, cs, insn.target);
    return insn;
}

/* Instructions newer than Capstone are not bad, if their bits tell what they are. */
static struct hwp_insn unknown_insn(const struct hwp_disasm_job *job, size_t at, uint8_t unit)
{
    struct hwp_insn insn = bad_unit(job, at, unit);

    if (job->machine == EM_AARCH64 && insn.len == 4) {
        hwp_arm64_classify(word_at(job->code + at), &insn);
        insn.bad = !insn.atomic && !insn.flow && !insn.reads_memory && !insn.writes_memory;
    }
    return insn;
}

static void decode_all(csh handle, const struct arch *arch, const struct hwp_disasm_job *job,
                       struct hwp_insns *ret)
{
    cs_insn *cs = cs_malloc(handle);

    for (size_t at = 0; at < job->len;) {
        const uint8_t *code = job->code + at;
        size_t left = job->len - at;
        uint64_t addr = job->vaddr + at;
        if (cs_disasm_iter(handle, &code, &left, &addr, cs))
            hwp_vec_push(ret, good_insn(job, cs));
        else
            hwp_vec_push(ret, unknown_insn(job, at, arch->unit));
        at += hwp_vec_last(ret)->len;
    }
    cs_free(cs, 1);
}

static char *text_at(csh handle, cs_insn *cs, const struct hwp_disasm_job *job,
                     const struct hwp_insn *insn)
{
    size_t at = insn->addr - job->vaddr, left = job->len - at;
    const uint8_t *code = job->code + at;
    uint64_t addr = insn->addr;

    return cs_disasm_iter(handle, &code, &left, &addr, cs) ? text_of(job, cs, insn->target)
                                                           : bad_text(job, at, insn->len);
}

void hwp_disasm_capstone_texts(const struct hwp_disasm_job *job, const bool *wanted,
                               struct hwp_insns *insns)
{
    const struct arch *arch = arch_of(job->machine);
    csh handle;

    if (!arch || cs_open(arch->arch, arch->mode, &handle) != CS_ERR_OK)
        return;
    cs_insn *cs = cs_malloc(handle);
    for (size_t n = 0; n < insns->len; n++) {
        struct hwp_insn *insn = &insns->data[n];
        if (!insn->text && (!wanted || wanted[n]) && insn->addr - job->vaddr < job->len)
            insn->text = text_at(handle, cs, job, insn);
    }
    cs_free(cs, 1);
    cs_close(&handle);
}

struct hwp_error *hwp_disasm_capstone(const struct hwp_disasm_job *job, struct hwp_insns *ret)
{
    const struct arch *arch = arch_of(job->machine);
    csh handle;

    if (!arch || cs_open(arch->arch, arch->mode, &handle) != CS_ERR_OK)
        return hwp_error(HWP_E_UNSUPPORTED, "no decoder for the code of ELF machine %d",
                         job->machine);
    decode_all(handle, arch, job, ret);
    cs_close(&handle);
    return NULL;
}
