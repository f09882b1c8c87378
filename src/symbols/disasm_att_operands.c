/*
 * The operands of x86 instructions in AT&T syntax: registers, immediates, memory, masks, rounding.
 */
#include "symbols/disasm_att.h"

#if defined(__x86_64__) || defined(__i386__)

#include <Zydis/Zydis.h>
#include <inttypes.h>

static void add_register(const struct hwp_att *a, ZydisRegister reg)
{
    if (reg >= ZYDIS_REGISTER_ST0 && reg <= ZYDIS_REGISTER_ST7)
        hwp_str_addf(a->out, "%%st(%d)", reg - ZYDIS_REGISTER_ST0);
    else
        hwp_str_addf(a->out, "%%%s", ZydisRegisterGetString(reg));
}

static void add_immediate(const struct hwp_att *a, const ZydisDecodedOperand *o)
{
    uint64_t value = o->imm.value.u;
    unsigned bits = a->i->operand_width;

    if (o->imm.is_signed && bits && bits < 64)
        value &= (UINT64_C(1) << bits) - 1;
    hwp_str_addf(a->out, "$0x%" PRIx64, value);
}

static void add_displacement(const struct hwp_att *a, const ZydisDecodedOperandMem *m)
{
    int64_t value = m->disp.value;
    bool absolute = m->base == ZYDIS_REGISTER_NONE && m->index == ZYDIS_REGISTER_NONE;

    if (!absolute && !a->i->raw.disp.size)
        return;
    if (!absolute && value < 0)
        hwp_str_addf(a->out, "-0x%" PRIx64, (uint64_t)0 - (uint64_t)value);
    else
        hwp_str_addf(a->out, "0x%" PRIx64, (uint64_t)value);
}

static void add_rip_relative(const struct hwp_att *a, const ZydisDecodedOperand *o)
{
    ZyanU64 address = 0;

    if (ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(a->i, o, a->addr, &address))) {
        const char *name = a->job->name ? a->job->name(a->job->ctx, address) : NULL;
        if (name)
            hwp_str_add(a->out, name);
        else
            hwp_str_addf(a->out, "0x%" PRIx64, (uint64_t)address);
    }
    hwp_str_addf(a->out, "(%%%s)", ZydisRegisterGetString(o->mem.base));
}

static void add_memory(const struct hwp_att *a, const ZydisDecodedOperand *o)
{
    const ZydisDecodedOperandMem *m = &o->mem;

    if (m->segment == ZYDIS_REGISTER_FS || m->segment == ZYDIS_REGISTER_GS)
        hwp_str_addf(a->out, "%%%s:", ZydisRegisterGetString(m->segment));
    if (m->base == ZYDIS_REGISTER_RIP || m->base == ZYDIS_REGISTER_EIP) {
        add_rip_relative(a, o);
        return;
    }
    add_displacement(a, m);
    if (m->base == ZYDIS_REGISTER_NONE && m->index == ZYDIS_REGISTER_NONE)
        return;
    hwp_str_addc(a->out, '(');
    if (m->base != ZYDIS_REGISTER_NONE)
        add_register(a, m->base);
    if (m->index != ZYDIS_REGISTER_NONE) {
        hwp_str_addc(a->out, ',');
        add_register(a, m->index);
        hwp_str_addf(a->out, ",%d", m->scale ? m->scale : 1);
    }
    hwp_str_addc(a->out, ')');
}

static void add_broadcast(const struct hwp_att *a)
{
    static const int factors[] = {
        [ZYDIS_BROADCAST_MODE_1_TO_2] = 2,   [ZYDIS_BROADCAST_MODE_1_TO_4] = 4,
        [ZYDIS_BROADCAST_MODE_1_TO_8] = 8,   [ZYDIS_BROADCAST_MODE_1_TO_16] = 16,
        [ZYDIS_BROADCAST_MODE_1_TO_32] = 32, [ZYDIS_BROADCAST_MODE_1_TO_64] = 64,
    };
    size_t mode = (size_t)a->i->avx.broadcast.mode;

    if (!a->i->avx.broadcast.is_static && mode < hwp_array_size(factors) && factors[mode])
        hwp_str_addf(a->out, "{1to%d}", factors[mode]);
}

