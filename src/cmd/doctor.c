/* hwprof doctor: what can be measured here, and the exact command that would unlock the rest. */
#include "cmd/command.h"
#include "cmd/output.h"
#include "counters/diagnose.h"
#include "reports/findings.h"

static const struct hwp_opt *const tables[] = {hwp_output_opts, NULL};

static struct hwp_error *show(const struct hwp_findings *findings,
                              const struct hwp_output_options *output)
{
    struct hwp_report_options format = hwp_output_format(output);
    struct hwp_finding_rows rows = {0};
    struct hwp_out out;

    HWP_TRY(hwp_output_open(output, false, &out));
    hwp_vec_foreach (findings, f)
        hwp_vec_push(&rows, (struct hwp_finding_row){f->what, f->ok, f->detail, f->remedy});
    hwp_findings_print(rows.data, rows.len, &format, &out);
    hwp_vec_deinit(&rows);
    return hwp_out_close(&out);
}

static struct hwp_error *run_doctor(const struct hwp_command *self, int argc, char **argv,
                                    int *ret_status)
{
    struct hwp_output_options output = {0};
    struct hwp_system_facts facts hwp_cleanup(hwp_system_facts_deinit) = {0};
    struct hwp_findings findings hwp_cleanup(hwp_findings_deinit) = {0};
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(self, argc, argv, (void *[]){&output}, &operand, &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    if (operand < argc)
        return hwp_error(HWP_E_USAGE, "doctor takes no operand: '%s'", argv[operand]);
    hwp_system_facts_gather(&facts);
    hwp_doctor(&facts, &findings);
    return show(&findings, &output);
}

static const char *const examples[] = {"doctor", "doctor --json", NULL};

const struct hwp_command hwp_command_doctor = {
    .name = "doctor",
    .summary = "say what can be measured here, and the command that would unlock the rest",
    .usage = "[OPTION…]",
    .options = tables,
    .examples = examples,
    .run = run_doctor,
};
