/*
 * The shape of Phoenix's linear_regression, known for its false sharing: each thread sums up points
 * through a pointer to its own 64-byte struct in an array, and where the array begins within a
 * cache line decides whether neighbours' sums share lines. Written from that description.
 *
 * usage: linear_regression OFFSET THREADS POINTS-PER-THREAD
 * Exit status 1 if a sum is wrong.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE 64

struct point {
    signed char x, y;
};

/* Points are of char type, which may alias anything: every sum is loaded and stored at each. */
struct lreg_args {
    pthread_t tid;
    const struct point *points;
    int num_elems;
    long long SX, SY, SXX, SYY, SXY;
};
_Static_assert(sizeof(struct lreg_args) == LINE, "each is as long as a line");

static void *linear_regression(void *arg)
{
    struct lreg_args *args = arg;

    for (int i = 0; i < args->num_elems; i++) {
        args->SX += args->points[i].x;
        args->SXX += args->points[i].x * args->points[i].x;
        args->SY += args->points[i].y;
        args->SYY += args->points[i].y * args->points[i].y;
        args->SXY += args->points[i].x * args->points[i].y;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    size_t offset, threads, n;
    unsigned char *memory;
    struct lreg_args *args;
    struct point *points;
    long long expected = 0;
    int wrong = 0;

    if (argc != 4)
        return 2;
    offset = strtoul(argv[1], NULL, 0);
    threads = strtoul(argv[2], NULL, 0);
    n = strtoul(argv[3], NULL, 0);
    memory = aligned_alloc(LINE, (threads + 1) * LINE + (offset + LINE - 1) / LINE * LINE);
    points = aligned_alloc(LINE, (n * sizeof(*points) + LINE - 1) / LINE * LINE);
    if (!memory || !points)
        return 1;
    args = (struct lreg_args *)(void *)(memory + offset);
    for (size_t i = 0; i < n; i++) {
        points[i] = (struct point){.x = (signed char)(i % 100), .y = (signed char)(i % 7)};
        expected += points[i].x * points[i].y;
    }
    for (size_t t = 0; t < threads; t++) {
        args[t].points = points;
        args[t].num_elems = (int)n;
        args[t].SX = args[t].SY = args[t].SXX = args[t].SYY = args[t].SXY = 0;
    }
    for (size_t t = 0; t < threads; t++)
        if (pthread_create(&args[t].tid, NULL, linear_regression, &args[t]))
            return 1;
    for (size_t t = 0; t < threads; t++) {
        pthread_join(args[t].tid, NULL);
        wrong |= args[t].SXY != expected;
    }
    free(points);
    free(memory);
    return wrong;
}
