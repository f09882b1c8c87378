/*
 * matmul: C = A·B for square matrices of doubles, in the order that walks B's columns (ijk) or the
 * one that walks rows only (ikj).
 *
 * Truth: an iteration is one row of C, n·n steps of one multiplication and one addition. A step
 * makes 2 loads; ijk (dot_column()) stores once per n steps and enters a new line of B every step
 * when n ≥ 8, ikj (add_row()) stores every step and enters one every 8. Entries are small whole
 * numbers, so every sum is exact and the check, C·x = A·(B·x) for a random x, is too.
 */
#include <stdlib.h>

#include "common/workload.h"

enum { IJK, IKJ };

static uint64_t order = IJK;
static double *a, *b, *c;

static __attribute__((noinline)) double dot_column(const double *row, const double *column,
                                                   uint64_t n)
{
    double sum = 0;

    for (uint64_t k = 0; k < n; k++)
        sum += row[k] * column[k * n];
    return sum;
}

static __attribute__((noinline)) void add_row(double *restrict to, const double *restrict row,
                                              double factor, uint64_t n)
{
    for (uint64_t j = 0; j < n; j++)
        to[j] += factor * row[j];
}

static void multiply_row(uint64_t i)
{
    uint64_t n = wl.size;

    if (order == IJK) {
        for (uint64_t j = 0; j < n; j++)
            c[i * n + j] = dot_column(a + i * n, b + j, n);
        return;
    }
    for (uint64_t j = 0; j < n; j++)
        c[i * n + j] = 0;
    for (uint64_t k = 0; k < n; k++)
        add_row(c + i * n, b + k * n, a[i * n + k], n);
}

static const char *validate(void)
{
    return wl.threads > wl.size ? "there are more threads than rows" : NULL;
}

static void truth(void)
{
    double steps = (double)wl.size * (double)wl.size;

    wl_truth("atomics-per-iteration", 0);
    wl_truth("steps-per-iteration", steps);
    wl_truth("flops-per-iteration", 2 * steps);
    wl_truth("loads-per-step", 2);
    wl_truth("stores-per-step", order == IJK ? 1 / (double)wl.size : 1);
    wl_truth("b-lines-per-step", order == IJK && wl.size >= 8 ? 1 : 0.125);
    wl_truth("bytes-per-matrix", steps * sizeof(double));
}

static double *random_matrix(uint64_t *state)
{
    double *m = wl_alloc(4096, wl.size * wl.size * sizeof(*m));

    for (uint64_t i = 0; i < wl.size * wl.size; i++)
        m[i] = (double)wl_random_below(state, 16);
    return m;
}

static void setup(void)
{
    uint64_t state = wl.seed;

    a = random_matrix(&state);
    b = random_matrix(&state);
    c = wl_alloc(4096, wl.size * wl.size * sizeof(*c));
}

/* Thread t takes rows t, t + threads, …; more iterations than these start over. No row is two
 * threads'. */
static uint64_t row_after(uint64_t row)
{
    return row + wl.threads < wl.size ? row + wl.threads : row % wl.threads;
}

static void body(struct wl_thread *thread)
{
    uint64_t row = thread->index, n;

    while ((n = wl_next(thread))) {
        for (; n; n--, row = row_after(row))
            multiply_row(row);
    }
}

static void times_vector(const double *m, const double *x, double *y)
{
    for (uint64_t i = 0; i < wl.size; i++) {
        y[i] = 0;
        for (uint64_t k = 0; k < wl.size; k++)
            y[i] += m[i * wl.size + k] * x[k];
    }
}

/* Marks the rows that were computed: with few iterations the others are still zero. */
static unsigned char *rows_done(const struct wl_thread *threads)
{
    unsigned char *marks = wl_alloc(WL_LINE, wl.size);

    for (uint64_t t = 0; t < wl.threads; t++) {
        uint64_t row = t, laps = threads[t].done < wl.size ? threads[t].done : wl.size;

        for (; laps; laps--, row = row_after(row))
            marks[row] = 1;
    }
    return marks;
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    uint64_t state = ~wl.seed, n = wl.size, wrong = 0;
    double *x = wl_alloc(WL_LINE, 4 * n * sizeof(*x));
    double *bx = x + n, *abx = x + 2 * n, *cx = x + 3 * n;
    unsigned char *marks = rows_done(threads);

    (void)done;
    for (uint64_t i = 0; i < n; i++)
        x[i] = (double)wl_random_below(&state, 16);
    times_vector(b, x, bx);
    times_vector(a, bx, abx);
    times_vector(c, x, cx);
    for (uint64_t i = 0; i < n; i++)
        wrong += cx[i] != (marks[i] ? abx[i] : 0);
    free(marks);
    free(x);
    return wl_expect("the number of wrong rows", wrong, 0);
}

static void cleanup(void)
{
    free(a);
    free(b);
    free(c);
}

static const struct wl_opt options[] = {
    {"order", WL_OPT_CHOICE, &order, 0, 0, "ijk|ikj", "of the three loops"},
    WL_OPT_END,
};

static const struct wl_program program = {
    .name = "matmul",
    .summary = "Multiplies two square matrices, along columns or along rows.",
    .unit = "rows",
    .chunk = 1,
    .size_help = "rows and columns",
    .size_min = 1,
    .size_max = 1 << 14,
    .options = options,
    .defaults = {.threads = 1, .seed = 1, .size = 512, .iterations = 2048},
    .validate = validate,
    .truth = truth,
    .setup = setup,
    .body = body,
    .check = check,
    .cleanup = cleanup,
};

int main(int argc, char **argv)
{
    return wl_main(&program, argc, argv);
}
