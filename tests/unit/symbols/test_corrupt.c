/* Files whose bytes were flipped, and files that were cut: nothing may crash or hang. */
#include <fcntl.h>

#include "fixture.h"

#define ROUNDS 1500

static uint32_t seed = 20240229;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static char *read_file(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    char *data = hwp_alloc(1 << 20);
    *ret_len = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

static volatile uint8_t checksum;

static void use_everything(struct opened *o)
{
    for (uint64_t a = 0x1000; a < 0x1300; a += 7) {
        struct hwp_inline_frames f = {0};
        size_t len = 0;
        uint64_t vaddr = hwp_module_vaddr(o->module, a);
        const struct hwp_symbol *s = hwp_module_symbol(o->module, vaddr);
        assert_non_null(s);
        assert_non_null(s->name);
        hwp_module_line(o->module, vaddr);
        hwp_module_inlines(o->module, vaddr, &f);
        const uint8_t *code = hwp_module_code(o->module, vaddr, vaddr + 64, &len);
        for (size_t i = 0; code && i < len; i++)
            checksum ^= code[i]; /* every byte can be read */
        hwp_vec_deinit(&f);
    }
    named(o, "work");
}

static void try_bytes(const char *data, size_t len)
{
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/mutant", fixture_dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    close(fd);
    struct opened o;
    open_file(&o, "mutant");
    use_everything(&o);
    close_opened(&o);
}

/* Where damage goes further: the headers, the section headers, the notes and small tables. */
static size_t pick_place(size_t len)
{
    switch (next_random() % 4) {
    case 0:
        return next_random() % 1024 % len;
    case 1:
        return len - 1 - next_random() % 2600 % len;
    default:
        return next_random() % len;
    }
}

static void mutate(const char *flags)
{
    fixture_write("p.c", "static inline __attribute__((always_inline)) int in(int n)\n"
                         "{ return n * 3; }\n"
                         "volatile int v; int work(int n) { return in(n) + in(v); }\n"
                         "extern int puts(const char *);\n"
                         "int main(void) { puts(\"x\"); return work(v); }\n");
    if (!sh("cc -O1 %s -o p p.c", flags)) {
        print_message("cc %s does not work here\n", flags);
        skip();
    }
    hwp_cleanup(hwp_free_cleanup) char *path = hwp_asprintf("%s/p", fixture_dir);
    size_t len = 0;
    hwp_cleanup(hwp_free_cleanup) char *data = read_file(path, &len);
    hwp_cleanup(hwp_free_cleanup) char *mutant = hwp_alloc(len);
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(mutant, data, len);
        unsigned flips = 1 + next_random() % 8;
        for (unsigned i = 0; i < flips; i++)
            mutant[pick_place(len)] = (char)(next_random() % 3 ? next_random() : 0xff);
        size_t keep = round % 10 ? len : next_random() % len;
        try_bytes(mutant, keep);
    }
}

static void test_dwarf5(void **state)
{
    (void)state;
    need("cc");
    mutate("-g -gdwarf-5");
}

static void test_dwarf4(void **state)
{
    (void)state;
    need("cc");
    mutate("-g -gdwarf-4");
}

static void test_stripped(void **state)
{
    (void)state;
    need("cc");
    mutate("-s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dwarf5),
        cmocka_unit_test(test_dwarf4),
        cmocka_unit_test(test_stripped),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
