/*
 * The event grammar, row by row: text → every parsed field, or a part of the error.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "counters/spec.h"

struct row {
    int line;
    const char *text;
    const char *want; /* see describe(); "!" + part of message or hint: an error */
};

static void add_modifiers(struct hwp_str *s, const struct hwp_modifiers *m)
{
    static const char *const precise[] = {"", "p", "pp", "ppp"};
    const struct {
        bool on;
        const char *letter;
    } flags[] = {
        {m->user, "u"},        {m->kernel, "k"},      {m->hypervisor, "h"},
        {m->guest, "G"},       {m->host, "H"},        {m->precise, precise[m->precise]},
        {m->max_precise, "P"}, {m->sample_read, "S"}, {m->pinned, "D"},
        {m->exclusive, "e"},   {m->weak, "W"},        {m->exclude_idle, "I"},
    };
    bool first = true;

    for (size_t i = 0; i < hwp_array_size(flags); i++) {
        if (!flags[i].on)
            continue;
        hwp_str_add(s, first ? " ~" : "");
        hwp_str_add(s, flags[i].letter);
        first = false;
    }
}

/* KIND pmu|name|raw {terms} [len access] ~modifiers @group; specs joined with " ; ". */
static void describe(struct hwp_str *s, const struct hwp_spec *spec)
{
    static const char *const kinds[] = {"name", "raw", "pmu", "tp", "bp", "papi", "comp"};

    hwp_str_addf(s, "%s", kinds[spec->kind]);
    if (spec->pmu)
        hwp_str_addf(s, " %s/", spec->pmu);
    if (spec->name)
        hwp_str_addf(s, " %s", spec->name);
    if (spec->kind == HWP_SPEC_RAW || spec->kind == HWP_SPEC_BREAKPOINT)
        hwp_str_addf(s, " %#llx", (unsigned long long)spec->raw);
    hwp_vec_foreach (&spec->terms, t)
        hwp_str_addf(s, " {%s%s%s}", t->key, t->value ? "=" : "", t->value ? t->value : "");
    if (spec->kind == HWP_SPEC_BREAKPOINT)
        hwp_str_addf(s, " %u%s%s%s", spec->bp_len, spec->bp_read ? "r" : "",
                     spec->bp_write ? "w" : "", spec->bp_exec ? "x" : "");
    add_modifiers(s, &spec->mods);
    if (spec->group >= 0)
        hwp_str_addf(s, " @%d", spec->group);
}

