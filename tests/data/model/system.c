/*
 * What programs do that a profiler must follow, a mode each: system MODE [N]. The work is N atomic
 * increments a time (default 20,000), which the modelled PMU counts exactly; each mode prints how
 * many it made in all.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096

extern char **environ;
static volatile long *made; /* shared by all processes that don't exec */
static long n = 20000;
static const char *self;

static void die(const char *what)
{
    perror(what);
    exit(90);
}

/* Processes get in between of each other's atomics, so that Valgrind has to try them again. */
__attribute__((noinline)) void work(void)
{
    for (long i = 0; i < n; i++)
        __atomic_fetch_add(made, 1, __ATOMIC_SEQ_CST);
}

static void *work_as_thread(void *unused)
{
    work();
    return unused;
}

static void reap(int nr)
{
    int status;

    for (int i = 0; i < nr; i++)
        if (wait(&status) < 0 || status != 0)
            die("child");
}

/* --- processes ------------------------------------------------------------------------------- */

static void mode_work(void)
{
    work();
}

static void mode_fork(void)
{
    for (int i = 0; i < 2; i++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (!pid) {
            work();
            _exit(0);
        }
    }
    work();
    reap(2);
}

static void mode_vfork(void)
{
    pid_t pid = vfork();

    if (!pid) {
        execl(self, self, "work", NULL);
        _exit(91);
    }
    reap(1);
    work();
}

/* An exec that fails leaves the image as it was. */
static void mode_exec(void)
{
    work();
    execl("/nowhere", "nowhere", NULL);
    work();
    execl(self, self, "work", NULL);
    die("exec");
}

static void mode_spawn(void)
{
    char *argv[] = {(char *)self, "work", NULL};
    pid_t pid;

    for (int i = 0; i < 2; i++)
        if (posix_spawn(&pid, self, NULL, NULL, argv, environ))
            die("posix_spawn");
    reap(2);
}

/* Short-lived children, 20 at a time. */
static void mode_many(void)
{
    for (int i = 0; i < 200; i++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (!pid) {
            for (int k = 0; k < 100; k++)
                __atomic_fetch_add(made, 1, __ATOMIC_SEQ_CST);
            _exit(0);
        }
        if (i >= 20)
            reap(1);
    }
    reap(20);
}

/* A child is killed; another, and this process, end by themselves. */
static void mode_killed(void)
{
    pid_t pid = fork();

    if (!pid)
        for (;;)
            pause();
    usleep(100000);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    mode_fork();
}

static void mode_suicide(void)
{
    mode_fork();
    raise(SIGKILL);
}

/* --- threads --------------------------------------------------------------------------------- */

static void mode_threads(void)
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, work_as_thread, NULL))
            die("pthread_create");
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

/* Threads of several processes, none of which works before six are there: "met" counts them. */
static void *work_when_met(void *met)
{
    __atomic_fetch_add((volatile long *)met, 1, __ATOMIC_SEQ_CST);
    while (*(volatile long *)met < 6)
        usleep(1000);
    work();
    return NULL;
}

static void mode_meet(void)
{
    int fd = open("met", O_RDWR | O_CREAT, 0600);
    pthread_t threads[3];
    void *met;

    if (fd < 0 || ftruncate(fd, PAGE))
        die("met");
    met = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (met == MAP_FAILED)
        die("mmap");
    for (int i = 0; i < 3; i++)
        if (pthread_create(&threads[i], NULL, work_when_met, met))
            die("pthread_create");
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

static void *nothing(void *unused)
{
    return unused;
}

/* More threads at once than Valgrind allows by default, and then one after the other. */
static void *until_told(void *barrier)
{
    pthread_barrier_wait(barrier);
    return NULL;
}

static void mode_crowd(void)
{
    enum { NR = 600 };
    static pthread_t threads[NR];
    pthread_barrier_t barrier;
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 * 1024);
    pthread_barrier_init(&barrier, NULL, NR + 1);
    for (int i = 0; i < NR; i++)
        if ((errno = pthread_create(&threads[i], &attr, until_told, &barrier)))
            die("pthread_create");
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < NR; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < NR; i++) {
        if (pthread_create(&threads[0], &attr, nothing, NULL))
            die("pthread_create");
        pthread_join(threads[0], NULL);
    }
    work();
}

/* Waits with one bit; wakes with another wake nobody. Then another waits, is moved to a second
 * futex and woken from there. */
static int futexes[2];

static void *wait_with_bit(void *unused)
{
    syscall(SYS_futex, &futexes[0], FUTEX_WAIT_BITSET, 0, NULL, NULL, 2);
    return unused;
}

