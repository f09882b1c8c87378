#include "cmd/machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* The value of the first "key : value" line of /proc/cpuinfo, or NULL. */
static char *cpuinfo(const char *key)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[512], *value = NULL;
    size_t n = strlen(key);

    while (file && !value && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, n) != 0 || (line[n] != '\t' && line[n] != ' '))
            continue;
        colon += strspn(colon, ": \t");
        value = hwp_strndup(colon, strcspn(colon, "\n"));
    }
    if (file)
        fclose(file);
    return value;
}

/* perf's own form: "AuthenticAMD,25,1,1"; NULL where cpuinfo has no such fields (arm64). */
static char *cpuid(void)
{
    char *vendor = cpuinfo("vendor_id"), *family = cpuinfo("cpu family");
    char *model = cpuinfo("model"), *stepping = cpuinfo("stepping");
    char *text = NULL;

    if (vendor && family && model && stepping)
        text = hwp_asprintf("%s,%s,%s,%s", vendor, family, model, stepping);
    free(vendor);
    free(family);
    free(model);
    free(stepping);
    return text;
}

void hwp_machine_describe(struct hwp_run *run)
{
    struct utsname names;

    if (uname(&names) == 0) {
        run->hostname = hwp_strdup(names.nodename);
        run->os_release = hwp_strdup(names.release);
        run->arch = hwp_strdup(names.machine);
    }
    run->cpu_model = cpuinfo("model name");
    run->cpuid = cpuid();
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    run->nr_cpus = online > 0 ? (uint32_t)online : 0;
    run->version = hwp_strdup(HWP_VERSION);
    run->start_time_s = (uint64_t)time(NULL);
}
