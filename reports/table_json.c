#include "base/mem.h"
#include "reports/json.h"
#include "reports/table.h"

static struct cJSON *list_json(const struct hwp_field *field)
{
    struct cJSON *array = hwp_json_array();

    for (size_t i = 0; i < field->list.n; i++)
        hwp_json_append(array, hwp_json_text(field->list.items[i]));
    return array;
}

static void put_address(struct cJSON *object, const char *key, uint64_t address)
{
    char *text hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("0x%llx", (unsigned long long)address);

    hwp_json_put_text(object, key, text);
}

static void put_field(struct cJSON *object, const char *key, const struct hwp_field *field)
{
    switch (field->kind) {
    case HWP_FIELD_UNKNOWN:
        hwp_json_put_null(object, key);
        break;
    case HWP_FIELD_TEXT:
        hwp_json_put_text(object, key, field->text);
        break;
    case HWP_FIELD_COUNT:
    case HWP_FIELD_DURATION:
        hwp_json_put_uint(object, key, field->count);
        break;
    case HWP_FIELD_PERCENT:
    case HWP_FIELD_RATIO:
        hwp_json_put_number(object, key, field->number);
        break;
    case HWP_FIELD_ADDRESS:
        put_address(object, key, field->count);
        break;
    case HWP_FIELD_BOOL:
        hwp_json_put_bool(object, key, field->truth);
        break;
    case HWP_FIELD_LIST:
        hwp_json_put(object, key, list_json(field));
        break;
    }
    if (field->estimate) {
        char *estimate hwp_cleanup(hwp_free_cleanup) = hwp_asprintf("%s_estimate", key);
        hwp_json_put_bool(object, estimate, true);
    }
}

struct cJSON *hwp_table_json(const struct hwp_table *t)
{
    struct cJSON *array = hwp_json_array();

    hwp_vec_foreach (&t->rows, row) {
        struct cJSON *object = hwp_json_object();
        for (size_t i = 0; i < t->columns.len; i++)
            if (!t->columns.data[i].text_only)
                put_field(object, t->columns.data[i].key, &row->fields[i]);
        hwp_json_append(array, object);
    }
    return array;
}
