/*
 * The event grammar: what --events accepts, parsed to specs. Pure text: nothing here looks at the
 * machine.
 *
 *   list     := item { "," item }
 *   item     := event | "{" event { "," event } "}" [ ":" modifiers ]
 *   event    := generic | raw | pmu | tracepoint | breakpoint | papi | native    [ ":" modifiers ]
 *   generic  := perf's hardware, software and cache names: cycles, cpu-clock, L1-dcache-load-misses
 *   raw      := "r" hex digits                                  r01c0
 *   pmu      := PMU "/" [ term { "," term } ] "/" [modifiers]   cpu/event=0xc0,umask=1,name=x/u
 *   tracepoint := SYSTEM ":" NAME                               sched:sched_switch
 *   breakpoint := "mem:" (ADDR | SYMBOL["+"OFFSET]) ["/" LEN] [":" "r"|"w"|"x"|"rw"]
 *                 LEN: 1, 2, 4 or 8 bytes; without access letters: rw
 *   papi     := "PAPI_" NAME, or a component event COMPONENT ":::" NAME
 *   native   := libpfm4's [PMU "::"] EVENT { ":" ATTRIBUTE ["=" VALUE] }
 *   modifiers: u k h G H  user, kernel, hypervisor, guest, host;  p pp ppp P  precision;
 *              S  read the group with each sample;  D  pinned;  e  exclusive;  W  weak group;
 *              I  exclude idle
 *   A group's modifiers are added to those of its members.
 *
 * What an event with a colon is, in this order:
 *   1. "mem:…", "…:::…", "PAPI_…" and "r" + hex digits are what they look like;
 *   2. a generic name before the colon: modifiers follow;
 *   3. "::", an upper-case letter before the colon, or a "=" anywhere: a native name. A last part
 *      of the letters u k h p P alone is modifiers; the other letters are names of libpfm4's
 *      (":e" edge detection, ":S" and ":I" unit masks): write its "excl" and "pinned" instead;
 *   4. all letters after the colon are modifier letters: a name with modifiers;
 *   5. else a tracepoint.
 *
 * pmu/…/ takes modifiers directly after the slash or after a colon; a value may be quoted with '…'
 * to hold commas and slashes.
 *
 * Sources: perf-list(1), perf_event_open(2), libpfm(3), PAPI_event_name_to_code(3).
 */
#ifndef HWP_COUNTERS_SPEC_H
#define HWP_COUNTERS_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/vec.h"

enum hwp_spec_kind {
    HWP_SPEC_NAME,       /* a name to look up: generic, then sysfs alias, then libpfm4 */
    HWP_SPEC_RAW,        /* rNNN */
    HWP_SPEC_PMU,        /* pmu/terms/ */
    HWP_SPEC_TRACEPOINT, /* system:name, where no PMU or libpfm4 event is meant */
    HWP_SPEC_BREAKPOINT, /* mem:… */
    HWP_SPEC_PAPI,       /* PAPI_… preset */
    HWP_SPEC_COMPONENT,  /* component:::event */
};

struct hwp_term {
    char *key;
    char *value; /* NULL for a bare term: a sysfs event alias or a 1-bit field */
};
HWP_VEC_TYPE(hwp_terms, struct hwp_term);

struct hwp_modifiers {
    bool user, kernel, hypervisor; /* if any is set, the others are excluded */
    bool guest, host;
    uint8_t precise;               /* 0–3 */
    bool max_precise;              /* P: the most the machine can do */
    bool sample_read, pinned, exclusive, weak, exclude_idle;
};

struct hwp_spec {
    enum hwp_spec_kind kind;
    char *text;       /* as written, without group braces: the event's name in reports */
    unsigned column;  /* where it begins in the whole text, for error messages */
    char *name;       /* event, alias, preset or tracepoint name; symbol of a breakpoint */
    char *pmu;        /* pmu/…/, tracepoint system, or component; else NULL */
    struct hwp_terms terms;
    uint64_t raw;     /* rNNN's number; breakpoint's address or offset from its symbol */
    uint32_t bp_len;  /* bytes; 0: default */
    bool bp_read, bp_write, bp_exec;
    struct hwp_modifiers mods;
    int group;        /* 0, 1, … for each {…}; -1 outside */
};
HWP_VEC_TYPE(hwp_specs, struct hwp_spec);

/* Errors are HWP_E_INVALID and show the text with a caret under the place. */
struct hwp_error *hwp_specs_parse(const char *text, struct hwp_specs *ret) hwp_must_use;
void hwp_specs_deinit(struct hwp_specs *specs);

#endif
