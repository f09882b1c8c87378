/* hwprof topo: the machine's shape, and which CPUs a plan would use. */
#include <string.h>

#include "base/mem.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "counters/model_machine.h"
#include "topology/draw.h"
#include "topology/plan.h"

struct options {
    const char *pin, *synthetic, *xml, *machine, *machine_set;
};

static const struct hwp_opt topo_opts[] = {
    {0, "pin", HWP_OPT_STR, offsetof(struct options, pin), "cores|none|LIST",
     "show where this plan puts tasks (default cores)"},
    {0, "synthetic", HWP_OPT_STR, offsetof(struct options, synthetic), "DESCRIPTION",
     "another machine: 'pack:2 l3:2 core:4 pu:2'"},
    {0, "xml", HWP_OPT_STR, offsetof(struct options, xml), "FILE",
     "another machine, as lstopo exported it"},
    {0, "machine", HWP_OPT_STR, offsetof(struct options, machine), "NAME",
     "the machine that --source model models: this, a preset, FILE.xml or a shape"},
    {0, "machine-set", HWP_OPT_STR, offsetof(struct options, machine_set), "KEY=VALUE,…",
     "change values of it: 'l2=512K/8/14,ipc=2.5'"},
    HWP_OPT_END,
};

static const struct hwp_opt *const tables[] = {topo_opts, hwp_output_opts, NULL};

static const struct hwp_column columns[] = {
    {.key = "cpu", .title = "CPU", .align = HWP_ALIGN_RIGHT},
    {.key = "core", .title = "core", .align = HWP_ALIGN_RIGHT},
    {.key = "thread", .title = "thread", .align = HWP_ALIGN_RIGHT},
    {.key = "l2", .title = "L2", .align = HWP_ALIGN_RIGHT},
    {.key = "l3", .title = "L3", .align = HWP_ALIGN_RIGHT},
    {.key = "die", .title = "die", .align = HWP_ALIGN_RIGHT},
    {.key = "node", .title = "node", .align = HWP_ALIGN_RIGHT},
    {.key = "package", .title = "package", .align = HWP_ALIGN_RIGHT},
    {.key = "kind", .title = "kind", .align = HWP_ALIGN_RIGHT},
    {.key = "allowed", .title = "allowed"},
    {.key = "order", .title = "order", .align = HWP_ALIGN_RIGHT},
};

static struct hwp_field index_field(int index)
{
    return index < 0 ? hwp_field_unknown() : hwp_field_count((uint64_t)index);
}

/* Which new task, counted from 1, gets this CPU first. */
static struct hwp_field order_field(const struct hwp_plan *plan, unsigned cpu)
{
    for (size_t i = 0; i < plan->slots.len; i++)
        if (plan->slots.data[i].cpu == cpu)
            return hwp_field_count(i + 1);
    return hwp_field_unknown();
}

static void fill(const struct hwp_topology *t, const struct hwp_plan *plan, struct hwp_table *table)
{
    for (size_t i = 0; i < hwp_array_size(columns); i++)
        hwp_table_column(table, &columns[i]);
    hwp_vec_foreach (&t->cpus, c) {
        const int indexes[] = {(int)c->cpu, c->core, c->smt,     c->l2,  c->l3,
                               c->die,      c->node, c->package, c->kind};
        hwp_table_row(table, false);
        for (size_t i = 0; i < hwp_array_size(indexes); i++)
            hwp_table_add(table, index_field(indexes[i]));
        hwp_table_add(table, hwp_field_bool(hwp_cpuset_has(&t->allowed, c->cpu)));
        hwp_table_add(table, order_field(plan, c->cpu));
    }
}

static bool is_modelled(const struct options *options)
{
    return options->machine || options->machine_set;
}

/* The topology, in `m` with all the rest of a modelled machine or alone. */
static struct hwp_error *load(const struct options *options, struct hwp_model_machine *m)
{
    if (!!options->synthetic + !!options->xml + is_modelled(options) > 1)
        return hwp_error(HWP_E_USAGE, "--synthetic, --xml and --machine exclude each other");
    if (is_modelled(options))
        return hwp_model_machine_load(options->machine, options->machine_set, m);
    if (options->synthetic)
        return hwp_topology_load(HWP_TOPOLOGY_SYNTHETIC, options->synthetic, NULL, &m->topology);
    if (options->xml)
        return hwp_topology_load(HWP_TOPOLOGY_XML, options->xml, NULL, &m->topology);
    return hwp_topology_load(HWP_TOPOLOGY_THIS, NULL, NULL, &m->topology);
}

static void draw(const struct hwp_model_machine *m, const struct hwp_plan *plan,
                 struct hwp_out *out)
{
    hwp_topology_draw(m->topology, plan, out);
    if (!m->name)
        return;
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_model_machine_text(m);
    hwp_out_printf(out, "\nAs --machine %s models it:\n\n%s", m->name, text);
}

static struct hwp_error *show(const struct hwp_model_machine *m, const struct hwp_plan *plan,
                              const struct hwp_output_options *output)
{
    struct hwp_report_options format = hwp_output_format(output);
    struct hwp_out out;

    HWP_TRY(hwp_output_open(output, false, &out));
    if (format.format == HWP_FORMAT_TEXT) {
        draw(m, plan, &out);
    } else {
        struct hwp_table table hwp_cleanup(hwp_table_deinit) = {.name = "cpus"};
        fill(m->topology, plan, &table);
        hwp_table_print(&table, &format, &out);
    }
    return hwp_out_close(&out);
}

static struct hwp_error *run_topo(const struct hwp_command *self, int argc, char **argv,
                                  int *ret_status)
{
    struct options options = {0};
    struct hwp_output_options output = {0};
    struct hwp_model_machine machine hwp_cleanup(hwp_model_machine_deinit) = {0};
    struct hwp_plan *plan hwp_cleanup(hwp_plan_cleanup) = NULL;
    int operand;
    bool done;

    (void)ret_status;
    HWP_TRY(hwp_command_parse(self, argc, argv, (void *[]){&options, &output}, &operand, &done));
    if (done)
        return NULL;
    HWP_TRY(hwp_output_check(&output));
    if (operand < argc)
        return hwp_error(HWP_E_USAGE, "topo takes no operand: '%s'", argv[operand]);
    HWP_TRY(load(&options, &machine));
    HWP_TRY(hwp_plan_create(machine.topology, options.pin ? options.pin : "cores", &plan));
    return show(&machine, plan, &output);
}

static const char *const examples[] = {"topo", "topo --pin S0:0-1",
                                       "topo --synthetic 'pack:2 l3:2 core:4 pu:2' --pin scatter",
                                       "topo --machine zen4-2ccx --machine-set l3=96M/16", NULL};

const struct hwp_command hwp_command_topo = {
    .name = "topo",
    .summary = "show the machine's shape and where a plan puts tasks",
    .usage = "[OPTION…]",
    .options = tables,
    .examples = examples,
    .run = run_topo,
};
