#include "counters/system_facts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "counters/diagnose.h"

#define CAP_IPC_LOCK_BIT  14
#define CAP_SYS_ADMIN_BIT 21 /* capability.h; since 5.8 CAP_PERFMON is enough */
#define CAP_PERFMON_BIT   38

bool hwp_read_number(const char *path, long long *ret)
{
    hwp_cleanup(hwp_free_cleanup) char *text = hwp_file_read(path, HWP_FILE_SMALL, NULL);
    char *end;

    if (!text)
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || errno)
        return false;
    *ret = value;
    return true;
}

static long long sysctl_number(const char *name, long long fallback)
{
    char path[128];
    long long value;

    snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
    return hwp_read_number(path, &value) ? value : fallback;
}

static int open_on_self(uint32_t type, uint64_t config)
{
    struct perf_event_attr attr = {
        .type = type,
        .size = sizeof(attr),
        .config = config,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/* --- PMU ------------------------------------------------------------------------------------- */

/* Names of core PMUs under event_source/devices, best first (a hybrid machine has several). */
static char *find_core_pmu(void)
{
    static const char *const patterns[] = {
        "cpu",   "cpu_core", "cpu_atom", "armv[789]*", "arm[0-9]*", "apple_*_pmu", "cpum_cf",
    };
    DIR *dir = opendir("/sys/bus/event_source/devices");
    size_t best = hwp_array_size(patterns);
    char *found = NULL;

    if (!dir)
        return NULL;
    for (const struct dirent *de; (de = readdir(dir));)
        for (size_t i = 0; i < best; i++)
            if (!fnmatch(patterns[i], de->d_name, 0)) {
                best = i;
                free(found);
                found = hwp_strdup(de->d_name);
                break;
            }
    closedir(dir);
    return found;
}

static void gather_pmu(struct hwp_system_facts *f)
{
    int rc = open_on_self(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);

    f->core_pmu = find_core_pmu();
    f->has_core_pmu = f->core_pmu || rc == 0;

    rc = open_on_self(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK);
    f->software_denied = rc < 0;
    f->software_errno = -rc;
    f->has_perf_events = rc != -ENOSYS;
}

/* --- hypervisor and container ------------------------------------------------------------------ */

static const struct {
    const char *signature, *name;
} hypervisors[] = {
    /* CPUID leaf 0x40000000 */
    {"KVMKVMKVM", "KVM"},
    {"Linux KVM Hv", "KVM"},
    {"VMwareVMware", "VMware"},
    {"Microsoft Hv", "Hyper-V"},
    {"XenVMMXenVMM", "Xen"},
    {"VBoxVBoxVBox", "VirtualBox"},
    {"TCGTCGTCGTCG", "QEMU"},
    {"bhyve bhyve ", "bhyve"},
    {"ACRNACRNACRN", "ACRN"},
    {" lrpepyh vr", "Parallels"},
    /* DMI sys_vendor and product_name, /sys/hypervisor/type */
    {"QEMU", "QEMU"},
    {"KVM", "KVM"},
    {"Amazon EC2", "KVM"},
    {"Google Compute Engine", "KVM"},
    {"VMware", "VMware"},
    {"Xen", "Xen"},
    {"xen", "Xen"},
    {"innotek", "VirtualBox"},
    {"Parallels", "Parallels"},
    {"Apple Virtualization", "Apple Virtualization"},
};

static char *hypervisor_name(const char *signature)
{
    for (size_t i = 0; i < hwp_array_size(hypervisors); i++)
        if (hwp_starts_with(signature, hypervisors[i].signature))
            return hwp_strdup(hypervisors[i].name);
    return NULL;
}

#if defined(__x86_64__)
/* CPUID leaf 1 ECX bit 31 is never set by hardware; leaf 0x40000000 then has the vendor. */
static char *find_hypervisor(void)
{
    unsigned eax, ebx, ecx, edx;
    char signature[13] = "";

    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || !(ecx & 1u << 31))
        return NULL;
    __cpuid(0x40000000, eax, ebx, ecx, edx);
    memcpy(signature, &ebx, 4);
    memcpy(signature + 4, &ecx, 4);
    memcpy(signature + 8, &edx, 4);

    char *name = hypervisor_name(signature);
    return name ? name : hwp_strdup(*signature ? signature : "unknown hypervisor");
}
#else
static char *find_hypervisor(void)
{
    static const char *const paths[] = {
        "/sys/hypervisor/type",
        "/sys/class/dmi/id/sys_vendor",
        "/sys/class/dmi/id/product_name",
    };

    for (size_t i = 0; i < hwp_array_size(paths); i++) {
        hwp_cleanup(hwp_free_cleanup) char *text = hwp_file_read(paths[i], HWP_FILE_SMALL, NULL);
        char *name = text ? hypervisor_name(text) : NULL;
        /* EC2's bare-metal instances carry the same vendor. */
        hwp_cleanup(hwp_free_cleanup) char *product =
            hwp_file_read("/sys/class/dmi/id/product_name", HWP_FILE_SMALL, NULL);

        if (name && product && strstr(product, "metal")) {
            free(name);
            name = NULL;
        }
        if (name)
            return name;
    }
    if (!access("/proc/device-tree/hypervisor/compatible", F_OK))
        return hwp_strdup("Xen");
    return NULL;
}
#endif

static bool find_container(void)
{
    static const char *const marks[] = {"/.dockerenv", "/run/.containerenv",
                                        "/run/systemd/container"};
    static const char *const words[] = {"docker", "kubepods", "containerd", "libpod", "lxc"};
    hwp_cleanup(hwp_free_cleanup) char *cgroup = hwp_file_read("/proc/1/cgroup", HWP_FILE_SMALL, NULL);

    for (size_t i = 0; i < hwp_array_size(marks); i++)
        if (!access(marks[i], F_OK))
            return true;
    for (size_t i = 0; cgroup && i < hwp_array_size(words); i++)
        if (strstr(cgroup, words[i]))
            return true;
    return getenv("container") != NULL;
}

/* --- privileges ------------------------------------------------------------------------------ */

/* The value of a "Name:\tvalue" line of /proc/self/status, in `base`. */
static unsigned long long status_field(const char *status, const char *name, int base)
{
    size_t len = strlen(name);

    for (const char *line = status; line; line = strchr(line, '\n')) {
        if (*line == '\n')
            line++;
        if (!strncmp(line, name, len) && line[len] == ':')
            return strtoull(line + len + 1, NULL, base);
    }
    return 0;
}

static void gather_privileges(struct hwp_system_facts *f)
{
    hwp_cleanup(hwp_free_cleanup) char *status = hwp_file_read("/proc/self/status", HWP_FILE_SMALL, NULL);
    unsigned long long caps = status_field(status, "CapEff", 16);

    f->euid = (int)geteuid();
    f->cap_perfmon = caps & (1ull << CAP_PERFMON_BIT | 1ull << CAP_SYS_ADMIN_BIT);
    f->cap_ipc_lock = caps & 1ull << CAP_IPC_LOCK_BIT;
    f->seccomp = status_field(status, "Seccomp", 10) == 2;
}

/* kallsyms shows zero addresses to those it doesn't trust (kernel.kptr_restrict). */
static bool find_kptr_restricted(void)
{
    FILE *file = fopen("/proc/kallsyms", "re");
    unsigned long long addr = 0;
    bool restricted = true;

    if (!file)
        return true;
    /* The first symbols may be zero honestly (per-CPU ones); to read on for long takes long. */
    for (int i = 0; i < 64 && restricted && fscanf(file, "%llx %*[^\n]", &addr) == 1; i++)
        restricted = addr == 0;
    fclose(file);
    return restricted;
}

void hwp_system_facts_gather(struct hwp_system_facts *ret)
{
    *ret = (struct hwp_system_facts){0};
    gather_pmu(ret);
    gather_privileges(ret);
    ret->hypervisor = find_hypervisor();
    ret->program = realpath("/proc/self/exe", NULL);
    ret->in_container = find_container();
    ret->paranoid = (int)sysctl_number("perf_event_paranoid", INT_MIN);
    ret->nmi_watchdog = sysctl_number("nmi_watchdog", 0) > 0 && ret->has_core_pmu;
    ret->max_sample_rate = (unsigned)sysctl_number("perf_event_max_sample_rate", 0);
    ret->mlock_kb = (unsigned)sysctl_number("perf_event_mlock_kb", 0);
    ret->kptr_restricted = find_kptr_restricted();
    ret->has_tracefs = !access("/sys/kernel/tracing/events", R_OK | X_OK) ||
                       !access("/sys/kernel/debug/tracing/events", R_OK | X_OK);
}

void hwp_system_facts_deinit(struct hwp_system_facts *facts)
{
    free(facts->core_pmu);
    free(facts->hypervisor);
    free(facts->program);
    *facts = (struct hwp_system_facts){0};
}