static void mode_futex(void)
{
    pthread_t thread;
    time_t start = time(NULL);

    pthread_create(&thread, NULL, wait_with_bit, NULL);
    usleep(50000);
    for (int i = 0; i < 5; i++) {
        if (syscall(SYS_futex, &futexes[0], FUTEX_WAKE_BITSET, 1, NULL, NULL, 1))
            die("FUTEX_WAKE_BITSET");
        work();
    }
    if (syscall(SYS_futex, &futexes[0], FUTEX_REQUEUE, 0, 1L, &futexes[1], 0) != 1 ||
        syscall(SYS_futex, &futexes[0], FUTEX_WAKE, 1, NULL, NULL, 0))
        die("FUTEX_REQUEUE");
    work();
    syscall(SYS_futex, &futexes[1], FUTEX_WAKE, 1, NULL, NULL, 0);
    pthread_join(thread, NULL);
    if (time(NULL) - start > 2)
        die("too slow");
}

/* Threads one after the other leave next to nothing behind. */
static long resident_kb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        die("statm");
    fclose(f);
    return pages * 4;
}

static void *print(void *unused)
{
    char text[64];

    snprintf(text, sizeof text, "%f", (double)n);
    return unused;
}

static void one_by_one(int nr)
{
    pthread_t thread;

    for (int i = 0; i < nr; i++) {
        if ((errno = pthread_create(&thread, NULL, print, NULL)))
            die("pthread_create");
        pthread_join(thread, NULL);
    }
}

static void mode_series(void)
{
    long before;

    one_by_one(50);
    before = resident_kb();
    one_by_one(300);
    if (resident_kb() - before > 300 * 40)
        die("threads leave memory behind");
    work();
}

/* Bound by its creator, before it runs. */
static void *work_bound(void *cpu)
{
    if (sched_getcpu() != *(int *)cpu)
        die("a thread's CPU");
    work();
    return NULL;
}

static void make_bound(int cpu)
{
    pthread_attr_t attr;
    pthread_t thread;
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_attr_init(&attr);
    pthread_attr_setaffinity_np(&attr, sizeof one, &one);
    if ((errno = pthread_create(&thread, &attr, work_bound, &cpu)))
        die("pthread_create");
    pthread_join(thread, NULL);
}

/* Works on the first allowed CPU, on the last, and in a thread on the second. */
static void mode_affinity(void)
{
    cpu_set_t allowed, one;
    int first = -1, last = -1;

    sched_getaffinity(0, sizeof allowed, &allowed);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed)) {
            first = first < 0 ? cpu : first;
            last = cpu;
        }
    for (int i = 0; i < 2; i++) {
        CPU_ZERO(&one);
        CPU_SET(i ? last : first, &one);
        if (sched_setaffinity(0, sizeof one, &one))
            die("sched_setaffinity");
        if (sched_getcpu() != (i ? last : first))
            die("sched_getcpu");
        sched_getaffinity(0, sizeof allowed, &allowed);
        if (!CPU_EQUAL(&allowed, &one))
            die("sched_getaffinity");
        work();
    }
    make_bound(first + 1);
}

/* What was killed takes up no core. */
static void mode_vacated(void)
{
    for (int i = 0; i < 3; i++) {
        pid_t pid = fork();
        if (!pid)
            for (;;)
                pause();
        usleep(100000);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    int next = sched_getcpu() + 1;
    pthread_t thread;
    if ((errno = pthread_create(&thread, NULL, work_bound, &next)))
        die("pthread_create");
    pthread_join(thread, NULL);
}

/* --- signals --------------------------------------------------------------------------------- */

static void on_signal(int signal)
{
    (void)signal;
    work();
}

static sigjmp_buf back;

static void on_signal_jump(int signal)
{
    (void)signal;
    work();
    siglongjmp(back, 1);
}

__attribute__((noinline)) static void use_handler(void (*fn)(int), int flags)
{
    struct sigaction action = {.sa_handler = fn, .sa_flags = flags};

    sigaction(SIGUSR1, &action, NULL);
    for (int i = 0; i < 20; i++)
        if (!sigsetjmp(back, 1))
            raise(SIGUSR1);
}

__attribute__((noinline)) void after_handlers(void)
{
    work();
}

static void mode_signals(void)
{
    static char stack[64 * 1024];
    stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};

    n /= 20;
    sigaltstack(&other, NULL);
    use_handler(on_signal, 0);
    use_handler(on_signal, SA_ONSTACK);
    use_handler(on_signal_jump, 0);
    use_handler(on_signal_jump, SA_ONSTACK);
    n *= 20;
    after_handlers();
}

/* A read that goes on after each of three signals; the last one lets it end. */
static int to_read[2], nr_alarms;

static void on_alarm(int signal)
{
    (void)signal;
    work();
    if (++nr_alarms == 3 && write(to_read[1], "x", 1) != 1)
        _exit(92);
}

