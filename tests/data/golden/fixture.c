/*
 * The program behind the golden recordings: three functions with known shapes, no libc, so that the
 * binary is small and the same everywhere. make.sh beside it builds and records it.
 *
 *   count   one atomic increment per iteration: its samples land on the instruction after it
 *   scan    a plain loop over an array
 *   scale   inlined into mix, to show inlined call sites
 */
#define CACHE_LINES 4096

long counter;
int cells[CACHE_LINES * 16];

static inline int scale(int x)
{
    return (x * 31 + 7) % 1021;
}

__attribute__((noipa)) static void count(long n)
{
    for (long i = 0; i < n; i++)
        __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
}

__attribute__((noipa)) static int scan(int n)
{
    int sum = 0;

    for (int i = 0; i < n; i += 16)
        sum += cells[i];
    return sum;
}

__attribute__((noipa)) static int mix(int n)
{
    int x = 1;

    for (int i = 0; i < n; i++)
        x = scale(x + i);
    return x;
}

static void leave(int status)
{
    __asm__ volatile("syscall" : : "a"(231L), "D"((long)status) : "rcx", "r11", "memory");
}

void run(void)
{
    int sum = 0;

    for (int round = 0; round < 60; round++) {
        count(600000);
        sum += mix(300000);
        for (int i = 0; i < 40; i++)
            sum += scan(CACHE_LINES * 16);
    }
    leave(counter == 60 * 600000 ? 0 : (sum & 1) + 1);
}

/* The outermost frame: a frame pointer of 0 ends call chains. */
__asm__(".globl _start\n_start: xor %ebp, %ebp\n call run\n hlt\n");
