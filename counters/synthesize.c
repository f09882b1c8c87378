#include "counters/synthesize.h"

#include <dirent.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "counters/system_facts.h"

#define MAX_NAME 4096

/* The record's fixed part, its name padded to 8 bytes with at least one NUL, and the trailer. */
static struct hwp_error *emit(void *fixed, size_t fixed_size, const char *name,
                              hwp_record_sink *sink, void *ctx)
{
    unsigned char record[512 + MAX_NAME];
    size_t name_size = name ? (strnlen(name, MAX_NAME - 8) + 8) / 8 * 8 : 0;
    size_t size = fixed_size + name_size + HWP_TRAILER_SIZE;
    struct perf_event_header *header = fixed;

    header->size = (uint16_t)size;
    memset(record, 0, size);
    memcpy(record, fixed, fixed_size);
    if (name)
        memcpy(record + fixed_size, name, strnlen(name, MAX_NAME - 8));
    return (*sink)(ctx, record, size);
}

/* --- the kernel ------------------------------------------------------------------------------ */

struct mmap_record {
    struct perf_event_header header;
    uint32_t pid, tid;
    uint64_t addr, len, pgoff;
};

static struct hwp_error *emit_kernel_map(uint64_t addr, uint64_t len, uint64_t pgoff,
                                         const char *name, hwp_record_sink *sink, void *ctx)
{
    struct mmap_record r = {
        .header = {.type = PERF_RECORD_MMAP, .misc = PERF_RECORD_MISC_KERNEL},
        .pid = UINT32_MAX, /* perf's mark of the host's kernel */
        .addr = addr,
        .len = len,
        .pgoff = pgoff,
    };

    return emit(&r, sizeof(r), name, sink, ctx);
}

/* Bytes of the kernel's text, from "  START-END : Kernel code" in /proc/iomem; 0: not told (zeros
 * are shown to those without CAP_SYS_ADMIN). */
static uint64_t kernel_text_size(const char *iomem)
{
    FILE *file = fopen(iomem, "re");
    hwp_cleanup(hwp_free_cleanup) char *line = NULL;
    size_t cap = 0;
    uint64_t size = 0;

    if (!file)
        return 0;
    while (!size && getline(&line, &cap, file) > 0) {
        uint64_t start, end;

        if (strstr(line, ": Kernel code") &&
            sscanf(line, " %" SCNx64 "-%" SCNx64, &start, &end) == 2 && end > start)
            size = end + 1 - start;
    }
    fclose(file);
    return size;
}

/* Splits "addr type name [module]" of kallsyms; NULL if it is not such a line. */
static const char *symbol_of(char *line, uint64_t *ret_addr)
{
    char *rest;

    *ret_addr = strtoull(line, &rest, 16);
    if (strlen(rest) < 4)
        return NULL;
    rest[3 + strcspn(rest + 3, "\t\n ")] = '\0';
    return rest + 3;
}

struct kernel_text {
    uint64_t start, end;
    const char *symbol; /* what stands at its start */
};

/* The bounds of the kernel's text. The kernel formats every line of kallsyms that is asked for,
 * over 100 ms for all of them, so the read ends as soon as possible: its start stands near the
 * top; its end is looked for only where /proc/iomem does not tell. */
static bool find_kernel_text(const char *kallsyms, const char *iomem, struct kernel_text *ret)
{
    FILE *file = fopen(kallsyms, "re");
    uint64_t size = kernel_text_size(iomem), addr;
    hwp_cleanup(hwp_free_cleanup) char *line = NULL;
    size_t cap = 0;

    *ret = (struct kernel_text){0};
    if (!file)
        return false;
    while (!ret->end && getline(&line, &cap, file) > 0) {
        const char *name = symbol_of(line, &addr);

        if (!name)
            continue;
        if (ret->symbol && !ret->start)
            break; /* the addresses are hidden */
        /* Both may stand at one address, in any order; perf knows _text better. */
        if (ret->symbol && size && addr > ret->start)
            ret->end = ret->start + size;
        else if (!strcmp(name, "_text"))
            *ret = (struct kernel_text){.start = addr, .symbol = "_text"};
        else if (!ret->symbol && !strcmp(name, "_stext"))
            *ret = (struct kernel_text){.start = addr, .symbol = "_stext"};
        else if (ret->symbol && !strcmp(name, "_etext"))
            ret->end = addr;
    }
    fclose(file);
    return ret->start && ret->end > ret->start;
}

static struct hwp_error *synthesize_modules(const char *modules, hwp_record_sink *sink, void *ctx)
{
    FILE *file = fopen(modules, "re");
    hwp_cleanup(hwp_free_cleanup) char *line = NULL;
    struct hwp_error *err = NULL;
    size_t cap = 0;

    if (!file)
        return NULL;
    /* name size references dependencies state address */
    while (!err && getline(&line, &cap, file) > 0) {
        char name[128];
        uint64_t size, addr;

        if (sscanf(line, "%120s %" SCNu64 " %*s %*s %*s %" SCNx64, name, &size, &addr) != 3 ||
            !addr)
            continue;
        char *bracketed = hwp_asprintf("[%s]", name);
        err = emit_kernel_map(addr, size, 0, bracketed, sink, ctx);
        free(bracketed);
    }
    fclose(file);
    return err;
}

