#include "cmd/command.h"

#include <stdio.h>
#include <string.h>

#include "base/suggest.h"

const struct hwp_command *const hwp_commands[] = {
    &hwp_command_main,  &hwp_command_record, &hwp_command_report, &hwp_command_annotate,
    &hwp_command_flame, &hwp_command_export, &hwp_command_stat,   &hwp_command_cores,
    &hwp_command_list,  &hwp_command_topo,   &hwp_command_doctor, NULL,
};

const struct hwp_command *hwp_command_find(const char *name)
{
    for (size_t i = 0; hwp_commands[i]; i++)
        if (hwp_commands[i]->name && strcmp(hwp_commands[i]->name, name) == 0)
            return hwp_commands[i];
    return NULL;
}

/* --help must not be searched for among a workload's own arguments. */
static bool asks_for_help(int argc, char **argv)
{
    return argc > 0 && (strcmp(argv[0], "--help") == 0 || strcmp(argv[0], "-h") == 0);
}

struct hwp_error *hwp_command_parse(const struct hwp_command *self, int argc, char **argv,
                                    void *const *into, int *ret_operand, bool *ret_done)
{
    *ret_done = asks_for_help(argc, argv);
    if (*ret_done) {
        struct hwp_out out;

        hwp_out_init_stream(&out, stdout, "standard output");
        hwp_command_help(self, &out);
        return hwp_out_close(&out);
    }
    return self->runs_workload ? hwp_opt_parse(self->options, argc, argv, into, ret_operand)
                               : hwp_opt_parse_mixed(self->options, argc, argv, into, ret_operand);
}

static void help_examples(const struct hwp_command *self, struct hwp_out *out)
{
    hwp_out_puts(out, "\nexamples:\n");
    for (size_t i = 0; self->examples[i]; i++)
        hwp_out_printf(out, "  hwprof %s\n", self->examples[i]);
}

void hwp_command_help(const struct hwp_command *self, struct hwp_out *out)
{
    const char *name = self->name ? self->name : "";

    hwp_out_printf(out, "usage: hwprof %s%s%s\n\n%s\n\n", name, *name ? " " : "", self->usage,
                   self->summary);
    for (size_t t = 0; self->options[t]; t++)
        hwp_opt_help(self->options[t], out);
    help_examples(self, out);
}

void hwp_commands_help(struct hwp_out *out)
{
    hwp_out_printf(out, "usage: hwprof %s\n       hwprof VERB [OPTION…]\n\nverbs:\n",
                   hwp_commands[0]->usage);
    for (size_t i = 1; hwp_commands[i]; i++)
        hwp_out_printf(out, "  %-10s %s\n", hwp_commands[i]->name, hwp_commands[i]->summary);
    hwp_out_printf(out, "\n'hwprof VERB --help' tells more of each. Without a verb: %s.\n\n",
                   hwp_commands[0]->summary);
    for (size_t t = 0; hwp_commands[0]->options[t]; t++)
        hwp_opt_help(hwp_commands[0]->options[t], out);
    help_examples(hwp_commands[0], out);
}

static struct hwp_error *print_help(void)
{
    struct hwp_out out;

    hwp_out_init_stream(&out, stdout, "standard output");
    hwp_commands_help(&out);
    return hwp_out_close(&out);
}

static struct hwp_error *print_version(void)
{
    struct hwp_out out;

    hwp_out_init_stream(&out, stdout, "standard output");
    hwp_out_puts(&out, "hwprof " HWP_VERSION "\n");
    return hwp_out_close(&out);
}

/* "hwprof recrod ./app": a workload of that name was not found, but a verb is near. */
static struct hwp_error *hint_verb(struct hwp_error *err, const char *name)
{
    struct hwp_suggest near = {.wanted = name};

    if (!err || err->code != HWP_E_NO_WORKLOAD || name[0] == '-')
        return err;
    for (size_t i = 1; hwp_commands[i]; i++)
        if (hwp_edit_distance(name, hwp_commands[i]->name) <= 2)
            hwp_suggest_offer(&near, hwp_commands[i]->name);
    char *verb = hwp_suggest_text(&near);
    if (verb)
        err = hwp_error_hint(err, "did you mean 'hwprof %s'?", verb);
    free(verb);
    hwp_suggest_deinit(&near);
    return err;
}

struct hwp_error *hwp_commands_run(int argc, char **argv, int *ret_status)
{
    const struct hwp_command *command = argc > 0 ? hwp_command_find(argv[0]) : NULL;

    if (command)
        return command->run(command, argc - 1, argv + 1, ret_status);
    if (argc == 0)
        return hwp_error_hint(hwp_error(HWP_E_USAGE, "no workload and no verb given"),
                              "hwprof --help; or try: hwprof doctor");
    if (asks_for_help(argc, argv) || strcmp(argv[0], "help") == 0)
        return print_help();
    if (strcmp(argv[0], "--version") == 0 || strcmp(argv[0], "-V") == 0) {
        return print_version();
    }
    return hint_verb(hwp_commands[0]->run(hwp_commands[0], argc, argv, ret_status), argv[0]);
}
