/* The command line: a table of options, --help, and messages that say what would be right. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "workload.h"

struct wl_common wl;

enum { COMMON_MAX = 6 };

static void usage_error(const struct wl_program *program, const char *format, ...)
    __attribute__((noreturn, format(printf, 2, 3)));

static void usage_error(const struct wl_program *program, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", program->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see %s --help\n", program->name);
    exit(2);
}

/* The options every workload takes, as rows like the program's own. */
static void common_options(const struct wl_program *program, struct wl_opt *rows)
{
    *rows++ = (struct wl_opt){
        "threads", WL_OPT_UINT, &wl.threads, 1, 1024, "N", "threads, the main thread among them"};
    *rows++ = (struct wl_opt){
        "seed", WL_OPT_UINT, &wl.seed, 0, UINT64_MAX, "S", "seed of the random numbers"};
    if (program->size_help)
        *rows++ = (struct wl_opt){
            "size", WL_OPT_UINT,       &wl.size, program->size_min, program->size_max,
            "N",    program->size_help};
    *rows++ = (struct wl_opt){"iterations",
                              WL_OPT_UINT,
                              &wl.iterations,
                              1,
                              UINT64_MAX / 2,
                              "N",
                              "stop after N, all threads together"};
    *rows++ = (struct wl_opt){
        "duration", WL_OPT_SECONDS, &wl.duration, 0, 0, "SECONDS", "stop after this time instead"};
    *rows = (struct wl_opt)WL_OPT_END;
}

static uint64_t suffix_factor(const char *suffix)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } table[] = {
        {"", 1},          {"k", 1000},      {"M", 1000000},   {"G", 1000000000},
        {"Ki", 1u << 10}, {"Mi", 1u << 20}, {"Gi", 1u << 30},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        if (!strcmp(table[i].name, suffix))
            return table[i].factor;
    }
    return 0;
}

static void parse_uint(const struct wl_program *program, const struct wl_opt *opt, const char *text)
{
    char *end;
    uint64_t factor, value;

    errno = 0;
    value = strtoull(text, &end, 10);
    factor = suffix_factor(end);
    if (*text < '0' || *text > '9' || !factor)
        usage_error(program, "--%s takes a number (k, M, G, Ki, Mi, Gi may follow), not '%s'",
                    opt->name, text);
    if (errno || __builtin_mul_overflow(value, factor, &value) || value < opt->min ||
        value > opt->max)
        usage_error(program, "--%s must be between %" PRIu64 " and %" PRIu64 ", not '%s'",
                    opt->name, opt->min, opt->max, text);
    *(uint64_t *)opt->into = value;
}

static void parse_seconds(const struct wl_program *program, const struct wl_opt *opt,
                          const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || (*end && strcmp(end, "s")) || !isfinite(value) || value <= 0 || value > 1e6)
        usage_error(program, "--%s takes a time in seconds above 0, not '%s'", opt->name, text);
    *(double *)opt->into = value;
}

static void parse_choice(const struct wl_program *program, const struct wl_opt *opt,
                         const char *text)
{
    char word[32];
    uint64_t i;

    for (i = 0; wl_choice_name(opt->arg, i, word, sizeof(word)), *word; i++) {
        if (!strcmp(word, text)) {
            *(uint64_t *)opt->into = i;
            return;
        }
    }
    usage_error(program, "--%s takes %s, not '%s'", opt->name, opt->arg, text);
}

void wl_choice_name(const char *choices, uint64_t index, char *buffer, size_t size)
{
    while (index-- && *choices) {
        choices += strcspn(choices, "|");
        choices += *choices == '|';
    }
    snprintf(buffer, size, "%.*s", (int)strcspn(choices, "|"), choices);
}

static void parse_value(const struct wl_program *program, const struct wl_opt *opt,
                        const char *text)
{
    switch (opt->kind) {
    case WL_OPT_UINT:
        parse_uint(program, opt, text);
        break;
    case WL_OPT_SECONDS:
        parse_seconds(program, opt, text);
        break;
    case WL_OPT_CHOICE:
        parse_choice(program, opt, text);
        break;
    }
}

static void help_rows(const struct wl_opt *opt)
{
    char left[64], word[32];

    for (; opt->name; opt++) {
        snprintf(left, sizeof(left), "--%s %s", opt->name, opt->arg);
        printf("  %-32s %s", left, opt->help);
        if (opt->kind == WL_OPT_UINT) {
            printf(" (default %" PRIu64 ")", *(const uint64_t *)opt->into);
        } else if (opt->kind == WL_OPT_CHOICE) {
            wl_choice_name(opt->arg, *(const uint64_t *)opt->into, word, sizeof(word));
            printf(" (default %s)", word);
        }
        putchar('\n');
    }
}

static void help(const struct wl_program *program, const struct wl_opt *common)
{
    printf("usage: %s [OPTION]…\n\n%s\n\n", program->name, program->summary);
    help_rows(program->options);
    help_rows(common);
    printf("  %-32s %s\n", "--quiet", "print no result, whose digits differ from run to run");
    printf("  %-32s %s\n", "--truth", "print what is known of an iteration, and do not run");
    printf("  %-32s %s\n", "--help", "this text");
    exit(0);
}

static const struct wl_opt *find(const struct wl_opt *opt, const char *name, size_t len)
{
    for (; opt->name; opt++) {
        if (strlen(opt->name) == len && !memcmp(opt->name, name, len))
            return opt;
    }
    return NULL;
}

bool wl_parse(const struct wl_program *program, int argc, char **argv)
{
    struct wl_opt common[COMMON_MAX];
    bool truth = false, iterations_given = false;

    wl = program->defaults;
    common_options(program, common);
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 2, *value = strchr(argv[i], '=');
        size_t len = strcspn(argv[i], "=");
        const struct wl_opt *opt = NULL;

        if (strncmp(argv[i], "--", 2) || len < 3)
            usage_error(program, "unexpected argument '%s'", argv[i]);
        if (!strcmp(name, "help"))
            help(program, common);
        if (!strcmp(name, "truth")) {
            truth = true;
            continue;
        }
        if (!strcmp(name, "quiet")) {
            wl.quiet = true;
            continue;
        }
        opt = find(program->options, name, len - 2);
        if (!opt)
            opt = find(common, name, len - 2);
        if (!opt)
            usage_error(program, "unknown option '%.*s'", (int)len, argv[i]);
        if (!value && i + 1 == argc)
            usage_error(program, "--%s needs a value (%s)", opt->name, opt->arg);
        parse_value(program, opt, value ? value + 1 : argv[++i]);
        iterations_given |= opt->into == &wl.iterations;
    }
    if (wl.duration > 0 && !iterations_given)
        wl.iterations = 0;
    if (program->validate) {
        const char *problem = program->validate();

        if (problem)
            usage_error(program, "%s", problem);
    }
    return truth;
}