static void mode_restart(void)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    struct itimerval every = {{0, 100000}, {0, 100000}};
    char c;

    if (pipe(to_read))
        die("pipe");
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    if (read(to_read[0], &c, 1) != 1)
        die("read");
    every = (struct itimerval){0};
    setitimer(ITIMER_REAL, &every, NULL);
    work();
}

/* One of threads that wait for each other is killed. */
static void *spin(void *unused)
{
    for (volatile int on = 1; on;)
        ;
    return unused;
}

static void mode_shot(void)
{
    pthread_t threads[4];

    work();
    for (int i = 0; i < 4; i++)
        if (pthread_create(&threads[i], NULL, spin, NULL))
            die("pthread_create");
    usleep(50000);
    pthread_kill(threads[2], SIGSEGV);
    spin(NULL);
}

static void mode_segv(void)
{
    work();
    raise(SIGSEGV);
}

static void mode_three(void)
{
    work();
    exit(3);
}

/* --- code ------------------------------------------------------------------------------------- */

/* This file, built as a library, has it. */
void library_work(volatile long *count, long times)
{
    for (long i = 0; i < times; i++)
        __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
}

static void mode_dlopen(void)
{
    for (int i = 0; i < 2; i++) {
        void *library = dlopen("./libsystem.so", RTLD_NOW);
        void (*fn)(volatile long *, long);

        if (!library)
            die(dlerror());
        *(void **)&fn = dlsym(library, "library_work");
        fn(made, n);
        dlclose(library);
    }
}

#ifdef __x86_64__
/* Code made here: counts atomically; then changed in place to count otherwise; and changed back. */
static void mode_jit(void)
{
    static const unsigned char code[] = {
        0xf0, 0x48, 0xff, 0x07, /* 1: lock incq (%rdi) */
        0x48, 0xff, 0xce,       /* dec %rsi */
        0x75, 0xf7,             /* jnz 1b */
        0xc3,                   /* ret */
    };
    unsigned char *at =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    void (*fn)(volatile long *, long);
    char path[64];

    memcpy(at, code, sizeof code);
    fn = (void (*)(volatile long *, long))at;
    snprintf(path, sizeof path, "/tmp/perf-%d.map", getpid());
    FILE *map = fopen(path, "w"); /* perf's way to name it; whoever runs this removes it */
    if (!map)
        die(path);
    fprintf(map, "%lx %zx jitted\n", (unsigned long)at, sizeof code);
    fclose(map);
    fprintf(stderr, "map %s\n", path);
    for (int i = 0; i < 6; i++) {
        at[0] = i % 2 ? 0x90 : 0xf0; /* nop : lock */
        fn(made, n);
    }
}
#endif

/* --- memory ---------------------------------------------------------------------------------- */

#define PAGES 512

/* Calls by their numbers: the host may have no nodes, nor the library. */
static void set_policy(int mode, unsigned long nodes)
{
    if (syscall(SYS_set_mempolicy, mode, &nodes, 64))
        die("set_mempolicy");
}

static char *new_pages(void)
{
    char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        die("mmap");
    return p;
}

static void fill(char *p)
{
    memset(p, 1, PAGES * PAGE);
}

/* Reads a word of every line, so that each comes from memory (the caches are smaller). */
#define READ_BY(name)                                           \
    __attribute__((noinline)) void name(const volatile char *p) \
    {                                                           \
        for (long i = 0; i < PAGES * PAGE; i += 64)             \
            p[i];                                               \
    }
READ_BY(read_first_touch)
READ_BY(read_set_mempolicy)
READ_BY(read_interleaved)
READ_BY(read_mbind)
READ_BY(read_moved)
READ_BY(read_mapped_anew)

static void mode_numa(void)
{
    char *p = new_pages(), *q;
    unsigned long node1 = 2;
    static void *pages[PAGES];
    static int nodes[PAGES], status[PAGES];

    fill(p);
    read_first_touch(p);
    set_policy(2, 2); /* bind to node 1 */
    fill(q = new_pages());
    read_set_mempolicy(q);
    set_policy(3, 3); /* interleave */
    fill(q = new_pages());
    read_interleaved(q);
    set_policy(0, 0);
    q = new_pages();
    if (syscall(SYS_mbind, q, PAGES * PAGE, 2, &node1, 64, 0))
        die("mbind");
    fill(q);
    read_mbind(q);
    for (int i = 0; i < PAGES; i++) {
        pages[i] = p + i * PAGE;
        nodes[i] = 1;
    }
    if (syscall(SYS_move_pages, 0, (long)PAGES, pages, nodes, status, 2) || status[7] != 1)
        die("move_pages");
    read_moved(p);
    munmap(q, PAGES * PAGE);
    q = mmap(q, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
             0);
    fill(q);
    read_mapped_anew(q); /* the policy went with the mapping */
}

