#include "reports/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "reports/text.h"

/* cJSON returns NULL where memory ran out, which ends us everywhere else, too. */
static cJSON *checked(cJSON *item)
{
    if (!item) {
        fputs("hwprof: out of memory\n", stderr);
        abort();
    }
    return item;
}

struct cJSON *hwp_json_object(void)
{
    return checked(cJSON_CreateObject());
}

struct cJSON *hwp_json_array(void)
{
    return checked(cJSON_CreateArray());
}

struct cJSON *hwp_json_text(const char *text)
{
    if (!text)
        return checked(cJSON_CreateNull());
    char *valid hwp_cleanup(hwp_free_cleanup) = hwp_text_utf8(text);
    return checked(cJSON_CreateString(valid));
}

void hwp_json_destroy(struct cJSON *json)
{
    cJSON_Delete(json);
}

void hwp_json_put(struct cJSON *object, const char *key, struct cJSON *item)
{
    char *valid hwp_cleanup(hwp_free_cleanup) = hwp_text_utf8(key);

    cJSON_AddItemToObject(object, valid, item);
}

void hwp_json_append(struct cJSON *array, struct cJSON *item)
{
    cJSON_AddItemToArray(array, item);
}

void hwp_json_put_text(struct cJSON *object, const char *key, const char *text)
{
    hwp_json_put(object, key, hwp_json_text(text));
}

/* As text, since cJSON's own numbers are doubles and exact to 2^53 alone. */
void hwp_json_put_uint(struct cJSON *object, const char *key, uint64_t n)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
    hwp_json_put(object, key, checked(cJSON_CreateRaw(digits)));
}

void hwp_json_put_int(struct cJSON *object, const char *key, int64_t n)
{
    char digits[24];

    snprintf(digits, sizeof(digits), "%lld", (long long)n);
    hwp_json_put(object, key, checked(cJSON_CreateRaw(digits)));
}

void hwp_json_put_number(struct cJSON *object, const char *key, double number)
{
    hwp_json_put(object, key,
                 checked(isfinite(number) ? cJSON_CreateNumber(number) : cJSON_CreateNull()));
}

void hwp_json_put_bool(struct cJSON *object, const char *key, bool truth)
{
    hwp_json_put(object, key, checked(cJSON_CreateBool(truth)));
}

void hwp_json_put_null(struct cJSON *object, const char *key)
{
    hwp_json_put(object, key, checked(cJSON_CreateNull()));
}

void hwp_json_print(const struct cJSON *json, bool indented, struct hwp_out *out)
{
    char *text = indented ? cJSON_Print(json) : cJSON_PrintUnformatted(json);

    if (!text)
        checked(NULL);
    hwp_out_puts(out, text);
    hwp_out_puts(out, "\n");
    cJSON_free(text);
}
