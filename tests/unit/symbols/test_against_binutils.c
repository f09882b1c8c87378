/* The same questions to this code and to binutils: lines and inlines (addr2line), instructions
 * (objdump). */
#include "fixture.h"

#include "symbols/disasm.h"

static const char program[] =
    "#include <algorithm>\n#include <map>\n#include <string>\n#include <vector>\n"
    "static std::map<std::string, std::vector<int>> table;\n"
    "__attribute__((noinline)) int fill(int n)\n"
    "{\n    for (int i = 0; i < n; i++)\n        table[std::to_string(i % 7)].push_back(i);\n"
    "    return (int)table.size();\n}\n"
    "__attribute__((noinline)) long sum()\n"
    "{\n    long s = 0;\n    for (auto &p : table) {\n        std::sort(p.second.begin(), "
    "p.second.end());\n        for (int i : p.second)\n            s += i;\n    }\n    return "
    "s;\n}\n"
    "int main(int argc, char **argv)\n{\n    return fill(argc) + (int)sum();\n}\n";

static FILE *ask(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    hwp_cleanup(hwp_free_cleanup) char *what = hwp_vasprintf(fmt, ap);
    va_end(ap);
    FILE *f = popen(what, "r");
    assert_non_null(f);
    return f;
}

/* "/dir/file.h:12 (discriminator 3)" to "file.h" and 12. */
static unsigned parse_place(char *text, const char **ret_file)
{
    char *colon = strrchr(text, ':'), *slash;

    assert_non_null(colon);
    *colon = '\0';
    slash = strrchr(text, '/');
    *ret_file = slash ? slash + 1 : text;
    return (unsigned)strtoul(colon + 1, NULL, 10);
}

/* What addr2line -i says of one address against our frames; 1 if all agree. */
static bool same_frames(struct opened *o, uint64_t addr, FILE *f)
{
    struct hwp_inline_frames frames = {0};
    struct hwp_line line = hwp_module_line(o->module, addr);
    char function[4096], place[4096];
    size_t n = 0;
    bool same = true;

    hwp_module_inlines(o->module, addr, &frames);
    while (fgets(function, sizeof(function), f) && function[0] != '0') {
        const char *file = NULL;
        assert_non_null(fgets(place, sizeof(place), f));
        unsigned number = parse_place(place, &file);
        const struct hwp_line *ours = n ? &frames.data[n - 1].call : &line;
        const char *slash = ours->file ? strrchr(ours->file, '/') : NULL;
        same &= n < frames.len && ours->line == number &&
                (!number || (slash && strcmp(slash + 1, file) == 0));
        if (++n > frames.len && n > 1)
            same = false;
    }
    same &= n == frames.len || (frames.len == 0 && n == 1);
    hwp_vec_deinit(&frames);
    return same;
}

static void test_addr2line(void **state)
{
    (void)state;
    need("g++");
    need("addr2line");
    fixture_write("p.cpp", program);
    assert_true(sh("g++ -g -O2 -o p p.cpp"));
    struct opened o;
    open_file(&o, "p");
    static const char *const functions[] = {"fill", "sum", "main"};
    unsigned asked = 0, agreed = 0;
    for (size_t i = 0; i < hwp_array_size(functions); i++) {
        const struct hwp_symbol *s = named(&o, functions[i]);
        assert_non_null(s);
        for (uint64_t a = s->start; a < s->end; a += 2) {
            FILE *f =
                ask("addr2line -a -f -i -e %s/p 0x%llx 2>&1", fixture_dir, (unsigned long long)a);
            char echo[64];
            assert_non_null(fgets(echo, sizeof(echo), f));
            asked++;
            agreed += same_frames(&o, a, f);
            pclose(f);
        }
    }
    print_message("%u of %u addresses agree with addr2line\n", agreed, asked);
    assert_true(asked > 100);
    assert_true(agreed * 100 >= asked * 97);
    close_opened(&o);
}

/* Instructions of a function as objdump counts them. */
static size_t objdump_count(const char *path, uint64_t start, uint64_t end)
{
    FILE *f = ask("objdump -d --no-show-raw-insn --start-address=0x%llx --stop-address=0x%llx %s",
                  (unsigned long long)start, (unsigned long long)end, path);
    char line[4096];
    size_t n = 0;

    while (fgets(line, sizeof(line), f)) {
        unsigned long long addr;
        n += sscanf(line, " %llx:", &addr) == 1 && addr >= start && addr < end && line[0] == ' ';
    }
    pclose(f);
    return n;
}

static void check_function(struct opened *o, const char *path, const struct hwp_symbol *s,
                           unsigned *bad)
{
    struct hwp_insns insns;
    size_t len = 0;
    const uint8_t *code = hwp_module_code(o->module, s->start, s->end, &len);

    assert_non_null(code);
    struct hwp_error *err =
        hwp_disasm(o->module->machine, code, len, s->start, HWP_SYNTAX_ATT, NULL, NULL, &insns);
    assert_null(err);
    hwp_vec_foreach (&insns, in)
        *bad += in->bad;
    size_t theirs = objdump_count(path, s->start, s->end);
    if (theirs != insns.len)
        print_message("%s: %zu instructions, objdump %zu\n", s->name, insns.len, theirs);
    assert_int_equal(theirs, insns.len);
    hwp_insns_deinit(&insns);
}

static void test_libc_instructions(void **state)
{
    static const char path[] = "/lib/x86_64-linux-gnu/libc.so.6";
    static const char *const names[] = {
        "malloc",
        "free",
        "qsort",
        "memcpy",
        "vfprintf",
        "getaddrinfo",
        "pthread_mutex_lock",
        "__memmove_evex_unaligned_erms",
        "__strlen_evex",
        "__strlen_avx2",
        "__memset_avx512_unaligned",
        "regexec",
        "strtod",
        "fork",
        "localtime",
        "__memchr_evex",
        "iconv_open",
        "system",
    };
    struct opened o;
    unsigned bad = 0, looked_at = 0;

    (void)state;
    if (access(path, R_OK) != 0)
        skip();
    need("objdump");
    open_file(&o, path);
    for (size_t i = 0; i < hwp_array_size(names); i++) {
        const struct hwp_symbol *s = named(&o, names[i]);
        if (s && s->from != HWP_SYMBOL_PLT) {
            check_function(&o, path, s, &bad);
            looked_at++;
        }
    }
    print_message("%u functions of libc looked at\n", looked_at);
    assert_true(looked_at >= 8);
    assert_int_equal(bad, 0);
    close_opened(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addr2line),
        cmocka_unit_test(test_libc_instructions),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
