#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "symbols/disasm.h"
#include "unit.h"

struct row {
    int line, machine;
    const char *bytes; /* in hexadecimal */
    enum hwp_atomic atomic;
    enum hwp_flow flow;
    const char *memory; /* "r", "w", "rw", "" */
    uint64_t target;
    const char *text; /* Intel syntax; NULL: not looked at */
};

#define ADDR 0x401000u
#define X(...)                           \
    {                                    \
        __LINE__, EM_X86_64, __VA_ARGS__ \
    }
#define A(...)                            \
    {                                     \
        __LINE__, EM_AARCH64, __VA_ARGS__ \
    }

static const struct row rows[] = {
    X("f0830701", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, "lock add dword ptr [rdi], 0x1"),
    X("f0480fc106", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, "lock xadd qword ptr [rsi], rax"),
    X("f00fb10f", HWP_ATOMIC_CAS, HWP_FLOW_NEXT, "rw", 0, "lock cmpxchg dword ptr [rdi], ecx"),
    X("f0480fc70f", HWP_ATOMIC_CAS, HWP_FLOW_NEXT, "rw", 0, NULL),
    X("f00fc70f", HWP_ATOMIC_CAS, HWP_FLOW_NEXT, "rw", 0, NULL),
    X("8707", HWP_ATOMIC_EXCHANGE, HWP_FLOW_NEXT, "rw", 0, "xchg dword ptr [rdi], eax"),
    X("f08707", HWP_ATOMIC_EXCHANGE, HWP_FLOW_NEXT, "rw", 0, NULL),
    X("4887c3", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "", 0, NULL),   /* registers: not locked */
    X("0fb10f", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "rw", 0, NULL), /* no lock prefix */
    X("f0ff07", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, "lock inc dword ptr [rdi]"),
    X("f0ff0f", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, "lock dec dword ptr [rdi]"),
    X("f00907", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),
    X("f0480fba2f03", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL), /* bts */
    X("f0f717", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),       /* not */
    X("f0f71f", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),       /* neg */
    X("f0830c2400", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),   /* or [rsp], 0 as a fence */
    X("0faef0", HWP_ATOMIC_FENCE, HWP_FLOW_NEXT, "", 0, "mfence"),
    X("0faef8", HWP_ATOMIC_FENCE, HWP_FLOW_NEXT, "", 0, "sfence"),
    X("0faee8", HWP_ATOMIC_FENCE, HWP_FLOW_NEXT, "", 0, "lfence"),
    X("f390", HWP_ATOMIC_SPIN_HINT, HWP_FLOW_NEXT, "", 0, "pause"),
    X("90", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "", 0, "nop"),
    X("660f1f440000", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "", 0, NULL), /* a long nop */
    X("488d4708", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "", 0, "lea rax, [rdi+0x8]"),
    X("8b07", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, "mov eax, dword ptr [rdi]"),
    X("8907", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "w", 0, "mov dword ptr [rdi], eax"),
    X("53", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "w", 0, "push rbx"),
    X("c3", HWP_ATOMIC_NONE, HWP_FLOW_RETURN, "r", 0, "ret"),
    X("e8fb000000", HWP_ATOMIC_NONE, HWP_FLOW_CALL, "w", ADDR + 0x100, "call fn"),
    X("eb0e", HWP_ATOMIC_NONE, HWP_FLOW_JUMP, "", ADDR + 0x10, "jmp 401010 <here+0x10>"),
    X("750e", HWP_ATOMIC_NONE, HWP_FLOW_COND_JUMP, "", ADDR + 0x10, "jne 401010 <here+0x10>"),
    X("741e", HWP_ATOMIC_NONE, HWP_FLOW_COND_JUMP, "", ADDR + 0x20, "je 401020"),
    X("ffe0", HWP_ATOMIC_NONE, HWP_FLOW_JUMP, "", 0, "jmp rax"),
    X("ffd0", HWP_ATOMIC_NONE, HWP_FLOW_CALL, "w", 0, "call rax"),
    X("8b05fa000000", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, "mov eax, dword ptr [fn]"),
    X("8b051a000000", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, "mov eax, dword ptr [0x401020]"),
    X("62f1fe486f07", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, NULL),
    A("0100e0b8", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),      /* ldaddal w0, w1, [x0] */
    A("1f0020f8", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),      /* stadd x0, [x0] */
    A("412060b8", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),      /* ldeorl */
    A("4130e0b8", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),      /* ldsetal */
    A("4110e0b8", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),      /* ldclral */
    A("4140e0b8", HWP_ATOMIC_RMW, HWP_FLOW_NEXT, "rw", 0, NULL),      /* ldsmaxal */
    A("4180e0b8", HWP_ATOMIC_EXCHANGE, HWP_FLOW_NEXT, "rw", 0, NULL), /* swpal */
    A("41fce088", HWP_ATOMIC_CAS, HWP_FLOW_NEXT, "rw", 0, NULL),      /* casal w0, w1, [x2] */
    A("82fc6048", HWP_ATOMIC_CAS, HWP_FLOW_NEXT, "rw", 0, NULL), /* caspal x0, x1, x2, x3, [x4] */
    A("207c5f88", HWP_ATOMIC_LL, HWP_FLOW_NEXT, "r", 0, NULL),   /* ldxr w0, [x1] */
    A("20fc5fc8", HWP_ATOMIC_LL, HWP_FLOW_NEXT, "r", 0, NULL),   /* ldaxr x0, [x1] */
    A("40047fc8", HWP_ATOMIC_LL, HWP_FLOW_NEXT, "r", 0, NULL),   /* ldxp x0, x1, [x2] */
    A("207c0288", HWP_ATOMIC_SC, HWP_FLOW_NEXT, "w", 0, NULL),   /* stxr w2, w0, [x1] */
    A("20fc02c8", HWP_ATOMIC_SC, HWP_FLOW_NEXT, "w", 0, NULL),   /* stlxr w2, x0, [x1] */
    A("20fcdf88", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, NULL), /* ldar w0, [x1] */
    A("20fc9f88", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "w", 0, NULL), /* stlr w0, [x1] */
    A("20c0bfb8", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, NULL), /* ldapr w0, [x1] */
    A("bf3b03d5", HWP_ATOMIC_FENCE, HWP_FLOW_NEXT, "", 0, "dmb ish"),
    A("9f3f03d5", HWP_ATOMIC_FENCE, HWP_FLOW_NEXT, "", 0, "dsb sy"),
    A("df3f03d5", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "", 0, NULL), /* isb */
    A("3f2003d5", HWP_ATOMIC_SPIN_HINT, HWP_FLOW_NEXT, "", 0, "yield"),
    A("5f2003d5", HWP_ATOMIC_SPIN_HINT, HWP_FLOW_NEXT, "", 0, "wfe"),
    A("1f2003d5", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "", 0, "nop"),
    A("40000094", HWP_ATOMIC_NONE, HWP_FLOW_CALL, "", ADDR + 0x100, "bl fn"),
    A("04000014", HWP_ATOMIC_NONE, HWP_FLOW_JUMP, "", ADDR + 0x10, "b 401010 <here+0x10>"),
    A("81000054", HWP_ATOMIC_NONE, HWP_FLOW_COND_JUMP, "", ADDR + 0x10, "b.ne 401010 <here+0x10>"),
    A("800000b4", HWP_ATOMIC_NONE, HWP_FLOW_COND_JUMP, "", ADDR + 0x10,
      "cbz x0, 401010 <here+0x10>"),
    A("80000836", HWP_ATOMIC_NONE, HWP_FLOW_COND_JUMP, "", ADDR + 0x10, NULL), /* tbz */
    A("e0ffff54", HWP_ATOMIC_NONE, HWP_FLOW_COND_JUMP, "", ADDR - 4, NULL),    /* back */
    A("c0035fd6", HWP_ATOMIC_NONE, HWP_FLOW_RETURN, "", 0, "ret"),
    A("00001fd6", HWP_ATOMIC_NONE, HWP_FLOW_JUMP, "", 0, "br x0"),
    A("00003fd6", HWP_ATOMIC_NONE, HWP_FLOW_CALL, "", 0, "blr x0"),
    A("200040f9", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, "ldr x0, [x1]"),
    A("200000f9", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "w", 0, "str x0, [x1]"),
    A("fd7bbfa9", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "w", 0, NULL), /* stp */
    A("fd7bc1a8", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "r", 0, NULL), /* ldp */
    A("20008052", HWP_ATOMIC_NONE, HWP_FLOW_NEXT, "", 0, NULL),  /* mov w0, #1 */
};

