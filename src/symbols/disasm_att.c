/*
 * x86 instructions in AT&T syntax as the GNU tools write them: prefixes, the mnemonic, and how
 * string instructions look; operands are next door. Zydis has an AT&T style of its own (a size
 * suffix always, no '*' before an indirect target), which users of objdump don't expect.
 */
#include "symbols/disasm_att.h"

#if defined(__x86_64__) || defined(__i386__)

#include <Zydis/Zydis.h>
#include <string.h>

bool hwp_att_is_one_of(const char *word, const char *const *list, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (strcmp(word, list[k]) == 0)
            return true;
    return false;
}

bool hwp_att_is_x87(const ZydisDecodedInstruction *i)
{
    return i->opcode_map == ZYDIS_OPCODE_MAP_DEFAULT && i->opcode >= 0xd8 && i->opcode <= 0xdf;
}

const ZydisDecodedOperand *hwp_att_memory_of(const struct hwp_att *a)
{
    for (size_t n = 0; n < a->i->operand_count_visible; n++)
        if (a->operands[n].type == ZYDIS_OPERAND_TYPE_MEMORY)
            return &a->operands[n];
    return NULL;
}

/* --- the mnemonic ----------------------------------------------------------------------------- */

static char size_letter(unsigned bits)
{
    return bits == 8 ? 'b' : bits == 16 ? 'w' : bits == 64 ? 'q' : 'l';
}

/* The size of memory is said where no register says it; %cl of a shift doesn't. */
static bool wants_suffix(const struct hwp_att *a, const char *mnemonic)
{
    static const char *const suffixed[] = {
        "add", "or",  "adc", "sbb", "and", "sub",  "xor", "cmp",  "mov", "test",
        "inc", "dec", "neg", "not", "mul", "imul", "div", "idiv", "shl", "shr",
        "sar", "rol", "ror", "rcl", "rcr", "bt",   "bts", "btr",  "btc", "nop",
    };
    static const char *const converting[] = {"cvtsi2sd",  "cvtsi2ss",   "vcvtsi2sd",
                                             "vcvtsi2ss", "vcvtusi2sd", "vcvtusi2ss"};

    if (!hwp_att_memory_of(a))
        return false;
    if (HWP_ATT_IS_ONE_OF(mnemonic, converting))
        return true;
    if (!HWP_ATT_IS_ONE_OF(mnemonic, suffixed))
        return false;
    if (a->i->mnemonic == ZYDIS_MNEMONIC_NOP)
        return true;
    for (size_t n = 0; n < a->i->operand_count_visible; n++)
        if (a->operands[n].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            !(n == 1 && a->operands[n].reg.value == ZYDIS_REGISTER_CL &&
              strchr("sr", mnemonic[0]) && strcmp(mnemonic, "sub") && strcmp(mnemonic, "sbb")))
            return false;
    return true;
}

static const char *x87_suffix(const struct hwp_att *a, const char *mnemonic)
{
    static const char *const sized[] = {
        "fld", "fst", "fstp", "fadd", "fsub", "fsubr", "fmul", "fdiv", "fdivr", "fcom", "fcomp",
    };
    const ZydisDecodedOperand *memory = hwp_att_memory_of(a);

    if (!memory)
        return "";
    if (mnemonic[1] == 'i')
        return memory->size == 16 ? "s" : memory->size == 32 ? "l" : "ll";
    if (!HWP_ATT_IS_ONE_OF(mnemonic, sized))
        return "";
    return memory->size == 32 ? "s" : memory->size == 64 ? "l" : "t";
}

/* GNU took over an old mistake of the AT&T assembler: with a destination other than %st,
 * subtraction and division are named the other way round. */
static const char *x87_name(const ZydisDecodedInstruction *i, const char *mnemonic)
{
    static const char *const swapped[][2] = {
        {"fsub", "fsubr"}, {"fsubp", "fsubrp"}, {"fdiv", "fdivr"}, {"fdivp", "fdivrp"}};

    if ((i->opcode != 0xdc && i->opcode != 0xde) || i->raw.modrm.mod != 3)
        return mnemonic;
    for (size_t k = 0; k < hwp_array_size(swapped); k++)
        for (size_t side = 0; side < 2; side++)
            if (strcmp(mnemonic, swapped[k][side]) == 0)
                return swapped[k][!side];
    return mnemonic;
}

