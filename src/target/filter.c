#include "target/filter.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

/* What the filter tells the tracer through PTRACE_GETEVENTMSG. */
enum { DATA_GET = 1, DATA_SET = 2 };

/* Room for the largest mask of a kernel: NR_CPUS of 8192. */
#define MASK_BYTES 1024

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif
#endif

#ifdef NATIVE_ARCH

static int install(const struct sock_fprog *program)
{
    /* SPEC_ALLOW (since 4.17): before Linux 5.16 a filter turned speculative store bypass off,
     * which would change what is measured. */
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, program) == 0)
        return 0;
    if (errno == EINVAL && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program) == 0)
        return 0;
    return errno;
}

int hwp_filter_install(void)
{
    /* x32 needs no rule: its call numbers have bit 30 set. */
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NATIVE_ARCH, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sched_getaffinity, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | DATA_GET),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sched_setaffinity, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | DATA_SET),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof(rules) / sizeof(rules[0]), .filter = rules};
    int errnum = install(&program);

    /* Without CAP_SYS_ADMIN a filter needs no_new_privs, which set-user-ID programs notice; so it
     * is set only where it must be. */
    if (errnum == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        errnum = install(&program);
    return errnum;
}

#if defined(__x86_64__)

static void arguments(const struct user_regs_struct *regs, struct hwp_affinity_question *q)
{
    *q = (struct hwp_affinity_question){
        .tid = (pid_t)regs->rdi, .bytes = (unsigned)regs->rsi, .buffer = regs->rdx};
}

/* The call is skipped when its number is -1; the return value stands (since Linux 4.8). */
static void skip_call(pid_t asker, struct user_regs_struct *regs, long value)
{
    struct iovec iov = {regs, sizeof(*regs)};

    regs->orig_rax = (unsigned long long)-1;
    regs->rax = (unsigned long long)value;
    ptrace(PTRACE_SETREGSET, asker, NT_PRSTATUS, &iov);
}

#else

static void arguments(const struct user_regs_struct *regs, struct hwp_affinity_question *q)
{
    *q = (struct hwp_affinity_question){.tid = (pid_t)regs->regs[0],
                                        .bytes = (unsigned)regs->regs[1],
                                        .buffer = regs->regs[2]};
}

static void skip_call(pid_t asker, struct user_regs_struct *regs, long value)
{
    struct iovec iov = {regs, sizeof(*regs)};
    int number = -1;
    struct iovec call = {&number, sizeof(number)};

    if (ptrace(PTRACE_SETREGSET, asker, NT_ARM_SYSTEM_CALL, &call) < 0)
        return;
    regs->regs[0] = (unsigned long long)value;
    ptrace(PTRACE_SETREGSET, asker, NT_PRSTATUS, &iov);
}

#endif

static bool registers(pid_t tid, struct user_regs_struct *ret)
{
    struct iovec iov = {ret, sizeof(*ret)};

    return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov) == 0 && iov.iov_len == sizeof(*ret);
}

bool hwp_affinity_question(pid_t asker, struct hwp_affinity_question *ret)
{
    struct user_regs_struct regs;
    unsigned long data = 0;

    if (ptrace(PTRACE_GETEVENTMSG, asker, NULL, &data) < 0 || !registers(asker, &regs))
        return false;
    arguments(&regs, ret);
    ret->is_set = data == DATA_SET;
    return true;
}

/* Puts the same question to the kernel, which gives the errors and the size that belong to it.
 * Returns the bytes of the answer, or -1. */
static long ask_kernel(pid_t about, size_t bytes, struct hwp_cpuset *ret)
{
    unsigned char mask[MASK_BYTES] = {0};
    size_t whole = bytes % sizeof(long) ? bytes : bytes > sizeof(mask) ? sizeof(mask) : bytes;
    long n = whole > sizeof(mask) ? -1 : syscall(SYS_sched_getaffinity, about, whole, mask);

    memset(ret, 0, sizeof(*ret));
    if (n > 0)
        memcpy(ret, mask, (size_t)n < sizeof(*ret) ? (size_t)n : sizeof(*ret));
    return n;
}

/* Some containers allow ptrace but not process_vm_writev. */
static bool poke(pid_t tid, uint64_t to, const unsigned char *from, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += sizeof(long)) {
        long word;
        memcpy(&word, from + i, sizeof(word));
        if (ptrace(PTRACE_POKEDATA, tid, to + i, word) < 0)
            return false;
    }
    return true;
}

static bool write_to(pid_t tid, uint64_t to, unsigned char *from, size_t bytes)
{
    struct iovec local = {from, bytes};
    struct iovec remote = {(void *)(uintptr_t)to, bytes};
    ssize_t n = process_vm_writev(tid, &local, 1, &remote, 1, 0);

    if (n < 0 && (errno == EPERM || errno == ENOSYS))
        return poke(tid, to, from, bytes);
    return n == (ssize_t)bytes;
}

void hwp_affinity_answer(pid_t asker, const struct hwp_affinity_question *q, pid_t about, int cpu,
                         const struct hwp_cpuset *cpus)
{
    struct hwp_cpuset actual, given = {0};
    unsigned char mask[MASK_BYTES] = {0};
    struct user_regs_struct regs;
    long n = ask_kernel(about, q->bytes, &actual);

    hwp_cpuset_add(&given, (unsigned)cpu);
    if (n <= 0 || !hwp_cpuset_equal(&actual, &given) || !registers(asker, &regs))
        return;

    /* A cpuset is the kernel's bitmap: both little endian on the machines above. */
    memcpy(mask, cpus, sizeof(*cpus) < (size_t)n ? sizeof(*cpus) : (size_t)n);
    if (write_to(asker, q->buffer, mask, (size_t)n))
        skip_call(asker, &regs, n);
}

#else

int hwp_filter_install(void)
{
    return ENOSYS;
}

bool hwp_affinity_question(pid_t asker, struct hwp_affinity_question *ret)
{
    (void)asker;
    (void)ret;
    return false;
}

void hwp_affinity_answer(pid_t asker, const struct hwp_affinity_question *q, pid_t about, int cpu,
                         const struct hwp_cpuset *cpus)
{
    (void)asker;
    (void)q;
    (void)about;
    (void)cpu;
    (void)cpus;
}

#endif
