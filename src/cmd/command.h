/*
 * Verbs. Each is one const entry in its own file, listed once in the registry (command.c); the
 * same rows feed parsing, --help and the check that every verb and option has a place in its man
 * page. A verb parses its options, builds the pieces left to right and hands a result to a
 * renderer; it has no logic of its own.
 */
#ifndef HWP_CMD_COMMAND_H
#define HWP_CMD_COMMAND_H

#include "base/error.h"
#include "base/opt.h"

struct hwp_command {
    const char *name;    /* NULL: the main job, which has no verb */
    const char *summary; /* one line */
    const char *usage;   /* what follows the verb: "[OPTION…] [--] WORKLOAD [ARG…]" */
    const struct hwp_opt *const *options; /* NULL-terminated list of tables */
    const char *const *examples;          /* NULL-terminated command lines, without "hwprof" */
    bool runs_workload; /* the first operand ends the options: the rest is the workload's */

    /* argv: what follows the verb. *ret_status is the exit status (0 unless set). */
    struct hwp_error *(*run)(const struct hwp_command *self, int argc, char **argv,
                             int *ret_status);
};

extern const struct hwp_command hwp_command_main, hwp_command_record, hwp_command_report,
    hwp_command_annotate, hwp_command_flame,
    hwp_command_export, hwp_command_stat, hwp_command_cores, hwp_command_list, hwp_command_topo,
    hwp_command_doctor;

extern const struct hwp_command *const hwp_commands[]; /* NULL-terminated; the main job first */

/* By name; NULL if there is none. */
const struct hwp_command *hwp_command_find(const char *name);

/* Parses with the command's tables; `into` runs parallel to them. On --help prints the help and
 * sets *ret_done. */
struct hwp_error *hwp_command_parse(const struct hwp_command *self, int argc, char **argv,
                                    void *const *into, int *ret_operand,
                                    bool *ret_done) hwp_must_use;

void hwp_command_help(const struct hwp_command *self, struct hwp_out *out);

/* What `hwprof --help` prints. */
void hwp_commands_help(struct hwp_out *out);

/* Runs a whole command line (argv without the program's name). */
struct hwp_error *hwp_commands_run(int argc, char **argv, int *ret_status) hwp_must_use;

#endif
