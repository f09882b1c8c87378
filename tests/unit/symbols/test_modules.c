#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "fixture.h"
#include "symbols/disasm.h"

static const char program[] = "#include <stdio.h>\n"    /* 1 */
                              "#include <stdlib.h>\n"   /* 2 */
                              "volatile int counter;\n" /* 3 */
                              "static inline __attribute__((always_inline)) void inner(int n)\n"
                              "{\n"                     /* 5 */
                              "    counter += n * 3;\n" /* 6 */
                              "}\n"                     /* 7 */
                              "static inline __attribute__((always_inline)) void outer(int n)\n"
                              "{\n"                                                     /* 9 */
                              "    inner(n + 1);\n"                                     /* 10 */
                              "}\n"                                                     /* 11 */
                              "__attribute__((noinline)) int work(int n)\n"             /* 12 */
                              "{\n"                                                     /* 13 */
                              "    for (int i = 0; i < n; i++)\n"                       /* 14 */
                              "        outer(i);\n"                                     /* 15 */
                              "    return counter;\n"                                   /* 16 */
                              "}\n"                                                     /* 17 */
                              "__attribute__((noinline)) static int hidden(int n)\n"    /* 18 */
                              "{\n"                                                     /* 19 */
                              "    counter = n;\n"                                      /* 20 */
                              "    return puts(\"x\");\n"                               /* 21 */
                              "}\n"                                                     /* 22 */
                              "int main(int argc, char **argv)\n"                       /* 23 */
                              "{\n"                                                     /* 24 */
                              "    return work(argc) + hidden(argc) + atoi(argv[0]);\n" /* 25 */
                              "}\n";

static void build(const char *name, const char *compiler, const char *flags)
{
    need(compiler);
    fixture_write("p.c", program);
    if (!sh("%s -O1 -o %s p.c %s", compiler, name, flags)) {
        print_message("%s %s does not work here: skipped\n", compiler, flags);
        skip();
    }
}

