/*
 * What A64 instructions do, from their encodings: Capstone's groups miss most of what counts here
 * (which loads are exclusive, which operations are atomic), and its versions differ.
 */
#include "symbols/disasm_internal.h"

struct pattern {
    uint32_t mask, bits;
    uint8_t value;
};

static const struct pattern atomics[] = {
    /* size 111000 A R 1 Rs o3 opc 00: LSE. LDAPR is among the codes of o3 = 1, and not atomic. */
    {0x3f20fc00, 0x38208000, HWP_ATOMIC_EXCHANGE}, /* swp */
    {0x3f208c00, 0x38200000, HWP_ATOMIC_RMW},      /* ldadd, ldset, ldsmax, stadd … */
    {0x3fa07c00, 0x08a07c00, HWP_ATOMIC_CAS},
    {0xbfa07c00, 0x08207c00, HWP_ATOMIC_CAS},       /* casp */
    {0x3fe00000, 0x08400000, HWP_ATOMIC_LL},        /* ldxr, ldaxr */
    {0xbfe00000, 0x88600000, HWP_ATOMIC_LL},        /* ldxp, ldaxp */
    {0x3fe00000, 0x08000000, HWP_ATOMIC_SC},        /* stxr, stlxr */
    {0xbfe00000, 0x88200000, HWP_ATOMIC_SC},        /* stxp, stlxp */
    {0xfffff0ff, 0xd503309f, HWP_ATOMIC_FENCE},     /* dsb */
    {0xfffff0ff, 0xd50330bf, HWP_ATOMIC_FENCE},     /* dmb */
    {0xfffff3ff, 0xd503323f, HWP_ATOMIC_FENCE},     /* dsb nXS */
    {0xffffffff, 0xd503203f, HWP_ATOMIC_SPIN_HINT}, /* yield */
    {0xffffffff, 0xd503205f, HWP_ATOMIC_SPIN_HINT}, /* wfe */
    {0xffffffe0, 0xd5031000, HWP_ATOMIC_SPIN_HINT}, /* wfet */
};

static const struct pattern flows[] = {
    {0xfc000000, 0x14000000, HWP_FLOW_JUMP},      /* b */
    {0xfc000000, 0x94000000, HWP_FLOW_CALL},      /* bl */
    {0xff000000, 0x54000000, HWP_FLOW_COND_JUMP}, /* b.cond, bc.cond */
    {0x7e000000, 0x34000000, HWP_FLOW_COND_JUMP}, /* cbz, cbnz */
    {0x7e000000, 0x36000000, HWP_FLOW_COND_JUMP}, /* tbz, tbnz */
    {0xfe7f0000, 0xd61f0000, HWP_FLOW_JUMP},      /* br, braa … */
    {0xfe7f0000, 0xd63f0000, HWP_FLOW_CALL},      /* blr, blraa … */
    {0xfe7f0000, 0xd65f0000, HWP_FLOW_RETURN},    /* ret, retaa */
};

static uint8_t lookup(const struct pattern *table, size_t n, uint32_t word)
{
    for (size_t i = 0; i < n; i++)
        if ((word & table[i].mask) == table[i].bits)
            return table[i].value;
    return 0;
}

static uint64_t offset_field(uint32_t word, unsigned shift, unsigned bits)
{
    uint64_t field = word >> shift & ((1u << bits) - 1), sign = (uint64_t)1 << (bits - 1);
    return ((field ^ sign) - sign) * 4;
}

static uint64_t target_of(uint32_t word, uint64_t addr)
{
    if ((word & 0x7c000000) == 0x14000000)
        return addr + offset_field(word, 0, 26);
    if ((word & 0x7e000000) == 0x36000000)
        return addr + offset_field(word, 5, 14);
    if ((word & 0xff000000) == 0x54000000 || (word & 0x7e000000) == 0x34000000)
        return addr + offset_field(word, 5, 19);
    return 0;
}

/* Loads and stores of one register: size 111 V 0x opc. Prefetches are neither. */
static bool single_loads(uint32_t word)
{
    unsigned opc = word >> 22 & 3, size = word >> 30;

    return word & (1u << 26) ? opc & 1 : opc != 0 && !(opc == 2 && size == 3);
}

static bool single_stores(uint32_t word)
{
    return word & (1u << 26) ? !(word >> 22 & 1) : !(word >> 22 & 3);
}

static void classify_memory(uint32_t word, struct hwp_insn *insn)
{
    bool load_bit = word >> 22 & 1;

    if (insn->atomic == HWP_ATOMIC_RMW || insn->atomic == HWP_ATOMIC_CAS ||
        insn->atomic == HWP_ATOMIC_EXCHANGE) {
        insn->reads_memory = insn->writes_memory = true;
    } else if ((word & 0x3b000000) == 0x18000000) { /* literal */
        insn->reads_memory = word >> 30 != 3 || (word & (1u << 26));
    } else if ((word & 0x3f000000) == 0x08000000 || (word & 0x3a000000) == 0x28000000 ||
               (word & 0xbe000000) == 0x0c000000) { /* exclusive and ordered; pairs; structures */
        insn->reads_memory = load_bit;
        insn->writes_memory = !load_bit;
    } else if ((word & 0x3f20fc00) == 0x3820c000) { /* ldapr */
        insn->reads_memory = true;
    } else if ((word & 0x3a000000) == 0x38000000) {
        insn->reads_memory = single_loads(word);
        insn->writes_memory = single_stores(word);
    } else if ((word & 0x3f200c00) == 0x19000000) { /* ldapur, stlur */
        insn->reads_memory = (word >> 22 & 3) != 0;
        insn->writes_memory = !insn->reads_memory;
    }
}

void hwp_arm64_classify(uint32_t word, struct hwp_insn *insn)
{
    insn->atomic = lookup(atomics, hwp_array_size(atomics), word);
    insn->flow = lookup(flows, hwp_array_size(flows), word);
    insn->target = target_of(word, insn->addr);
    classify_memory(word, insn);
}
