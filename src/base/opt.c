#include "base/opt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/suggest.h"

struct match {
    const struct hwp_opt *opt;
    void *field;
};

static bool takes_value(const struct hwp_opt *opt)
{
    return opt->kind != HWP_OPT_FLAG && opt->kind != HWP_OPT_NOFLAG;
}

static bool find(const struct hwp_opt *const *tables, void *const *into, char short_name,
                 const char *long_name, size_t long_len, struct match *ret)
{
    for (size_t t = 0; tables[t]; t++) {
        for (const struct hwp_opt *o = tables[t]; o->long_name; o++) {
            bool hit = long_name ? strlen(o->long_name) == long_len &&
                                       strncmp(o->long_name, long_name, long_len) == 0
                                 : o->short_name == short_name;
            if (hit) {
                *ret = (struct match){o, (char *)into[t] + o->offset};
                return true;
            }
        }
    }
    return false;
}

static struct hwp_error *unknown(const struct hwp_opt *const *tables, const char *text,
                                 const char *name)
{
    struct hwp_suggest near = {.wanted = name};

    for (size_t t = 0; tables[t]; t++)
        for (const struct hwp_opt *o = tables[t]; o->long_name; o++)
            hwp_suggest_offer(&near, o->long_name);
    char *names = hwp_suggest_text(&near);
    struct hwp_error *err = hwp_error(HWP_E_USAGE, "unknown option %s", text);
    if (names)
        err = hwp_error_hint(err, "did you mean --%s? --help lists the options", names);
    else
        err = hwp_error_hint(err, "--help lists the options; put -- before a workload whose name "
                                  "begins with a dash");
    free(names);
    hwp_suggest_deinit(&near);
    return err;
}

static struct hwp_error *bad_value(const struct hwp_opt *opt, const char *value, const char *want)
{
    return hwp_error_hint(
        hwp_error(HWP_E_USAGE, "--%s: '%s' is not %s", opt->long_name, value, want),
        "write --%s %s", opt->long_name, opt->arg);
}

static struct hwp_error *parse_uint(const struct hwp_opt *opt, const char *value, uint64_t *ret)
{
    char *end;

    errno = 0;
    unsigned long long n = strtoull(value, &end, 0);
    uint64_t scale = 1;
    if (*end == 'k' || *end == 'K')
        scale = 1000, end++;
    else if (*end == 'M')
        scale = 1000000, end++;
    else if (*end == 'G')
        scale = 1000000000, end++;
    uint64_t scaled;
    if (errno || end == value || *end || value[0] == '-' ||
        __builtin_mul_overflow((uint64_t)n, scale, &scaled))
        return bad_value(opt, value, "a whole number");
    *ret = scaled;
    return NULL;
}

static struct hwp_error *parse_duration(const struct hwp_opt *opt, const char *value, uint64_t *ret)
{
    static const struct {
        const char *suffix;
        double ns;
    } units[] = {{"", 1e6}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}};
    char *end;
    double n = strtod(value, &end);

    for (size_t i = 0; i < hwp_array_size(units) && end != value; i++) {
        if (strcmp(end, units[i].suffix) == 0 && n * units[i].ns >= 1 && n * units[i].ns < 1e18) {
            *ret = (uint64_t)(n * units[i].ns);
            return NULL;
        }
    }
    return bad_value(opt, value, "a duration (10ms, 2s)");
}

static struct hwp_error *parse_double(const struct hwp_opt *opt, const char *value, double *ret)
{
    char *end;
    double n = strtod(value, &end);

    if (end == value || *end || n != n)
        return bad_value(opt, value, "a number");
    *ret = n;
    return NULL;
}

static struct hwp_error *parse_choice(const struct hwp_opt *opt, const char *value, unsigned *ret)
{
    const char *word = opt->arg;

    for (unsigned i = 0;; i++) {
        size_t n = strcspn(word, "|");
        if (strlen(value) == n && strncasecmp(word, value, n) == 0) {
            *ret = i;
            return NULL;
        }
        if (!word[n])
            return bad_value(opt, value, "one of its choices");
        word += n + 1;
    }
}

