#include "cmd/sample_options.h"

#include "analysis/filter.h"

#define FILTER(name)  offsetof(struct hwp_filter, name)
#define SYMBOLS(name) offsetof(struct hwp_symbols_options, name)

const struct hwp_opt hwp_filter_opts[] = {
    {0, "comms", HWP_OPT_STR, FILTER(comms), "NAMES", "only tasks of these names, comma-separated"},
    {0, "tids", HWP_OPT_STR, FILTER(tids), "LIST", "only these threads or processes"},
    {0, "cpus", HWP_OPT_STR, FILTER(cpus), "LIST", "only samples on these CPUs (0-3,8)"},
    {0, "dsos", HWP_OPT_STR, FILTER(dsos), "NAMES", "only samples in these modules"},
    {'S', "symbols", HWP_OPT_STR, FILTER(symbols), "NAMES", "only samples in these functions"},
    HWP_OPT_END,
};

const struct hwp_opt hwp_symbols_opts[] = {
    {0, "symfs", HWP_OPT_STR, SYMBOLS(symfs), "DIR", "look for files below DIR"},
    {'k', "vmlinux", HWP_OPT_STR, SYMBOLS(vmlinux), "FILE", "the kernel's image"},
    {0, "kallsyms", HWP_OPT_STR, SYMBOLS(kallsyms), "FILE", "the kernel's symbols"},
    {0, "no-demangle", HWP_OPT_FLAG, SYMBOLS(no_demangle), "", "names as in the file"},
    HWP_OPT_END,
};
