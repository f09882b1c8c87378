/*
 * locks: threads take one lock, do a little work under it, and let go; the lock spins or sleeps.
 *
 * Truth per iteration, spin: 1 atomic exchange that succeeds (spin_lock()), more that fail under
 * contention, and a plain store to release. With --work W the guarded counter is incremented W
 * times, 1 load and 1 store each. The counter is plain: lost exclusion shows as a wrong sum. Mutex
 * is pthread_mutex_lock(): what it costs is libc's affair, and its waits are futex calls.
 */
#include <pthread.h>
#include <sched.h>

#include "common/workload.h"

enum { SPIN, MUTEX };

static uint64_t kind = SPIN, work = 1;

static struct {
    _Alignas(WL_LINE) uint32_t spin;
    _Alignas(WL_LINE) pthread_mutex_t mutex;
    _Alignas(WL_LINE) uint64_t guarded;
} shared = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* Test, then test-and-set; lets others run now and then, as there may be fewer cores than threads.
 */
static __attribute__((noinline)) void spin_lock(uint32_t *lock)
{
    unsigned spins = 0;

    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(lock, __ATOMIC_RELAXED)) {
            if (++spins % 1024)
                wl_relax();
            else
                sched_yield();
        }
    }
}

static __attribute__((noinline)) void spin_unlock(uint32_t *lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

static __attribute__((noinline)) void guarded_work(volatile uint64_t *counter, uint64_t n)
{
    while (n--)
        *counter = *counter + 1;
}

static __attribute__((noinline)) void with_spin(uint64_t n)
{
    while (n--) {
        spin_lock(&shared.spin);
        guarded_work(&shared.guarded, work);
        spin_unlock(&shared.spin);
    }
}

static __attribute__((noinline)) void with_mutex(uint64_t n)
{
    while (n--) {
        pthread_mutex_lock(&shared.mutex);
        guarded_work(&shared.guarded, work);
        pthread_mutex_unlock(&shared.mutex);
    }
}

static void truth(void)
{
    if (kind == SPIN)
        wl_truth(wl.threads == 1 ? "atomics-per-iteration" : "atomics-per-iteration-min", 1);
    wl_truth("guarded-increments-per-iteration", (double)work);
    wl_truth("true-shared-lines", wl.threads > 1 ? 2 : 0);
}

static void body(struct wl_thread *thread)
{
    uint64_t n;

    while ((n = wl_next(thread))) {
        if (kind == SPIN)
            with_spin(n);
        else
            with_mutex(n);
    }
}

static bool check(const struct wl_thread *threads, uint64_t done)
{
    (void)threads;
    return wl_expect("the guarded counter", shared.guarded, done * work);
}

static const struct wl_opt options[] = {
    {"kind", WL_OPT_CHOICE, &kind, 0, 0, "spin|mutex", "of lock"},
    {"work", WL_OPT_UINT, &work, 1, 1000000, "N", "increments under the lock"},
    WL_OPT_END,
};

static const struct wl_program program = {
    .name = "locks",
    .summary = "Threads compete for one lock.",
    .unit = "sections",
    .chunk = 1 << 12,
    .options = options,
    .defaults = {.threads = 2, .seed = 1, .iterations = 40000000},
    .truth = truth,
    .body = body,
    .check = check,
};

int main(int argc, char **argv)
{
    return wl_main(&program, argc, argv);
}