static const char *base_of(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

/* Somewhere in work() the code of inner() is inlined through outer(). */
static void check_inlines(struct opened *o, const struct hwp_symbol *work)
{
    bool seen = false;

    for (uint64_t a = work->start; a < work->end; a++) {
        struct hwp_inline_frames f = {0};
        hwp_module_inlines(o->module, a, &f);
        assert_true(f.len > 0);
        assert_string_equal(hwp_vec_last(&f)->function, "work");
        assert_null(hwp_vec_last(&f)->call.file);
        assert_int_equal(hwp_vec_last(&f)->decl.line, 12);
        for (size_t i = 0; i < f.len; i++)
            assert_string_equal(base_of(f.data[i].decl.file), "p.c");
        if (f.len == 3) {
            seen = true;
            assert_string_equal(f.data[0].function, "inner");
            assert_int_equal(f.data[0].call.line, 10);
            assert_string_equal(base_of(f.data[0].call.file), "p.c");
            assert_string_equal(f.data[1].function, "outer");
            assert_int_equal(f.data[1].call.line, 15);
            assert_int_equal(f.data[0].decl.line, 4);
            assert_int_equal(f.data[1].decl.line, 8);
        }
        hwp_vec_deinit(&f);
    }
    assert_true(seen);
}

static void check_debug_program(const char *name, bool dynamic)
{
    struct opened o;
    open_file(&o, name);
    assert_int_equal(o.module->state, HWP_MODULE_OK);
    const struct hwp_symbol *work = named(&o, "work");
    assert_non_null(work);
    assert_int_equal(work->from, HWP_SYMBOL_SYMTAB);
    assert_ptr_equal(hwp_module_symbol(o.module, work->end - 1), work);
    assert_non_null(named(&o, "hidden"));
    assert_non_null(named(&o, "main"));
    struct hwp_line line = hwp_module_line(o.module, work->start);
    assert_string_equal(base_of(line.file), "p.c");
    assert_in_range(line.line, 12, 14);
    assert_string_equal(hwp_symbols_source_line(o.symbols, &(struct hwp_line){line.file, 16}),
                        "    return counter;");
    assert_null(hwp_symbols_source_line(o.symbols, &(struct hwp_line){line.file, 4000}));
    check_inlines(&o, work);
    if (dynamic) {
        const struct hwp_symbol *plt = named(&o, "puts@plt");
        assert_non_null(plt);
        assert_int_equal(plt->from, HWP_SYMBOL_PLT);
    }
    struct hwp_notes notes = {0};
    hwp_symbols_notes(o.symbols, &notes);
    assert_int_equal(notes.len, 0);
    close_opened(&o);
}

static void test_debug_programs(void **state)
{
    static const struct {
        const char *compiler, *flags;
        bool dynamic;
    } rows[] = {
        {"cc", "-g -gdwarf-2 -gno-strict-dwarf", true},
        {"cc", "-g -gdwarf-3", true},
        {"cc", "-g -gdwarf-4 -no-pie", true},
        {"cc", "-g -gdwarf-5 -pie -fPIE", true},
        {"cc", "-g -gdwarf-5 -Wl,-z,ibtplt -fcf-protection", true},
        {"cc", "-g -static", false},
        {"cc", "-g -gz=zlib", true},
        {"cc", "-g -gsplit-dwarf", true},
        {"cc", "-g -flto", true},
        {"clang", "-g -gdwarf-5", true},
        {"clang", "-g -gdwarf-4 -ffunction-sections", true},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        if (!sh("command -v %s", rows[i].compiler))
            continue;
        fixture_write("p.c", program);
        if (!sh("%s -O1 -o p p.c %s", rows[i].compiler, rows[i].flags))
            continue;
        print_message("%s %s\n", rows[i].compiler, rows[i].flags);
        check_debug_program("p", rows[i].dynamic);
    }
}

static void test_split_debug(void **state)
{
    (void)state;
    build("p", "cc", "-g -Wl,--build-id=none");
    need("objcopy");
    assert_true(sh("objcopy --only-keep-debug p p.debug && strip p && "
                   "objcopy --add-gnu-debuglink=p.debug p"));
    check_debug_program("p", true);
    /* Another build's debug file: the CRC says so. */
    assert_true(sh("printf x >> p.debug"));
    struct opened o;
    open_file(&o, "p");
    assert_null(o.module->debug_path);
    assert_null(named(&o, "hidden"));
    close_opened(&o);
}

static void test_stripped(void **state)
{
    struct opened o;
    uint64_t start, end;

    (void)state;
    build("p", "cc", "-g");
    open_file(&o, "p");
    start = named(&o, "hidden")->start;
    end = named(&o, "hidden")->end;
    close_opened(&o);
    need("strip");
    assert_true(sh("strip p"));
    open_file(&o, "p");
    const struct hwp_symbol *s = hwp_module_symbol(o.module, start + 1);
    char name[32];
    snprintf(name, sizeof(name), "sub_%llx", (unsigned long long)start);
    assert_string_equal(s->name, name);
    assert_int_equal(s->from, HWP_SYMBOL_UNWIND);
    assert_int_equal(s->start, start);
    assert_int_equal(s->end, end);
    assert_ptr_equal(hwp_module_symbol(o.module, end - 1), s);
    assert_non_null(named(&o, "puts@plt"));
    assert_null(hwp_module_line(o.module, start).file);
    const struct hwp_symbol *none = hwp_module_symbol(o.module, UINT64_MAX - 5);
    assert_int_equal(none->from, HWP_SYMBOL_NONE);
    assert_ptr_equal(hwp_module_symbol(o.module, UINT64_MAX - 7), none);
    struct hwp_notes notes = {0};
    hwp_symbols_notes(o.symbols, &notes);
    assert_int_equal(notes.len, 0); /* nothing was sampled */
    struct hwp_loc loc = {0, start};
    struct hwp_cell cell = {.samples = 10, .value = 10};
    o.profile.locs.data = &loc;
    o.profile.locs.len = 1;
    o.profile.cells.data = &cell;
    o.profile.cells.len = 1;
    hwp_symbols_notes(o.symbols, &notes);
    assert_int_equal(notes.len, 2);
    assert_string_equal(notes.data[0].detail, "p");
    assert_int_equal(notes.data[0].id, HWP_NOTE_STRIPPED);
    assert_int_equal(notes.data[1].id, HWP_NOTE_NO_SOURCE);
    hwp_vec_foreach (&notes, n)
        free(n->detail);
    hwp_vec_deinit(&notes);
    close_opened(&o);
}

static void test_code_and_offsets(void **state)
{
    struct opened o;
    size_t len = 0;

    (void)state;
    build("p", "cc", "-no-pie");
    open_file(&o, "p");
    const struct hwp_symbol *work = named(&o, "work");
    const uint8_t *code = hwp_module_code(o.module, work->start, work->end, &len);
    assert_non_null(code);
    assert_int_equal(len, work->end - work->start);
    /* The file offset of the code leads back to the address. */
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/p", fixture_dir);
    int fd = open(path, O_RDONLY);
    uint8_t *file = hwp_alloc(1 << 20);
    ssize_t size = read(fd, file, 1 << 20);
    close(fd);
    const uint8_t *at = memmem(file, (size_t)size, code, len);
    assert_non_null(at);
    assert_int_equal(hwp_module_vaddr(o.module, (uint64_t)(at - file)), work->start);
    free(file);
    assert_null(hwp_module_code(o.module, work->end, work->start, &len));
    assert_null(hwp_module_code(o.module, 0, 16, &len));
    close_opened(&o);
}

static void check_state(const struct hwp_dso *dso, enum hwp_module_state wanted)
{
    struct opened o;

    open_dso(&o, dso, NULL, NULL);
    assert_int_equal(o.module->state, wanted);
    const struct hwp_symbol *s = hwp_module_symbol(o.module, 0x1234);
    assert_int_equal(s->from, HWP_SYMBOL_NONE);
    assert_string_equal(s->name, "[unknown]");
    assert_int_equal(hwp_module_vaddr(o.module, 0x1234), 0x1234);
    assert_null(hwp_module_line(o.module, 0x1234).file);
    struct hwp_inline_frames f = {0};
    hwp_module_inlines(o.module, 0x1234, &f);
    assert_int_equal(f.len, 0);
    close_opened(&o);
}

static void test_states(void **state)
{
    hwp_cleanup(hwp_free_cleanup) char *text = hwp_asprintf("%s/text", fixture_dir);
    hwp_cleanup(hwp_free_cleanup) char *fifo = hwp_asprintf("%s/fifo", fixture_dir);

    (void)state;
    fixture_write("text", "not an ELF file\n");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    check_state(&(struct hwp_dso){HWP_DSO_USER, (char[]){"/nowhere/x"}}, HWP_MODULE_MISSING);
    check_state(&(struct hwp_dso){HWP_DSO_USER, text}, HWP_MODULE_NOT_ELF);
    check_state(&(struct hwp_dso){HWP_DSO_USER, fifo}, HWP_MODULE_MISSING);
    check_state(&(struct hwp_dso){HWP_DSO_UNKNOWN, (char[]){"[unknown]"}}, HWP_MODULE_MISSING);
    check_state(&(struct hwp_dso){HWP_DSO_USER, (char[]){"/proc/self/exe"}, 0, {1, 2, 3}, 20},
                HWP_MODULE_MISMATCH);
}

/* What the kernel calls a file that is gone, whatever stands at its path now. */
static void test_deleted(void **state)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/p (deleted)", fixture_dir);
    hwp_cleanup(hwp_free_cleanup) char *there = hwp_asprintf("%s/p", fixture_dir);
    struct hwp_dso dso = {HWP_DSO_USER, path, .build_id_len = 0};
    struct opened o;

    (void)state;
    build("p", "cc", "-Wl,--build-id=0x01020304");
    assert_true(sh("cp p \"p (deleted)\""));
    check_state(&dso, HWP_MODULE_MISMATCH); /* nothing says that it is the same */
    memcpy(dso.build_id, "\1\2\3\5", 4);
    dso.build_id_len = 4;
    check_state(&dso, HWP_MODULE_MISMATCH);
    dso.build_id[3] = 4;
    open_dso(&o, &dso, NULL, NULL);
    assert_int_equal(o.module->state, HWP_MODULE_OK);
    assert_string_equal(o.module->path, there);
    assert_string_equal(o.module->short_name, "p");
    assert_non_null(named(&o, "work"));
    close_opened(&o);
}