static const struct row rows[] = {
    /* names and modifiers */
    {__LINE__, "cycles", "name cycles"},
    {__LINE__, " cycles ", "name cycles"},
    {__LINE__, "cycles,instructions", "name cycles ; name instructions"},
    {__LINE__, "cycles , instructions", "name cycles ; name instructions"},
    {__LINE__, "cycles:u", "name cycles ~u"},
    {__LINE__, "cycles:k", "name cycles ~k"},
    {__LINE__, "cycles:h", "name cycles ~h"},
    {__LINE__, "cycles:uk", "name cycles ~uk"},
    {__LINE__, "cycles:ku", "name cycles ~uk"},
    {__LINE__, "cycles:p", "name cycles ~p"},
    {__LINE__, "cycles:pp", "name cycles ~pp"},
    {__LINE__, "cycles:ppp", "name cycles ~ppp"},
    {__LINE__, "cycles:pup", "name cycles ~upp"},
    {__LINE__, "cycles:P", "name cycles ~P"},
    {__LINE__, "cycles:GH", "name cycles ~GH"},
    {__LINE__, "cycles:SDeWI", "name cycles ~SDeWI"},
    {__LINE__, "cycles:ukhGHpPSDeWI", "name cycles ~ukhGHpPSDeWI"},
    {__LINE__, "topdown-retiring:u", "name topdown-retiring ~u"},
    {__LINE__, "cycles:", "!modifiers are missing after ':', at position 8"},
    {__LINE__, "cycles:q", "!unknown modifier 'q', at position 8"},
    {__LINE__, "cycles:uq", "!unknown modifier 'q', at position 9"},
    {__LINE__, "cycles:q", "!\n    cycles:q\n           ^"},
    {__LINE__, "cycles:uu", "!modifier 'u' is there twice, at position 9"},
    {__LINE__, "cycles:pppp", "!too many 'p', at position 11"},
    {__LINE__, "cycles:u:k", "!unknown modifier ':'"},
    {__LINE__, "instructions,cycles:z", "!unknown modifier 'z', at position 21"},
    {__LINE__, "L1-dcache-loads:z", "!unknown modifier 'z'"},
    {__LINE__, "L1-dcache-loads:u", "name L1-dcache-loads ~u"},
    {__LINE__, "LLC-load-misses:pp", "name LLC-load-misses ~pp"},
    /* empty things and separators */
    {__LINE__, "", "!an event is missing, at position 1"},
    {__LINE__, "   ", "!an event is missing"},
    {__LINE__, ",", "!an event is missing, at position 1"},
    {__LINE__, "cycles,", "!an event is missing, at position 8"},
    {__LINE__, "cycles,,cs", "!an event is missing, at position 8"},
    {__LINE__, "cycles instructions", "!unexpected space in an event, at position 7"},
    {__LINE__, "cy\acles", "!unexpected control character in an event, at position 3"},
    {__LINE__, ":u", "!a name is missing at this ':', at position 1"},
    /* groups */
    {__LINE__, "{cycles}", "name cycles @0"},
    {__LINE__, "{cycles,cs}", "name cycles @0 ; name cs @0"},
    {__LINE__, "{ cycles , cs }", "name cycles @0 ; name cs @0"},
    {__LINE__, "{cycles,cs}:u", "name cycles ~u @0 ; name cs ~u @0"},
    {__LINE__, "{cycles:k,cs}:u", "name cycles ~uk @0 ; name cs ~u @0"},
    {__LINE__, "{cycles:p,cs}:pp", "name cycles ~ppp @0 ; name cs ~pp @0"},
    {__LINE__, "{cycles:pp,cs}:pp", "!too many 'p', at position 16"},
    {__LINE__, "{a,b},{c,d}", "name a @0 ; name b @0 ; name c @1 ; name d @1"},
    {__LINE__, "x,{a,b}:S,y", "name x ; name a ~S @0 ; name b ~S @0 ; name y"},
    {__LINE__, "{cpu/event=1,umask=2/u,cs}", "pmu cpu/ {event=1} {umask=2} ~u @0 ; name cs @0"},
    {__LINE__, "{}", "!an event is missing, at position 2"},
    {__LINE__, "{", "!this '{' has no closing '}', at position 1"},
    {__LINE__, "{cycles", "!this '{' has no closing '}', at position 1"},
    {__LINE__, "cs,{cycles", "!this '{' has no closing '}', at position 4"},
    {__LINE__, "{cycles,", "!this '{' has no closing '}'"},
    {__LINE__, "{cycles,}", "!an event is missing, at position 9"},
    {__LINE__, "}", "!an event is missing"},
    {__LINE__, "cycles}", "!this '}' has no opening '{', at position 7"},
    {__LINE__, "{cycles}}", "!this '}' has no opening '{', at position 9"},
    {__LINE__, "{a,{b}}", "!unexpected '{', at position 4"},
    {__LINE__, "a{b}", "!unexpected '{', at position 2"},
    {__LINE__, "{a}b", "!unexpected 'b' after a group, at position 4"},
    {__LINE__, "{a}:", "!modifiers are missing"},
    {__LINE__, "{a}:x", "!unknown modifier 'x', at position 5"},
    /* raw */
    {__LINE__, "r1", "raw r1 0x1"},
    {__LINE__, "r01c0", "raw r01c0 0x1c0"},
    {__LINE__, "rFfFf:u", "raw rFfFf 0xffff ~u"},
    {__LINE__, "rffffffffffffffff", "raw rffffffffffffffff 0xffffffffffffffff"},
    {__LINE__, "r11111111111111111", "!the raw code is over 64 bits"},
    {__LINE__, "r", "name r"},
    {__LINE__, "rx1", "name rx1"},
    {__LINE__, "r1:z", "!unknown modifier 'z'"},
    /* PMU terms */
    {__LINE__, "cpu//", "pmu cpu/"},
    {__LINE__, "cpu/cycles/", "pmu cpu/ {cycles}"},
    {__LINE__, "cpu/event=0xc0,umask=1/", "pmu cpu/ {event=0xc0} {umask=1}"},
    {__LINE__, "cpu/event=0xc0/u", "pmu cpu/ {event=0xc0} ~u"},
    {__LINE__, "cpu/event=0xc0/:upp", "pmu cpu/ {event=0xc0} ~upp"},
    {__LINE__, "cpu/a,b,c/,cs", "pmu cpu/ {a} {b} {c} ; name cs"},
    {__LINE__, "cpu/name='a, b/c'/k", "pmu cpu/ {name=a, b/c} ~k"},
    {__LINE__, "cpu/name=x:y.z/", "pmu cpu/ {name=x:y.z}"},
    {__LINE__, "uncore_imc_0/cas_count_read/", "pmu uncore_imc_0/ {cas_count_read}"},
    {__LINE__, "cpu/event=1", "!this '/' has no closing '/', at position 4"},
    {__LINE__, "cpu/event=1,cs", "!this '/' has no closing '/'"},
    {__LINE__, "cpu/name='x/", "!this '/' has no closing '/'"},
    {__LINE__, "cpu/", "!this '/' has no closing '/'"},
    {__LINE__, "/event=1/", "!the PMU's name is missing before '/', at position 1"},
    {__LINE__, "cpu/a,,b/", "!a term is missing, at position 7"},
    {__LINE__, "cpu/a,/", "!a term is missing, at position 7"},
    {__LINE__, "cpu/=1/", "!a term's name is missing"},
    {__LINE__, "cpu/event=/", "!the value of 'event' is missing, at position 10"},
    {__LINE__, "cpu/event=1/z", "!unknown modifier 'z', at position 13"},
    {__LINE__, "cpu/event=1/:", "!modifiers are missing"},
    /* tracepoints */
    {__LINE__, "sched:sched_switch", "tp sched/ sched_switch"},
    {__LINE__, "sched:sched_switch:u", "tp sched/ sched_switch ~u"},
    {__LINE__, "syscalls:sys_enter_futex,cs", "tp syscalls/ sys_enter_futex ; name cs"},
    {__LINE__, "xhci-hcd:xhci_urb_enqueue", "tp xhci-hcd/ xhci_urb_enqueue"},
    {__LINE__, "sched:", "!a name is missing at this ':'"},
    {__LINE__, "sched:sched_switch:z", "!unknown modifier 'z'"},
    {__LINE__, "sched:sched_switch:", "!modifiers are missing"},
    /* native */
    {__LINE__, "INST_RETIRED:ANY_P", "name INST_RETIRED:ANY_P"},
    {__LINE__, "INST_RETIRED:ANY_P:u", "name INST_RETIRED:ANY_P ~u"},
    {__LINE__, "INST_RETIRED:ANY_P:ukpp", "name INST_RETIRED:ANY_P ~ukpp"},
    {__LINE__, "INST_RETIRED:ANY_P:e", "name INST_RETIRED:ANY_P:e"},
    {__LINE__, "INST_RETIRED:ANY_P:c=2:i", "name INST_RETIRED:ANY_P:c=2:i"},
    {__LINE__, "inst_retired:any_p:c=2", "name inst_retired:any_p:c=2"},
    {__LINE__, "skx::INST_RETIRED", "name skx::INST_RETIRED"},
    {__LINE__, "skx::inst_retired:any_p:k", "name skx::inst_retired:any_p ~k"},
    {__LINE__, "atom::MUL:S", "name atom::MUL:S"},
    {__LINE__, "skx::u", "name skx::u"},
    {__LINE__, "UNHALTED_CORE_CYCLES:k", "name UNHALTED_CORE_CYCLES ~k"},
    {__LINE__, "inst_retired.any_p:u", "name inst_retired.any_p ~u"},
    {__LINE__, "skx::", "!a name is missing at this ':'"},
    {__LINE__, "INST_RETIRED:", "!a name is missing at this ':'"},
    /* PAPI */
    {__LINE__, "PAPI_L2_DCM", "papi PAPI_L2_DCM"},
    {__LINE__, "PAPI_L2_DCM:u", "papi PAPI_L2_DCM ~u"},
    {__LINE__, "PAPI_L2_DCM:z", "!unknown modifier 'z'"},
    {__LINE__, "powercap:::ENERGY_UJ:ZONE0,cs", "comp powercap/ ENERGY_UJ:ZONE0 ; name cs"},
    {__LINE__, "io:::a/b", "comp io/ a/b"},
    {__LINE__, ":::x", "!there must be a name on both sides of ':::'"},
    {__LINE__, "x:::", "!there must be a name on both sides of ':::'"},
    /* breakpoints */
    {__LINE__, "mem:0x1000", "bp 0x1000 0rw"},
    {__LINE__, "mem:4096", "bp 0x1000 0rw"},
    {__LINE__, "mem:0x1000:r", "bp 0x1000 0r"},
    {__LINE__, "mem:0x1000:w", "bp 0x1000 0w"},
    {__LINE__, "mem:0x1000:wr", "bp 0x1000 0rw"},
    {__LINE__, "mem:0x1000:x", "bp 0x1000 0x"},
    {__LINE__, "mem:0x1000/8", "bp 0x1000 8rw"},
    {__LINE__, "mem:0x1000/8:w:u", "bp 0x1000 8w ~u"},
    {__LINE__, "mem:0x1000:u", "bp 0x1000 0rw ~u"},
    {__LINE__, "mem:0x1000/1:rw,cs", "bp 0x1000 1rw ; name cs"},
    {__LINE__, "{mem:a/4:w,mem:b/4:w}", "bp a 0 4w @0 ; bp b 0 4w @0"},
    {__LINE__, "mem:counter", "bp counter 0 0rw"},
    {__LINE__, "mem:counter+8/8:w", "bp counter 0x8 8w"},
    {__LINE__, "mem:ns::counter+0x10:w", "bp ns::counter 0x10 0w"},
    {__LINE__, "mem:ns::counter:x", "bp ns::counter 0 0x"},
    {__LINE__, "mem:", "!the address is missing, at position 5"},
    {__LINE__, "mem:/4", "!the address is missing"},
    {__LINE__, "mem:+4", "!the symbol is missing"},
    {__LINE__, "mem:0x", "!address '0x' is not a number"},
    {__LINE__, "mem:12q", "!address '12q' is not a number"},
    {__LINE__, "mem:0x11111111111111111", "!is over 64 bits"},
    {__LINE__, "mem:a+", "!offset '' is not a number"},
    {__LINE__, "mem:a+b", "!offset 'b' is not a number"},
    {__LINE__, "mem:0x10/3", "!a breakpoint can't have length 3, at position 10"},
    {__LINE__, "mem:0x10/0", "!a breakpoint can't have length 0"},
    {__LINE__, "mem:0x10/16", "!a breakpoint can't have length 16"},
    {__LINE__, "mem:0x10/", "!length '' is not a number"},
    {__LINE__, "mem:0x10/-1", "!length '-1' is not a number"},
    {__LINE__, "mem:0x10:rr", "!access 'r' is there twice"},
    {__LINE__, "mem:0x10:wx", "!x can't be combined with r or w"},
    {__LINE__, "mem:0x10:rq", "!unknown modifier 'r'"},
    {__LINE__, "mem:0x10:", "!modifiers are missing"},
    {__LINE__, "mem:0x10:rw:", "!modifiers are missing"},
    {__LINE__, "mem:0x10:rw:z", "!unknown modifier 'z'"},
    /* carets count characters, not bytes */
    {__LINE__, "caf\303\251:u,cycles:q", "!\n    caf\303\251:u,cycles:q\n                  ^"},
};

