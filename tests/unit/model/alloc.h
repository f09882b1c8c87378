/* The memory that the model's parts ask their surroundings for, and how much of it they have. */
#ifndef HWP_TESTS_MODEL_ALLOC_H
#define HWP_TESTS_MODEL_ALLOC_H

#include <stdlib.h>

#include "counters/model/sim/cost.h"

static size_t bytes_in_use;

void *hwm_alloc(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);

    if (!p)
        abort();
    bytes_in_use += bytes;
    return p;
}

void hwm_free(void *p, size_t bytes)
{
    bytes_in_use -= bytes;
    free(p);
}

#endif
