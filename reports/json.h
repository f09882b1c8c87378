/*
 * JSON trees (cJSON behind), with what cJSON leaves to its user: 64-bit integers stay exact, text
 * is made valid UTF-8, and a number that isn't finite is null. Trees are owned by whoever holds the
 * root.
 */
#ifndef HWP_REPORTS_JSON_H
#define HWP_REPORTS_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/out.h"

struct cJSON;

struct cJSON *hwp_json_object(void);
struct cJSON *hwp_json_array(void);
struct cJSON *hwp_json_text(const char *text); /* NULL is null */
void hwp_json_destroy(struct cJSON *json);
HWP_DEFINE_CLEANUP(hwp_json_cleanup, struct cJSON, hwp_json_destroy)

/* Each takes `item` over. */
void hwp_json_put(struct cJSON *object, const char *key, struct cJSON *item);
void hwp_json_append(struct cJSON *array, struct cJSON *item);

void hwp_json_put_text(struct cJSON *object, const char *key, const char *text);
void hwp_json_put_uint(struct cJSON *object, const char *key, uint64_t n);
void hwp_json_put_int(struct cJSON *object, const char *key, int64_t n);
void hwp_json_put_number(struct cJSON *object, const char *key, double number);
void hwp_json_put_bool(struct cJSON *object, const char *key, bool truth);
void hwp_json_put_null(struct cJSON *object, const char *key);

/* Indented (for documents), or one line. Both end with a newline. */
void hwp_json_print(const struct cJSON *json, bool indented, struct hwp_out *out);

#endif