static struct hwp_error *store(const struct match *m, const char *value)
{
    switch (m->opt->kind) {
    case HWP_OPT_FLAG:
    case HWP_OPT_NOFLAG:
        *(bool *)m->field = m->opt->kind == HWP_OPT_FLAG;
        return NULL;
    case HWP_OPT_STR:
        *(const char **)m->field = value;
        return NULL;
    case HWP_OPT_UINT:
        return parse_uint(m->opt, value, m->field);
    case HWP_OPT_POSITIVE:
        HWP_TRY(parse_uint(m->opt, value, m->field));
        return *(uint64_t *)m->field ? NULL : bad_value(m->opt, value, "above 0");
    case HWP_OPT_DOUBLE:
        return parse_double(m->opt, value, m->field);
    case HWP_OPT_DURATION:
        return parse_duration(m->opt, value, m->field);
    case HWP_OPT_LIST:
        hwp_vec_push((struct hwp_opt_list *)m->field, value);
        return NULL;
    case HWP_OPT_CHOICE:
        return parse_choice(m->opt, value, m->field);
    }
    return NULL;
}

static struct hwp_error *missing_value(const struct hwp_opt *opt)
{
    return hwp_error_hint(hwp_error(HWP_E_USAGE, "--%s needs a value", opt->long_name),
                          "write --%s %s", opt->long_name, opt->arg);
}

/* argv[*i] is "--name", "--name=value", or "--name" with the value in argv[*i + 1]. */
static struct hwp_error *parse_long(const struct hwp_opt *const *tables, int argc, char **argv,
                                    void *const *into, int *i)
{
    const char *name = argv[*i] + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] ? name + len + 1 : NULL;
    struct match m;

    if (!find(tables, into, 0, name, len, &m))
        return unknown(tables, argv[*i], name);
    if (!takes_value(m.opt)) {
        if (value)
            return hwp_error(HWP_E_USAGE, "--%s takes no value", m.opt->long_name);
        return store(&m, NULL);
    }
    if (!value && *i + 1 >= argc)
        return missing_value(m.opt);
    return store(&m, value ? value : argv[++*i]);
}

/* argv[*i] is "-abc": flags, the last of which may take the rest, or argv[*i + 1], as its value. */
static struct hwp_error *parse_short(const struct hwp_opt *const *tables, int argc, char **argv,
                                     void *const *into, int *i)
{
    for (const char *p = argv[*i] + 1; *p; p++) {
        struct match m;

        if (!find(tables, into, *p, NULL, 0, &m))
            return unknown(tables, argv[*i], argv[*i] + 1);
        if (!takes_value(m.opt)) {
            HWP_TRY(store(&m, NULL));
            continue;
        }
        if (p[1])
            return store(&m, p + 1);
        if (*i + 1 >= argc)
            return missing_value(m.opt);
        return store(&m, argv[++*i]);
    }
    return NULL;
}

struct hwp_error *hwp_opt_parse(const struct hwp_opt *const *tables, int argc, char **argv,
                                void *const *into, int *ret_operand)
{
    int i = 0;

    for (; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) {
            i++;
            break;
        }
        if (argv[i][0] != '-' || !argv[i][1])
            break;
        if (argv[i][1] == '-')
            HWP_TRY(parse_long(tables, argc, argv, into, &i));
        else
            HWP_TRY(parse_short(tables, argc, argv, into, &i));
    }
    *ret_operand = i;
    return NULL;
}

/* Moves argv[0] behind the other n - 1. */
static void rotate(char **argv, int n)
{
    char *first = argv[0];

    memmove(argv, argv + 1, (size_t)(n - 1) * sizeof(*argv));
    argv[n - 1] = first;
}

struct hwp_error *hwp_opt_parse_mixed(const struct hwp_opt *const *tables, int argc, char **argv,
                                      void *const *into, int *ret_operand)
{
    int at = 0, nr_operands = 0;

    while (at + nr_operands < argc) {
        int parsed = 0;

        HWP_TRY(hwp_opt_parse(tables, argc - at - nr_operands, argv + at, into, &parsed));
        at += parsed;
        /* Behind "--" all are operands; each goes behind those that came before. */
        bool ends = parsed > 0 && strcmp(argv[at - 1], "--") == 0;
        for (int n = ends ? argc - at - nr_operands : 1; n > 0 && at + nr_operands < argc; n--) {
            rotate(argv + at, argc - at);
            nr_operands++;
        }
    }
    *ret_operand = at;
    return NULL;
}

void hwp_opt_help(const struct hwp_opt *table, struct hwp_out *out)
{
    for (const struct hwp_opt *o = table; o->long_name; o++) {
        struct hwp_str left = {0};

        if (o->short_name)
            hwp_str_addf(&left, "  -%c, --%s", o->short_name, o->long_name);
        else
            hwp_str_addf(&left, "      --%s", o->long_name);
        if (takes_value(o))
            hwp_str_addf(&left, " %s", o->arg);
        hwp_out_printf(out, "%-32s %s%s\n", left.data,
                       left.len > 32 ? "\n                                 " : "", o->help);
        hwp_str_deinit(&left);
    }
}