static void test_names_of_memory(void **state)
{
    static const struct {
        int line;
        const char *path, *module, *symbol;
    } rows[] = {
        {__LINE__, "//anon", "[anon]", "[anon]"},
        {__LINE__, "[heap]", "[heap]", "[anon]"},
        {__LINE__, "/dev/zero (deleted)", "[anon]", "[anon]"},
        {__LINE__, "/memfd:prog (deleted)", "memfd:prog", "[unknown]"},
        {__LINE__, "/memfd:a/b", "memfd:a/b", "[unknown]"},
    };

    (void)state;
    for (size_t i = 0; i < hwp_array_size(rows); i++) {
        struct hwp_dso dso = {HWP_DSO_ANON, (char *)(uintptr_t)rows[i].path, .pid = -1};
        struct opened o;
        open_dso(&o, &dso, NULL, NULL);
        if (strcmp(o.module->short_name, rows[i].module) != 0 ||
            strcmp(hwp_module_symbol(o.module, 0x1234)->name, rows[i].symbol) != 0)
            fail_msg("row of line %d: %s", rows[i].line, o.module->short_name);
        close_opened(&o);
    }
}

static void test_kernel(void **state)
{
    struct hwp_dso kernel = {.kind = HWP_DSO_KERNEL, .path = (char[]){"[kernel]"}};
    struct hwp_dso module = {.kind = HWP_DSO_MODULE, .path = (char[]){"[snd_pcm]"}};
    static const char text[] = "ffffffff81000000 T _stext\n"
                               "ffffffff81000000 T startup_64\n"
                               "ffffffff81001000 t do_one\n"
                               "ffffffff81002000 W weak_alias\n"
                               "ffffffff81002000 T strong\n"
                               "ffffffff81003000 D some_data\n"
                               "broken line\n"
                               "ffffffffc0001000 t pcm_open\t[snd_pcm]\n"
                               "ffffffffc0002000 t other\t[ext4]\n";
    struct opened o;

    (void)state;
    open_dso(&o, &kernel, text, NULL);
    assert_int_equal(o.module->state, HWP_MODULE_OK);
    const struct hwp_symbol *s = hwp_module_symbol(o.module, 0xffffffff81001fff);
    assert_string_equal(s->name, "do_one");
    assert_int_equal(s->from, HWP_SYMBOL_KALLSYMS);
    assert_int_equal(s->end, 0xffffffff81002000);
    assert_string_equal(hwp_module_symbol(o.module, 0xffffffff81002010)->name, "strong");
    assert_string_equal(hwp_module_symbol(o.module, 0xffffffff81000010)->name, "startup_64");
    assert_int_equal(hwp_module_symbol(o.module, 0xffffffffc0001000)->from, HWP_SYMBOL_NONE);
    close_opened(&o);
    open_dso(&o, &module, text, NULL);
    assert_string_equal(hwp_module_symbol(o.module, 0xffffffffc0001010)->name, "pcm_open");
    assert_int_equal(hwp_module_symbol(o.module, 0xffffffffc0002010)->from, HWP_SYMBOL_NONE);
    close_opened(&o);
}