static bool check_row(const struct row *row)
{
    struct hwp_specs specs = {0};
    struct hwp_error *err = hwp_specs_parse(row->text, &specs);
    struct hwp_str got = {0};

    if (err) {
        hwp_str_addf(&got, "!%s\n%s", err->msg, err->hint ? err->hint : "");
    } else {
        hwp_vec_foreach (&specs, spec) {
            hwp_str_add(&got, got.len ? " ; " : "");
            describe(&got, spec);
        }
    }
    bool ok = row->want[0] == '!' ? err && strstr(got.data, row->want + 1)
                                  : !err && strcmp(got.data, row->want) == 0;
    if (!ok)
        print_error("line %d: '%s'\n  want %s\n  got  %s\n", row->line, row->text, row->want,
                    got.data);
    hwp_str_deinit(&got);
    hwp_specs_deinit(&specs);
    hwp_error_destroy(err);
    return ok;
}

static void grammar(void **state)
{
    unsigned failed = 0;

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++)
        failed += !check_row(&rows[i]);
    assert_int_equal(failed, 0);
}

static void text_and_column(void **state)
{
    struct hwp_specs specs = {0};

    (void)state;
    assert_null(hwp_specs_parse("cs, {cycles:u ,cpu/a,b/k}", &specs));
    assert_int_equal(specs.len, 3);
    assert_string_equal(specs.data[0].text, "cs");
    assert_string_equal(specs.data[1].text, "cycles:u");
    assert_string_equal(specs.data[2].text, "cpu/a,b/k");
    assert_int_equal(specs.data[0].column, 0);
    assert_int_equal(specs.data[1].column, 5);
    assert_int_equal(specs.data[2].column, 15);
    hwp_specs_deinit(&specs);
}