/* A policy and an affinity outlast exec. */
static void mode_kept(void)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(3, &one);
    if (sched_setaffinity(0, sizeof one, &one))
        die("sched_setaffinity");
    set_policy(2, 2);
    execl("/nowhere", "nowhere", NULL);
    execl(self, self, "keeps", NULL);
    die("exec");
}

static void mode_keeps(void)
{
    cpu_set_t allowed;
    int mode = -1;
    unsigned long nodes = 0;

    sched_getaffinity(0, sizeof allowed, &allowed);
    if (CPU_COUNT(&allowed) != 1 || sched_getcpu() != 3)
        die("affinity");
    if (syscall(SYS_get_mempolicy, &mode, &nodes, 64, NULL, 0) || mode != 2 || nodes != 2)
        die("policy");
    char *p = new_pages();
    fill(p);
    if (syscall(SYS_get_mempolicy, &mode, NULL, 0, p, 3) || mode != 1)
        die("node");
}

/* --- owners ---------------------------------------------------------------------------------- */

static __thread struct {
    char before[64];
    long words[8];
} of_thread __attribute__((aligned(64)));
static char in_bss[64 * PAGE] __attribute__((aligned(64)));
static volatile long *shared;
static pthread_barrier_t start;

#define FIGHT_OVER(name)                                                  \
    static void *name(void *word)                                         \
    {                                                                     \
        pthread_barrier_wait(&start);                                     \
        for (long i = 0; i < n; i++)                                      \
            __atomic_fetch_add(&shared[(long)word], 1, __ATOMIC_SEQ_CST); \
        return NULL;                                                      \
    }
FIGHT_OVER(fight)

static pthread_attr_t stack_above; /* of who fights; as usual, at first */

static void fight_over(void *line)
{
    pthread_t other;

    shared = line;
    pthread_create(&other, &stack_above, fight, (void *)1);
    fight((void *)0);
    pthread_join(other, NULL);
}

/* A thread whose stack and own variables the others fight over. */
static void *host(void *unused)
{
    long on_stack[16] __attribute__((aligned(64))) = {0};

    fight_over(of_thread.words);
    fight_over(on_stack);
    return unused;
}

/* A page of its own that the kernel joins with the stack of the thread that fights. */
static void *below_stack(void)
{
    char *all = new_pages(), *page;

    munmap(all, PAGES * PAGE);
    page = mmap(all, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    all = mmap(all + PAGE, 64 * PAGE, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (page == MAP_FAILED || all == MAP_FAILED)
        die("mmap");
    pthread_attr_setstack(&stack_above, all, 64 * PAGE);
    return page;
}

static void mode_owners(void)
{
    long on_stack[16] __attribute__((aligned(64))) = {0};
    pthread_t thread;
    long *p;

    pthread_barrier_init(&start, NULL, 2);
    pthread_attr_init(&stack_above);
    fight_over(in_bss + 40 * PAGE);
    fight_over(on_stack);
    fight_over(of_thread.words);
    if (posix_memalign((void **)&p, 64, 128))
        die("posix_memalign");
    fight_over(p);
    fight_over(new_pages());
    pthread_create(&thread, NULL, host, NULL);
    pthread_join(thread, NULL);
    /* Below a stack, and as near as can be; what is freed before the end. */
    fight_over(below_stack());
    if (posix_memalign((void **)&p, 64, 192))
        die("posix_memalign");
    fight_over(p);
    free(p);
}

/* Says so, and works for a while. */
static void mode_spin(void)
{
    time_t end = time(NULL) + 2;

    puts("spins");
    fflush(stdout);
    while (time(NULL) < end)
        work();
}

static const struct {
    const char *name;
    void (*run)(void);
} modes[] = {
    {"work", mode_work},         {"fork", mode_fork},       {"vfork", mode_vfork},
    {"exec", mode_exec},         {"spawn", mode_spawn},     {"many", mode_many},
    {"killed", mode_killed},     {"threads", mode_threads}, {"crowd", mode_crowd},
    {"affinity", mode_affinity}, {"signals", mode_signals}, {"segv", mode_segv},
    {"three", mode_three},       {"suicide", mode_suicide}, {"dlopen", mode_dlopen},
    {"numa", mode_numa},         {"owners", mode_owners},   {"restart", mode_restart},
    {"shot", mode_shot},         {"kept", mode_kept},       {"keeps", mode_keeps},
    {"vacated", mode_vacated},   {"futex", mode_futex},     {"series", mode_series},
    {"spin", mode_spin},         {"meet", mode_meet},
#ifdef __x86_64__
    {"jit", mode_jit},
#endif
};

int main(int argc, char **argv)
{
    self = argv[0];
    if (argc > 2)
        n = atol(argv[2]);
    made = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        die("mmap");
    for (unsigned i = 0; argc > 1 && i < sizeof modes / sizeof *modes; i++)
        if (strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run();
            printf("made %ld\n", *made);
            return 0;
        }
    return 2;
}
