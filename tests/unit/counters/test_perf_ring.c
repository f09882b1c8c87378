/* Ring buffers in ordinary memory: wrap-around, straddling records, nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "counters/ring.h"

#define SIZE 256

static struct perf_event_mmap_page meta;
static unsigned char data[SIZE] __attribute__((aligned(8)));
static char room[65536];

static struct hwp_ring new_ring(uint64_t position)
{
    memset(&meta, 0, sizeof(meta));
    meta.data_head = meta.data_tail = position;
    return (struct hwp_ring){.meta = &meta, .data = data, .size = SIZE, .straddling = room};
}

/* As the kernel writes: byte by byte around the end. */
static void put(uint16_t size, uint64_t fill)
{
    unsigned char record[SIZE];
    struct perf_event_header header = {.type = PERF_RECORD_SAMPLE, .size = size};

    memset(record, (int)fill, sizeof(record));
    memcpy(record, &header, sizeof(header));
    for (size_t i = 0; i < size; i++)
        data[(meta.data_head + i) % SIZE] = record[i];
    meta.data_head += size;
}

static void collect(void *ctx, const void *records, size_t size)
{
    hwp_str_addn(ctx, records, size);
}

/* Sizes and fills of the records in `text`, checked one by one. */
static size_t check_records(const struct hwp_str *text, const uint16_t *sizes, uint64_t first_fill)
{
    size_t n = 0;

    for (size_t at = 0; at < text->len; n++) {
        struct perf_event_header header;

        memcpy(&header, text->data + at, sizeof(header));
        assert_int_equal(header.size, sizes[n]);
        for (size_t i = sizeof(header); i < header.size; i++)
            assert_int_equal((unsigned char)text->data[at + i], first_fill + n);
        at += header.size;
    }
    return n;
}

static void test_every_position(void **state)
{
    static const uint16_t sizes[] = {40, 8, 64, 24, 16, 80};

    (void)state;
    for (uint64_t position = 0; position < 2 * SIZE; position += 8) {
        struct hwp_ring ring = new_ring(position);
        struct hwp_str got = {0};

        for (size_t i = 0; i < 6; i++)
            put(sizes[i], 1 + i);
        assert_int_equal(hwp_ring_drain(&ring, collect, &got), 232);
        assert_int_equal(check_records(&got, sizes, 1), 6);
        assert_int_equal(meta.data_tail, meta.data_head);
        hwp_str_deinit(&got);
    }
}

static void test_full_and_empty(void **state)
{
    struct hwp_ring ring = new_ring(72);
    struct hwp_str got = {0};
    static const uint16_t sizes[] = {128, 128};

    (void)state;
    assert_int_equal(hwp_ring_drain(&ring, collect, &got), 0);
    put(128, 1);
    put(128, 2);
    assert_int_equal(hwp_ring_drain(&ring, collect, &got), SIZE);
    assert_int_equal(check_records(&got, sizes, 1), 2);
    assert_int_equal(hwp_ring_drain(&ring, collect, &got), 0);
    hwp_str_deinit(&got);
}

/* A size that can't be: what came before is kept, the pass ends, and the next one is sound. */
static void test_nonsense(void **state)
{
    static const uint16_t bad[] = {0, 4, 12, 8000};
    static const uint16_t sizes[] = {40};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct hwp_ring ring = new_ring(0);
        struct hwp_str got = {0};

        put(40, 1);
        put(40, 2);
        struct perf_event_header header = {.type = PERF_RECORD_SAMPLE, .size = bad[i]};
        memcpy(data + 40, &header, sizeof(header));
        assert_int_equal(hwp_ring_drain(&ring, collect, &got), 40);
        assert_int_equal(check_records(&got, sizes, 1), 1);
        got.len = 0;
        put(40, 1);
        assert_int_equal(hwp_ring_drain(&ring, collect, &got), 40);
        assert_int_equal(check_records(&got, sizes, 1), 1);
        hwp_str_deinit(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_position),
        cmocka_unit_test(test_full_and_empty),
        cmocka_unit_test(test_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
