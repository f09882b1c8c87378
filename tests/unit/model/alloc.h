/* The memory that the model's parts ask their surroundings for. */
#ifndef HWP_TESTS_MODEL_ALLOC_H
#define HWP_TESTS_MODEL_ALLOC_H

#include <stdlib.h>

#include "counters/model/sim/cost.h"

void *hwm_alloc(size_t bytes)
{
    void *p = calloc(1, bytes ? bytes : 1);

    if (!p)
        abort();
    return p;
}

void hwm_free(void *p, size_t bytes)
{
    (void)bytes;
    free(p);
}

#endif