static size_t unhex(const char *hex, uint8_t *ret)
{
    size_t n = 0;

    for (; hex[2 * n]; n++) {
        char pair[3] = {hex[2 * n], hex[2 * n + 1], '\0'};
        ret[n] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static const char *name_of(void *ctx, uint64_t vaddr)
{
    (void)ctx;
    return vaddr == ADDR + 0x100  ? "fn"
           : vaddr == ADDR + 0x10 ? "here+0x10"
           : vaddr == ADDR        ? "here"
                                  : NULL;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        const struct row *r = &rows[i];
        struct hwp_insns insns;
        uint8_t code[16];
        size_t len = unhex(r->bytes, code);
        struct hwp_error *err =
            hwp_disasm(r->machine, code, len, ADDR, HWP_SYNTAX_INTEL, name_of, NULL, &insns);
        if (err && r->machine == EM_X86_64) { /* a build for another machine */
            hwp_error_destroy(err);
            continue;
        }
        assert_null(err);
        const struct hwp_insn *in = insns.data;
        char memory[3] = "";
        if (in->reads_memory)
            strcat(memory, "r");
        if (in->writes_memory)
            strcat(memory, "w");
        if (insns.len != 1 || in->bad || in->atomic != r->atomic || in->flow != r->flow ||
            in->target != r->target || (r->memory && strcmp(memory, r->memory) != 0) ||
            (r->text && strcmp(in->text, r->text) != 0))
            fail_msg("row of line %d: n %zu bad %d atomic %d flow %d target %llx memory '%s' '%s'",
                     r->line, insns.len, in->bad, in->atomic, in->flow,
                     (unsigned long long)in->target, memory, in->text);
        hwp_insns_deinit(&insns);
    }
}

/* The AT&T texts are written as objdump writes them. */
static const struct syntax_row {
    int line;
    const char *bytes, *att, *intel;
} syntax_rows[] = {
    {__LINE__, "f0830701", "lock addl $0x1,(%rdi)", "lock add dword ptr [rdi], 0x1"},
    {__LINE__, "488907", "mov %rax,(%rdi)", "mov qword ptr [rdi], rax"},
    {__LINE__, "803e00", "cmpb $0x0,(%rsi)", "cmp byte ptr [rsi], 0x0"},
    {__LINE__, "0fb6040f", "movzbl (%rdi,%rcx,1),%eax", "movzx eax, byte ptr [rdi+rcx*1]"},
    {__LINE__, "0fb7c0", "movzwl %ax,%eax", "movzx eax, ax"},
    {__LINE__, "480fbf07", "movswq (%rdi),%rax", "movsx rax, word ptr [rdi]"},
    {__LINE__, "4863d0", "movslq %eax,%rdx", "movsxd rdx, eax"},
    {__LINE__, "4898", "cltq", "cdqe"},
    {__LINE__, "4899", "cqto", "cqo"},
    {__LINE__, "ffe0", "jmp *%rax", "jmp rax"},
    {__LINE__, "ff5008", "call *0x8(%rax)", "call qword ptr [rax+0x8]"},
    {__LINE__, "e8fb000000", "call fn", "call fn"},
    {__LINE__, "750e", "jne 401010 <here+0x10>", "jne 401010 <here+0x10>"},
    {__LINE__, "ebfe", "jmp 401000 <here>", "jmp 401000 <here>"},
    {__LINE__, "e8fbffffff", "call 401000 <here>", "call 401000 <here>"},
    {__LINE__, "0f1f4000", "nopl 0x0(%rax)", NULL},
    {__LINE__, "662e0f1f840000000000", "cs nopw 0x0(%rax,%rax,1)", NULL},
    {__LINE__, "6690", "xchg %ax,%ax", NULL},
    {__LINE__, "488d05f9000000", "lea fn(%rip),%rax", "lea rax, [fn]"},
    {__LINE__, "488d0519000000", "lea 0x401020(%rip),%rax", "lea rax, [0x401020]"},
    {__LINE__, "62e1fe486f0f", "vmovdqu64 (%rdi),%zmm17", "vmovdqu64 zmm17, zmmword ptr [rdi]"},
    {__LINE__, "64488b042528000000", "mov %fs:0x28,%rax", NULL},
    {__LINE__, "4883c480", "add $0xffffffffffffff80,%rsp", NULL},
    {__LINE__, "d1e8", "shr %eax", NULL},
    {__LINE__, "d327", "shll %cl,(%rdi)", NULL},
    {__LINE__, "f3ab", "rep stos %eax,%es:(%rdi)", NULL},
    {__LINE__, "f348a5", "rep movsq %ds:(%rsi),%es:(%rdi)", NULL},
    {__LINE__, "dd07", "fldl (%rdi)", NULL},
    {__LINE__, "dec1", "faddp %st,%st(1)", NULL},
    {__LINE__, "dee1", "fsubp %st,%st(1)", NULL},
    {__LINE__, "f30fe6c0", "cvtdq2pd %xmm0,%xmm0", NULL},
    {__LINE__, "f20f2a07", "cvtsi2sdl (%rdi),%xmm0", NULL},
    {__LINE__, "660fc2c101", "cmpltpd %xmm1,%xmm0", NULL},
};

static void check_syntax(const struct syntax_row *r, enum hwp_syntax syntax, const char *text)
{
    struct hwp_insns insns;
    uint8_t code[16];
    size_t len = unhex(r->bytes, code);
    struct hwp_error *err = hwp_disasm(EM_X86_64, code, len, ADDR, syntax, name_of, NULL, &insns);

    if (err) { /* a build for another machine */
        hwp_error_destroy(err);
        skip();
    }
    if (insns.len != 1 || strcmp(insns.data[0].text, text) != 0)
        fail_msg("row of line %d: n %zu '%s', not '%s'", r->line, insns.len, insns.data[0].text,
                 text);
    hwp_insns_deinit(&insns);
}

static void test_syntaxes(void **state)
{
    (void)state;
    for (size_t i = 0; i < hwp_array_size(syntax_rows); i++) {
        check_syntax(&syntax_rows[i], HWP_SYNTAX_ATT, syntax_rows[i].att);
        if (syntax_rows[i].intel)
            check_syntax(&syntax_rows[i], HWP_SYNTAX_INTEL, syntax_rows[i].intel);
    }
}

/* Every byte belongs to exactly one instruction, whatever the bytes are. */
static void test_garbage(void **state)
{
    static const int machines[] = {EM_X86_64, EM_386, EM_AARCH64, EM_ARM, EM_PPC64, EM_S390};
    uint8_t code[4099];
    uint32_t seed = 12345;

    (void)state;
    for (size_t i = 0; i < sizeof(code); i++) {
        seed = seed * 1664525 + 1013904223;
        code[i] = (uint8_t)(seed >> 24);
    }
    for (size_t m = 0; m < hwp_array_size(machines); m++) {
        struct hwp_insns insns;
        uint64_t at = ADDR;
        struct hwp_error *err =
            hwp_disasm(machines[m], code, sizeof(code), ADDR, HWP_SYNTAX_INTEL, NULL, NULL, &insns);
        if (err) {
            hwp_error_destroy(err);
            continue;
        }
        hwp_vec_foreach (&insns, in) {
            assert_int_equal(in->addr, at);
            assert_true(in->len > 0);
            assert_non_null(in->text);
            at += in->len;
        }
        assert_int_equal(at, ADDR + sizeof(code));
        hwp_insns_deinit(&insns);
    }
}

static void test_unknown_machine(void **state)
{
    struct hwp_insns insns;
    struct hwp_error *err =
        hwp_disasm(0x7fff, (const uint8_t *)"", 1, 0, HWP_SYNTAX_INTEL, NULL, NULL, &insns);
    (void)state;
    assert_non_null(err);
    assert_int_equal(err->code, HWP_E_UNSUPPORTED);
    hwp_error_destroy(err);
}

static void test_what_counts(void **state)
{
    (void)state;
    assert_false(hwp_atomic_counts(HWP_ATOMIC_NONE));
    assert_false(hwp_atomic_counts(HWP_ATOMIC_SPIN_HINT));
    assert_true(hwp_atomic_counts(HWP_ATOMIC_FENCE));
    assert_string_equal(hwp_atomic_name(HWP_ATOMIC_NONE), "");
    assert_string_equal(hwp_atomic_name(HWP_ATOMIC_CAS), "lock cas");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),        cmocka_unit_test(test_syntaxes),
        cmocka_unit_test(test_garbage),     cmocka_unit_test(test_unknown_machine),
        cmocka_unit_test(test_what_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
