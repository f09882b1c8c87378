#include <ctype.h>
#include <string.h>

#include "analysis/stack_tree.h"
#include "base/str.h"

/* The count behind the last blank; false if there is none. Fractions are cut off, as some
 * collapsers write them. */
static bool split(const char *line, size_t len, size_t *ret_stack_len, uint64_t *ret_count)
{
    size_t at = len;

    while (at && !isblank((unsigned char)line[at - 1]))
        at--;
    if (at < 2 || at == len)
        return false;
    *ret_count = 0;
    for (size_t i = at; i < len && line[i] != '.'; i++) {
        if (!isdigit((unsigned char)line[i]) || __builtin_mul_overflow(*ret_count, 10, ret_count) ||
            __builtin_add_overflow(*ret_count, (uint64_t)(line[i] - '0'), ret_count))
            return false;
    }
    while (at && isblank((unsigned char)line[at - 1]))
        at--;
    *ret_stack_len = at;
    return at > 0;
}

static void add_stack(struct hwp_stack_tree *t, const char *stack, size_t len, uint64_t count,
                      struct hwp_str *name)
{
    uint32_t node = 0;
    enum hwp_frame_kind kind = HWP_FRAME_TASK;

    for (const char *p = stack, *end = stack + len; p <= end;) {
        const char *stop = memchr(p, ';', (size_t)(end - p));
        stop = stop ? stop : end;
        name->len = 0;
        hwp_str_addn(name, p, (size_t)(stop - p));
        node = hwp_stack_tree_child(t, node, hwp_stack_tree_frame(t, kind, name->data, NULL));
        kind = HWP_FRAME_FUNCTION;
        p = stop + 1;
    }
    hwp_stack_tree_add(t, node, 0, &(struct hwp_cost){count, count});
}

void hwp_stacks_parse(const char *text, size_t len, struct hwp_stacks *ret, size_t *ret_skipped)
{
    struct hwp_stack_tree t;
    struct hwp_str name = {0};

    *ret_skipped = 0;
    hwp_stack_tree_begin(&t, 1, ret);
    ret->has_chains = true;
    for (const char *p = text, *end = text + len; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t line = (size_t)((stop ? stop : end) - p), stack;
        uint64_t count;

        if (line && p[line - 1] == '\r')
            line--;
        bool is_comment = line > 0 && *p == '#';
        if (!is_comment && split(p, line, &stack, &count))
            add_stack(&t, p, stack, count, &name);
        else
            *ret_skipped += line > 0 && !is_comment;
        p = stop ? stop + 1 : end;
    }
    hwp_str_deinit(&name);
    hwp_stack_tree_finish(&t);
}