/* No build id was recorded, but the kernel's release was: not the one of this machine. */
static void test_other_kernel(void **state)
{
    struct hwp_dso kernel = {.kind = HWP_DSO_KERNEL, .path = (char[]){"[kernel]"}};
    struct hwp_profile p = {.run.os_release = (char[]){"1.0-other"}};

    (void)state;
    hwp_vec_push(&p.dsos, kernel);
    struct hwp_symbols *s = hwp_symbols_create(&p, NULL);
    assert_int_equal(hwp_symbols_module(s, 0)->state, HWP_MODULE_MISMATCH);
    hwp_symbols_destroy(s);
    hwp_vec_deinit(&p.dsos);
}

static void test_perf_map(void **state)
{
    struct hwp_dso dso = {.kind = HWP_DSO_ANON, .path = (char[]){"//anon"}, .pid = getpid()};
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("/tmp/perf-%d.map", (int)getpid());
    struct opened o;

    (void)state;
    unlink(path);
    open_dso(&o, &dso, NULL, NULL);
    assert_string_equal(hwp_module_symbol(o.module, 0x1000)->name, "[anon]");
    close_opened(&o);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("1000 20 old\n0x2000 10 LazyCompile:~fn /a b.js:1\ngarbage\n1000 30 new\n4000 zz x\n", f);
    fclose(f);
    open_dso(&o, &dso, NULL, NULL);
    hwp_module_symbol(o.module, 0);
    unlink(path);
    assert_string_equal(hwp_module_symbol(o.module, 0x1028)->name, "new");
    assert_int_equal(hwp_module_symbol(o.module, 0x1028)->from, HWP_SYMBOL_PERFMAP);
    assert_string_equal(hwp_module_symbol(o.module, 0x200f)->name, "LazyCompile:~fn /a b.js:1");
    assert_string_equal(hwp_module_symbol(o.module, 0x2010)->name, "[anon]");
    close_opened(&o);
}