static void add_operand(const struct hwp_att *a, const ZydisDecodedOperand *o)
{
    ZyanU64 target = 0;

    if (o->type == ZYDIS_OPERAND_TYPE_MEMORY) {
        add_memory(a, o);
        add_broadcast(a);
    } else if (o->type == ZYDIS_OPERAND_TYPE_REGISTER) {
        add_register(a, o->reg.value);
    } else if (o->type == ZYDIS_OPERAND_TYPE_POINTER) {
        hwp_str_addf(a->out, "$0x%x,$0x%" PRIx32, o->ptr.segment, o->ptr.offset);
    } else if (!o->imm.is_relative) {
        add_immediate(a, o);
    } else if (ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(a->i, o, a->addr, &target))) {
        hwp_disasm_add_address(a->job, target, true, a->out);
    }
}

static void add_mask(const struct hwp_att *a)
{
    ZydisRegister mask = a->i->avx.mask.reg;

    if (mask == ZYDIS_REGISTER_NONE || mask == ZYDIS_REGISTER_K0)
        return;
    hwp_str_addf(a->out, "{%%%s}", ZydisRegisterGetString(mask));
    /* A mask as the result is always zeroed, and nobody says so. */
    if (ZydisRegisterGetClass(a->operands[0].reg.value) != ZYDIS_REGCLASS_MASK &&
        (a->i->avx.mask.mode == ZYDIS_MASK_MODE_ZEROING ||
         a->i->avx.mask.mode == ZYDIS_MASK_MODE_CONTROL_ZEROING))
        hwp_str_add(a->out, "{z}");
}

static bool add_rounding(const struct hwp_att *a)
{
    static const char *const modes[] = {
        [ZYDIS_ROUNDING_MODE_RN] = "{rn-sae}",
        [ZYDIS_ROUNDING_MODE_RD] = "{rd-sae}",
        [ZYDIS_ROUNDING_MODE_RU] = "{ru-sae}",
        [ZYDIS_ROUNDING_MODE_RZ] = "{rz-sae}",
    };
    size_t mode = (size_t)a->i->avx.rounding.mode;
    const char *name = mode < hwp_array_size(modes) ? modes[mode] : NULL;

    if (!name && a->i->avx.has_sae)
        name = "{sae}";
    hwp_str_add(a->out, name ? name : "");
    return name != NULL;
}

static bool is_shown(const struct hwp_att *a, size_t n)
{
    const ZydisDecodedOperand *o = &a->operands[n];
    bool shift_by_one = a->i->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT &&
                        (a->i->opcode == 0xd0 || a->i->opcode == 0xd1);
    static const char *const single[] = {"fld", "fst", "fstp", "fxch", "ffree", "fucom", "fucomp"};

    if (a->i->mnemonic == ZYDIS_MNEMONIC_NOP && o->type == ZYDIS_OPERAND_TYPE_REGISTER && n > 0)
        return false;
    if (o->encoding == ZYDIS_OPERAND_ENCODING_MASK || (shift_by_one && n == 1))
        return false;
    if (!hwp_att_is_x87(a->i) || o->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return true;
    return !(hwp_att_memory_of(a) ||
             (HWP_ATT_IS_ONE_OF(ZydisMnemonicGetString(a->i->mnemonic), single) &&
              o->encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM));
}

/* The top of the stack is %st beside another register. */
static bool is_stack_top(const struct hwp_att *a, size_t n)
{
    return hwp_att_is_x87(a->i) && a->operands[n].type == ZYDIS_OPERAND_TYPE_REGISTER &&
           a->operands[n].reg.value == ZYDIS_REGISTER_ST0 &&
           a->operands[n].encoding != ZYDIS_OPERAND_ENCODING_MODRM_RM;
}

static bool is_indirect(const struct hwp_att *a)
{
    return a->i->meta.branch_type != ZYDIS_BRANCH_TYPE_NONE &&
           (a->i->mnemonic == ZYDIS_MNEMONIC_JMP || a->i->mnemonic == ZYDIS_MNEMONIC_CALL) &&
           (a->operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY ||
            a->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER);
}

void hwp_att_add_operands(const struct hwp_att *a, size_t count)
{
    bool first = true;
    struct hwp_str *out = a->out;
    size_t after_immediate = count && a->operands[count - 1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    bool rounds = a->i->avx.rounding.mode || a->i->avx.has_sae;

    for (size_t n = count; n-- > 0;) {
        if (rounds && n + 1 == count - after_immediate) {
            hwp_str_add(out, first ? " " : ",");
            add_rounding(a);
            first = false;
        }
        if (!is_shown(a, n))
            continue;
        hwp_str_add(out, first ? " " : ",");
        first = false;
        if (is_indirect(a))
            hwp_str_addc(out, '*');
        if (is_stack_top(a, n))
            hwp_str_add(out, "%st");
        else
            add_operand(a, &a->operands[n]);
        if (n == 0)
            add_mask(a);
    }
}

#endif
