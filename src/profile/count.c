#include "profile/count.h"

#include <string.h>

#include "base/attr.h"

__extension__ typedef unsigned __int128 u128;

static const char *const state_names[] = {
    [HWP_COUNT_UNSUPPORTED] = "not supported", [HWP_COUNT_DENIED] = "denied",
    [HWP_COUNT_NOT_COUNTED] = "not counted",   [HWP_COUNT_SCALED] = "scaled",
    [HWP_COUNT_COUNTED] = "counted",
};

struct hwp_count hwp_count_make(uint64_t value, uint64_t time_enabled_ns, uint64_t time_running_ns)
{
    struct hwp_count c = {value, time_enabled_ns, time_running_ns, HWP_COUNT_COUNTED};

    if (time_running_ns == 0)
        c.state = HWP_COUNT_NOT_COUNTED;
    else if (time_running_ns < time_enabled_ns)
        c.state = HWP_COUNT_SCALED;
    return c;
}

struct hwp_count hwp_count_exact(uint64_t value)
{
    return (struct hwp_count){.value = value, .state = HWP_COUNT_COUNTED};
}

bool hwp_count_known(const struct hwp_count *c)
{
    return c->state == HWP_COUNT_COUNTED || c->state == HWP_COUNT_SCALED;
}

uint64_t hwp_count_value(const struct hwp_count *c)
{
    if (c->state != HWP_COUNT_SCALED || c->time_running_ns == 0)
        return c->value;
    u128 scaled =
        ((u128)c->value * c->time_enabled_ns + c->time_running_ns / 2) / c->time_running_ns;
    return scaled > UINT64_MAX ? UINT64_MAX : (uint64_t)scaled;
}

double hwp_count_running_percent(const struct hwp_count *c)
{
    if (c->state == HWP_COUNT_COUNTED)
        return 100.0;
    if (c->state != HWP_COUNT_SCALED || c->time_enabled_ns == 0)
        return 0.0;
    return 100.0 * (double)c->time_running_ns / (double)c->time_enabled_ns;
}

/* Denied is not like unsupported: the part that is missing from the sum was real. It sticks, so
 * that no partial sum passes for a whole one. */
static enum hwp_count_state sum_state(const struct hwp_count *a, const struct hwp_count *b,
                                      const struct hwp_count *sum)
{
    if (!hwp_count_known(a) && !hwp_count_known(b))
        return a->state > b->state ? a->state : b->state;
    if (a->state == HWP_COUNT_DENIED || b->state == HWP_COUNT_DENIED)
        return HWP_COUNT_DENIED;
    return sum->time_running_ns < sum->time_enabled_ns ? HWP_COUNT_SCALED : HWP_COUNT_COUNTED;
}

void hwp_count_add(struct hwp_count *into, const struct hwp_count *c)
{
    struct hwp_count sum = {
        .value = into->value + c->value,
        .time_enabled_ns = into->time_enabled_ns + c->time_enabled_ns,
        .time_running_ns = into->time_running_ns + c->time_running_ns,
    };

    sum.state = sum_state(into, c, &sum);
    *into = sum;
}

const char *hwp_count_state_name(enum hwp_count_state state)
{
    return (unsigned)state < hwp_array_size(state_names) ? state_names[state] : "unknown";
}

bool hwp_count_state_parse(const char *name, enum hwp_count_state *ret)
{
    for (size_t i = 0; i < hwp_array_size(state_names); i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *ret = (enum hwp_count_state)i;
            return true;
        }
    }
    return false;
}

const char *hwp_origin_name(enum hwp_origin origin)
{
    return origin == HWP_ORIGIN_MODELLED ? "modelled" : "measured";
}