static void test_vdso(void **state)
{
    struct hwp_dso dso = {.kind = HWP_DSO_VDSO, .path = (char[]){"[vdso]"}};
    struct opened o;

    (void)state;
    open_dso(&o, &dso, NULL, NULL);
    if (o.module->state == HWP_MODULE_OK) {
        const struct hwp_symbol *s = named(&o, "__vdso_getcpu");
        if (!s)
            s = named(&o, "__kernel_clock_gettime");
        assert_non_null(s);
        size_t len = 0;
        assert_non_null(hwp_module_code(o.module, s->start, s->end, &len));
    }
    close_opened(&o);
}

static void test_cxx(void **state)
{
    struct opened o;

    (void)state;
    need("g++");
    fixture_write("p.cpp",
                  "namespace ns { template <class T> __attribute__((noinline)) T twice(T a)\n"
                  "{ volatile T b = a; return b + b; } }\n"
                  "int main() { return ns::twice<long>(3) + ns::twice<int>(4); }\n");
    assert_true(sh("g++ -g -O1 -o p p.cpp"));
    open_file(&o, "p");
    const struct hwp_symbol *s = named(&o, "ns::twice<long>");
    assert_non_null(s);
    assert_string_equal(s->raw_name, "_ZN2ns5twiceIlEET_S1_");
    assert_ptr_equal(named(&o, s->raw_name), s);
    struct hwp_inline_frames f = {0};
    hwp_module_inlines(o.module, s->start, &f);
    assert_int_equal(f.len, 1);
    assert_string_equal(f.data[0].function, "ns::twice<long>");
    hwp_vec_deinit(&f);
    close_opened(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_debug_programs),
        cmocka_unit_test(test_split_debug),
        cmocka_unit_test(test_stripped),
        cmocka_unit_test(test_code_and_offsets),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_deleted),
        cmocka_unit_test(test_names_of_memory),
        cmocka_unit_test(test_kernel),
        cmocka_unit_test(test_other_kernel),
        cmocka_unit_test(test_perf_map),
        cmocka_unit_test(test_vdso),
        cmocka_unit_test(test_cxx),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