static const char *renamed(const char *mnemonic)
{
    static const char *const names[][2] = {
        {"cbw", "cbtw"}, {"cwde", "cwtl"}, {"cdqe", "cltq"},    {"cwd", "cwtd"},
        {"cdq", "cltd"}, {"cqo", "cqto"},  {"ret far", "lret"}, {"iretd", "iret"},
    };

    for (size_t k = 0; k < hwp_array_size(names); k++)
        if (strcmp(mnemonic, names[k][0]) == 0)
            return names[k][1];
    return mnemonic;
}

static const ZydisDecodedOperand *last_immediate(const struct hwp_att *a)
{
    size_t n = a->i->operand_count_visible;

    return n && a->operands[n - 1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? &a->operands[n - 1]
                                                                        : NULL;
}

/* Comparisons have their predicate in the name: cmpltsd, vpcmpnequb. False: the number stays. */
static bool add_comparison(const struct hwp_att *a, const char *mnemonic)
{
    static const char *const kinds[] = {
        "eq",    "lt",     "le",     "unord",    "neq",    "nlt",    "nle",    "ord",
        "eq_uq", "nge",    "ngt",    "false",    "neq_oq", "ge",     "gt",     "true",
        "eq_os", "lt_oq",  "le_oq",  "unord_s",  "neq_us", "nlt_uq", "nle_uq", "ord_s",
        "eq_us", "nge_uq", "ngt_uq", "false_os", "neq_os", "ge_oq",  "gt_oq",  "true_us",
    };
    static const char *const floats[] = {"cmpps", "cmppd", "cmpss", "cmpsd"};
    const ZydisDecodedOperand *imm = last_immediate(a);
    bool vex = mnemonic[0] == 'v';
    bool ints = hwp_starts_with(mnemonic, "vpcmp") && !strstr(mnemonic, "str");
    const char *type = mnemonic + (ints ? 5 : vex ? 4 : 3);

    if (!imm || (!ints && !HWP_ATT_IS_ONE_OF(mnemonic + vex, floats)))
        return false;
    uint64_t kind = imm->imm.value.u;
    if (kind >= (vex && !ints ? 32 : 8) || (ints && kind % 4 == 3))
        return false;
    hwp_str_addn(a->out, mnemonic, (size_t)(type - mnemonic));
    hwp_str_addf(a->out, "%s%s", kinds[kind], type);
    return true;
}

static bool add_carryless(const struct hwp_att *a, const char *mnemonic)
{
    const ZydisDecodedOperand *imm = last_immediate(a);
    bool vex = mnemonic[0] == 'v';

    if (!imm || strcmp(mnemonic + vex, "pclmulqdq") != 0 || (imm->imm.value.u & ~0x11u))
        return false;
    hwp_str_addf(a->out, "%spclmul%sq%sqdq", vex ? "v" : "", imm->imm.value.u & 1 ? "h" : "l",
                 imm->imm.value.u & 0x10 ? "h" : "l");
    return true;
}

/* True if the name says what the last immediate would. */
static bool add_mnemonic(const struct hwp_att *a, const char *mnemonic)
{
    const ZydisDecodedInstruction *i = a->i;

    if (add_comparison(a, mnemonic) || add_carryless(a, mnemonic))
        return true;
    if (i->mnemonic == ZYDIS_MNEMONIC_MOVZX || i->mnemonic == ZYDIS_MNEMONIC_MOVSX ||
        i->mnemonic == ZYDIS_MNEMONIC_MOVSXD) {
        hwp_str_addf(a->out, "mov%c%c%c", i->mnemonic == ZYDIS_MNEMONIC_MOVZX ? 'z' : 's',
                     size_letter(a->operands[1].size), size_letter(a->operands[0].size));
    } else if (i->mnemonic == ZYDIS_MNEMONIC_MOV &&
               (i->raw.imm[0].size == 64 || i->raw.disp.size == 64)) {
        hwp_str_add(a->out, "movabs");
    } else if (i->mnemonic == ZYDIS_MNEMONIC_CRC32) {
        hwp_str_addf(a->out, "crc32%c", size_letter(a->operands[1].size));
    } else if (hwp_att_is_x87(i)) {
        hwp_str_addf(a->out, "%s%s", x87_name(i, mnemonic), x87_suffix(a, mnemonic));
    } else {
        if (i->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR && mnemonic[0] != 'i')
            hwp_str_addc(a->out, 'l');
        hwp_str_add(a->out, renamed(mnemonic));
        if (wants_suffix(a, mnemonic))
            hwp_str_addc(a->out, size_letter(hwp_att_memory_of(a)->size ? hwp_att_memory_of(a)->size
                                                                        : i->operand_width));
    }
    return false;
}

/* --- prefixes --------------------------------------------------------------------------------- */

static void add_ignored_prefix(const struct hwp_att *a, uint8_t value)
{
    static const char rex[] = "WRXB";

    if ((value & 0xf0) == 0x40 && a->i->machine_mode == ZYDIS_MACHINE_MODE_LONG_64) {
        hwp_str_add(a->out, value == 0x40 ? "rex" : "rex.");
        for (unsigned bit = 0; bit < 4; bit++)
            if (value & (8u >> bit))
                hwp_str_addc(a->out, rex[bit]);
        hwp_str_addc(a->out, ' ');
        return;
    }
    hwp_str_add(a->out, value == 0x66   ? "data16 "
                        : value == 0x2e ? "cs "
                        : value == 0x3e ? "ds "
                        : value == 0xf3 ? "repz "
                        : value == 0xf2 ? "repnz "
                                        : "");
}

static void add_prefixes(const struct hwp_att *a)
{
    static const struct {
        ZydisInstructionAttributes attribute;
        const char *name;
    } prefixes[] = {
        {ZYDIS_ATTRIB_HAS_XACQUIRE, "xacquire "}, {ZYDIS_ATTRIB_HAS_XRELEASE, "xrelease "},
        {ZYDIS_ATTRIB_HAS_LOCK, "lock "},         {ZYDIS_ATTRIB_HAS_REP, "rep "},
        {ZYDIS_ATTRIB_HAS_REPE, "repz "},         {ZYDIS_ATTRIB_HAS_REPNE, "repnz "},
        {ZYDIS_ATTRIB_HAS_BND, "bnd "},           {ZYDIS_ATTRIB_HAS_NOTRACK, "notrack "},
    };

    for (size_t k = 0; k < a->i->raw.prefix_count; k++)
        if (a->i->raw.prefixes[k].type == ZYDIS_PREFIX_TYPE_IGNORED)
            add_ignored_prefix(a, a->i->raw.prefixes[k].value);
    for (size_t k = 0; k < hwp_array_size(prefixes); k++)
        if (a->i->attributes & prefixes[k].attribute)
            hwp_str_add(a->out, prefixes[k].name);
}

/* --- string instructions ---------------------------------------------------------------------- */

static bool add_string(const struct hwp_att *a, const char *mnemonic)
{
    static const struct {
        const char *name, *operands;
        bool lettered;
    } strings[] = {
        {"movs", "%ds:(%rsi),%es:(%rdi)", true}, {"cmps", "%es:(%rdi),%ds:(%rsi)", true},
        {"stos", "A,%es:(%rdi)", false},         {"lods", "%ds:(%rsi),A", false},
        {"scas", "%es:(%rdi),A", false},         {"ins", "(%dx),%es:(%rdi)", true},
        {"outs", "%ds:(%rsi),(%dx)", true},
    };
    static const char *const accumulators[] = {"%al", "%ax", "%eax", "%rax"};
    size_t len = strlen(mnemonic) - 1;
    const char *sizes = "bwdq", *size = strchr(sizes, mnemonic[len]);

    if ((a->i->meta.category != ZYDIS_CATEGORY_STRINGOP &&
         a->i->meta.category != ZYDIS_CATEGORY_IOSTRINGOP) ||
        !size || a->i->address_width != 64)
        return false;
    for (size_t k = 0; k < hwp_array_size(strings); k++) {
        if (strlen(strings[k].name) != len || strncmp(strings[k].name, mnemonic, len) != 0)
            continue;
        hwp_str_add(a->out, strings[k].name);
        if (strings[k].lettered)
            hwp_str_addc(a->out, "bwlq"[size - sizes]);
        hwp_str_addc(a->out, ' ');
        for (const char *p = strings[k].operands; *p; p++)
            if (*p == 'A')
                hwp_str_add(a->out, accumulators[size - sizes]);
            else
                hwp_str_addc(a->out, *p);
        return true;
    }
    return false;
}

void hwp_disasm_att(const struct hwp_disasm_job *job, const struct ZydisDecodedInstruction_ *i,
                    const struct ZydisDecodedOperand_ *operands, const char *mnemonic,
                    uint64_t addr, struct hwp_str *out)
{
    const struct hwp_att a = {job, i, operands, addr, out};

    add_prefixes(&a);
    if (i->mnemonic == ZYDIS_MNEMONIC_NOP && i->length > 1 && i->opcode == 0x90) {
        hwp_str_add(out, "xchg %ax,%ax");
        return;
    }
    if (add_string(&a, mnemonic))
        return;
    bool told = add_mnemonic(&a, mnemonic);
    hwp_att_add_operands(&a, i->operand_count_visible - (told ? 1u : 0u));
}

#endif