/* xorshift64: the same texts in every run. */
static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

static void mutate(char *text, size_t room, uint64_t *seed)
{
    static const char alphabet[] = ":/,{}=+'-_*.rwxupPSDeWI0123xF \tmem:PAPI_cycles\303\251";
    size_t len = strlen(text);

    for (unsigned i = 0, n = 1 + next_random(seed) % 4; i < n; i++) {
        char c = alphabet[next_random(seed) % (sizeof(alphabet) - 1)];
        size_t at = len ? next_random(seed) % len : 0;
        switch (next_random(seed) % 4) {
        case 0: /* overwrite */
            if (len)
                text[at] = c;
            break;
        case 1: /* insert */
            if (len + 1 < room) {
                memmove(text + at + 1, text + at, len - at + 1);
                text[at] = c;
                len++;
            }
            break;
        case 2: /* delete */
            if (len) {
                memmove(text + at, text + at + 1, len - at);
                len--;
            }
            break;
        default: /* cut off */
            text[at] = 0;
            len = at;
        }
    }
}

/* Whatever comes in: a list or an error that says something; the sanitizers watch the rest. */
static void survives_mutations(void **state)
{
    uint64_t seed = 0x9e3779b97f4a7c15;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        struct hwp_specs specs = {0};
        char text[256];

        snprintf(text, sizeof(text), "%s", rows[i % hwp_array_size(rows)].text);
        mutate(text, sizeof(text), &seed);
        struct hwp_error *err = hwp_specs_parse(text, &specs);
        assert_true(err ? err->msg[0] && err->hint : specs.len > 0);
        hwp_specs_deinit(&specs);
        hwp_error_destroy(err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grammar),
        cmocka_unit_test(text_and_column),
        cmocka_unit_test(survives_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
