/*
 * Tables of "event text → what is programmed", for the machines in tests/data/sysfs and for the CPU
 * models of libpfm4.
 */
#ifndef HWP_TEST_ENCODINGS_H
#define HWP_TEST_ENCODINGS_H

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "counters/events.h"

struct encoding_row {
    int line;
    const char *text;
    const char *want; /* see describe_encodings(); "!" + part of message or hint: an error */
};

/* [name=]attr and whatever else is not as usual; encodings joined with " ; ". */
static inline void describe_encoding(struct hwp_str *s, const char *text,
                                     const struct hwp_encoding *e)
{
    if (strstr(text, e->name) == NULL)
        hwp_str_addf(s, "%s= ", e->name);
    hwp_str_add(s, e->text);
    if (hwp_cpuset_next(&e->cpus, 0) >= 0) {
        hwp_cleanup(hwp_free_cleanup) char *cpus = hwp_cpuset_format(&e->cpus);
        hwp_str_addf(s, " on %s%s", cpus, e->per_cpu_only ? " only" : "");
    }
    if (e->leader >= 0)
        hwp_str_addf(s, " @%d", e->leader);
    if (e->scale != 1 || e->unit[0])
        hwp_str_addf(s, " *%g%s", e->scale, e->unit);
    if (e->period || e->freq)
        hwp_str_addf(s, " %s%llu", e->freq ? "F" : "c",
                     (unsigned long long)(e->freq ? e->freq : e->period));
    if (e->preset)
        hwp_str_addf(s, " part%+g", e->weight);
    if (e->bp_symbol)
        hwp_str_addf(s, " &%s", e->bp_symbol);
}

/* The text of the list, or "!message\nhint"; "?why" for what is known but not to be had. Caller
 * frees. */
static inline char *describe_encodings(const char *text)
{
    struct hwp_encodings list = {0};
    struct hwp_error *err = hwp_events_resolve(text, &list);
    struct hwp_str got = {0};

    if (err)
        hwp_str_addf(&got, "!%s\n%s", err->msg, err->hint ? err->hint : "");
    hwp_vec_foreach(&list, e) {
        hwp_str_add(&got, got.len ? " ; " : "");
        if (e->unavailable)
            hwp_str_addf(&got, "?%s", e->unavailable);
        else
            describe_encoding(&got, text, e);
    }
    hwp_encodings_deinit(&list);
    hwp_error_destroy(err);
    return hwp_str_steal(&got);
}

static inline unsigned check_encodings(const struct encoding_row *rows, size_t n)
{
    unsigned failed = 0;

    for (size_t i = 0; i < n; i++) {
        const struct encoding_row *row = &rows[i];
        hwp_cleanup(hwp_free_cleanup) char *got = describe_encodings(row->text);
        bool is_part = row->want[0] == '!' || row->want[0] == '?';
        bool ok = is_part ? got[0] == row->want[0] && strstr(got, row->want + 1)
                          : strcmp(got, row->want) == 0;
        if (!ok)
            print_error("line %d: '%s'\n  want %s\n  got  %s\n", row->line, row->text, row->want,
                        got);
        failed += !ok;
    }
    return failed;
}

/* Checks the rows in a child process, as libpfm4 and PAPI read the environment once. `pmu` is for
 * LIBPFM_FORCE_PMU, `machine` a directory in tests/data/sysfs; either may be NULL: no PMU at all
 * for `machine`. */
static inline void check_on(const char *pmu, const char *machine, const struct encoding_row *rows,
                            size_t n)
{
    int status;

    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        hwp_cleanup(hwp_free_cleanup) char *sysfs =
            hwp_asprintf("%s/sysfs/%s", HWP_TEST_DATA, machine ? machine : "none");
        setenv("HWPROF_SYSFS", sysfs, 1);
        setenv("HWPROF_TRACEFS", HWP_TEST_DATA "/tracefs", 1);
        if (pmu)
            setenv("LIBPFM_FORCE_PMU", pmu, 1);
        else
            unsetenv("LIBPFM_FORCE_PMU");
        free(hwp_steal(&sysfs));
        exit(check_encodings(rows, n) ? 1 : 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#endif