struct hwp_error *hwp_synthesize_kernel(const char *kallsyms, const char *iomem,
                                        const char *modules, hwp_record_sink *sink, void *ctx)
{
    struct kernel_text text;

    if (!find_kernel_text(kallsyms, iomem, &text))
        return NULL;

    /* The symbol that perf relocates by stands behind the brackets; pgoff is its address. */
    char *name = hwp_asprintf("[kernel.kallsyms]%s", text.symbol);
    struct hwp_error *err =
        emit_kernel_map(text.start, text.end - text.start, text.start, name, sink, ctx);
    free(name);
    if (err)
        return err;
    return synthesize_modules(modules, sink, ctx);
}

/* --- tasks ----------------------------------------------------------------------------------- */

struct mmap2_record {
    struct perf_event_header header;
    uint32_t pid, tid;
    uint64_t addr, len, pgoff;
    uint32_t maj, min;
    uint64_t ino, ino_generation;
    uint32_t prot, flags;
};

struct task_record {
    struct perf_event_header header;
    uint32_t pid, ppid, tid, ptid;
    uint64_t time;
};

struct comm_record {
    struct perf_event_header header;
    uint32_t pid, tid;
};

/* One line of /proc/PID/maps: addresses perms offset maj:min inode path. */
static struct hwp_error *emit_map(pid_t pid, char *line, hwp_record_sink *sink, void *ctx)
{
    struct mmap2_record r = {
        .header = {.type = PERF_RECORD_MMAP2, .misc = PERF_RECORD_MISC_USER},
        .pid = (uint32_t)pid,
        .tid = (uint32_t)pid,
    };
    uint64_t end;
    char perms[8];
    int path = 0;

    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %x:%x %" SCNu64 " %n", &r.addr, &end,
               perms, &r.pgoff, &r.maj, &r.min, &r.ino, &path) < 7 || perms[2] != 'x')
        return NULL;
    r.len = end - r.addr;
    r.prot = (perms[0] == 'r' ? PROT_READ : 0u) | (perms[1] == 'w' ? PROT_WRITE : 0u) | PROT_EXEC;
    r.flags = perms[3] == 's' ? MAP_SHARED : MAP_PRIVATE;
    line[strcspn(line, "\n")] = '\0';

    const char *name = path && line[path] ? line + path : "//anon";
    return emit(&r, sizeof(r), name, sink, ctx);
}

static struct hwp_error *emit_maps(pid_t pid, hwp_record_sink *sink, void *ctx)
{
    char path[64];
    hwp_cleanup(hwp_free_cleanup) char *line = NULL;
    struct hwp_error *err = NULL;
    size_t cap = 0;

    snprintf(path, sizeof(path), "/proc/%d/maps", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    while (!err && getline(&line, &cap, file) > 0)
        err = emit_map(pid, line, sink, ctx);
    fclose(file);
    return err;
}

/* The parent's pid, from /proc/PID/stat: "pid (comm) state ppid …"; comm may hold anything. */
static pid_t parent_of(pid_t pid)
{
    char path[64];
    int ppid = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    hwp_cleanup(hwp_free_cleanup) char *stat = hwp_file_read(path, HWP_FILE_SMALL, NULL);
    const char *rest = stat ? strrchr(stat, ')') : NULL;
    if (!rest || sscanf(rest + 1, " %*c %d", &ppid) != 1)
        return 0;
    return ppid;
}

static struct hwp_error *emit_task(pid_t pid, pid_t tid, pid_t ppid, hwp_record_sink *sink,
                                   void *ctx)
{
    char path[64];
    struct task_record fork = {
        .header = {.type = PERF_RECORD_FORK},
        .pid = (uint32_t)pid,
        .tid = (uint32_t)tid,
        /* A thread's parent is its process's first thread. */
        .ppid = (uint32_t)(pid == tid ? ppid : pid),
        .ptid = (uint32_t)(pid == tid ? ppid : pid),
    };
    struct comm_record comm = {
        .header = {.type = PERF_RECORD_COMM}, .pid = (uint32_t)pid, .tid = (uint32_t)tid};

    snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
    hwp_cleanup(hwp_free_cleanup) char *name = hwp_file_read(path, HWP_FILE_SMALL, NULL);
    if (!name)
        return NULL;
    name[strcspn(name, "\n")] = '\0';
    HWP_TRY(emit(&fork, sizeof(fork), NULL, sink, ctx));
    return emit(&comm, sizeof(comm), name, sink, ctx);
}

struct hwp_error *hwp_synthesize_process(pid_t pid, hwp_record_sink *sink, void *ctx)
{
    char path[64];
    struct hwp_error *err;

    HWP_TRY(emit_task(pid, pid, parent_of(pid), sink, ctx));
    HWP_TRY(emit_maps(pid, sink, ctx));
    snprintf(path, sizeof(path), "/proc/%d/task", pid);

    DIR *dir = opendir(path);
    if (!dir)
        return NULL;
    err = NULL;
    for (const struct dirent *de; !err && (de = readdir(dir));) {
        pid_t tid = (pid_t)strtol(de->d_name, NULL, 10);
        if (tid > 0 && tid != pid)
            err = emit_task(pid, tid, 0, sink, ctx);
    }
    closedir(dir);
    return err;
}

struct hwp_error *hwp_synthesize_all(hwp_record_sink *sink, void *ctx)
{
    struct hwp_error *err = NULL;
    DIR *dir = opendir("/proc");

    if (!dir)
        return NULL;
    for (const struct dirent *de; !err && (de = readdir(dir));) {
        pid_t pid = (pid_t)strtol(de->d_name, NULL, 10);
        if (pid > 0)
            err = hwp_synthesize_process(pid, sink, ctx);
    }
    closedir(dir);
    return err;
}
