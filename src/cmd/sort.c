#include "cmd/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static bool is_event(const struct hwp_events *events, const char *word, size_t len)
{
    hwp_vec_foreach (events, ev)
        if (ev->name && strlen(ev->name) == len && memcmp(ev->name, word, len) == 0)
            return true;
    return false;
}

/* An event's name may have commas in it ("cpu/event=1,umask=2/"): the longest that fits is taken. */
static size_t event_length(const struct hwp_events *events, const char *text)
{
    size_t longest = 0;

    for (size_t len = strcspn(text, ",");;) {
        if (is_event(events, text, len))
            longest = len;
        if (!text[len])
            return longest;
        len += 1 + strcspn(text + len + 1, ",");
    }
}

static struct hwp_error *no_such_word(const struct hwp_events *events, const char *word, size_t len)
{
    struct hwp_str names = {0};

    hwp_vec_foreach (events, ev)
        hwp_str_addf(&names, "%s%s", names.len ? ", " : "", ev->name ? ev->name : "?");
    struct hwp_error *err = hwp_error_hint(
        hwp_error(HWP_E_INVALID, "--sort: '%.*s' is no event of this recording, and no key", (int)len,
                  word),
        "it has: %s; keys are symbol, module, line, task, comm, cpu, core, node",
        names.data ? names.data : "no events");
    hwp_str_deinit(&names);
    return err;
}

static struct hwp_error *add_key(struct hwp_sort *sort, enum hwp_group_key key)
{
    for (size_t i = 0; i < sort->nr_keys; i++)
        if (sort->keys[i] == key)
            return hwp_error(HWP_E_USAGE, "--sort has '%s' twice", hwp_group_key_name(key));
    sort->keys[sort->nr_keys++] = key;
    return NULL;
}

static struct hwp_error *take_word(struct hwp_sort *sort, const struct hwp_events *events,
                                   const char *text, size_t *ret_len)
{
    size_t event = event_length(events, text), len = strcspn(text, ",");
    enum hwp_group_key key = hwp_group_key_find(text, len);

    *ret_len = event ? event : len;
    if (!event && key == HWP_GROUP_COUNT_)
        return no_such_word(events, text, len);
    if (!event)
        return add_key(sort, key);
    if (sort->event)
        return hwp_error(HWP_E_USAGE, "--sort orders by one event, not by '%s' and '%.*s'",
                         sort->event, (int)event, text);
    sort->event = hwp_strndup(text, event);
    return NULL;
}

/* Functions of modules is what the table of hot functions has, and more. */
static bool is_usual(const struct hwp_sort *sort)
{
    bool symbol = false, other = false;

    for (size_t i = 0; i < sort->nr_keys; i++) {
        symbol |= sort->keys[i] == HWP_GROUP_SYMBOL;
        other |= sort->keys[i] != HWP_GROUP_SYMBOL && sort->keys[i] != HWP_GROUP_MODULE;
    }
    return symbol && !other;
}

struct hwp_error *hwp_sort_parse(const char *text, const struct hwp_events *events,
                                 struct hwp_sort *ret)
{
    *ret = (struct hwp_sort){0};
    while (text && *text) {
        size_t len;
        HWP_TRY(take_word(ret, events, text, &len));
        text += len + (text[len] == ',');
    }
    if (is_usual(ret))
        ret->nr_keys = 0;
    return NULL;
}

void hwp_sort_deinit(struct hwp_sort *sort)
{
    free(sort->event);
    *sort = (struct hwp_sort){0};
}
