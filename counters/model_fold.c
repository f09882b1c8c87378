#include "counters/model_fold.h"

#include <string.h>

static uint32_t find_function(struct hwp_model_fold *f, uint32_t tid, uint32_t core, uint64_t entry)
{
    uint64_t key = hwp_hash_combine(hwp_hash_u64(entry), (uint64_t)tid << 32 | core);
    bool is_new;
    uint64_t i = *hwp_map_put(&f->function_of, key, f->functions.len, &is_new);

    if (is_new)
        hwp_vec_push(&f->functions, (struct hwp_model_function){.tid = tid, .core = core});
    return (uint32_t)i;
}

/* The costs of one instruction or chain of a function; zero at first. */
static size_t find_values(struct hwp_model_fold *f, struct hwp_map *known,
                          struct hwp_model_cost_list *list, uint32_t function, uint64_t of)
{
    uint64_t key = hwp_hash_combine(hwp_hash_u64(of), function);
    bool is_new;
    size_t at = *hwp_map_put(known, key, f->values.len, &is_new);

    if (!is_new)
        return at;
    hwp_vec_push(list, (struct hwp_model_costs){of, at});
    for (size_t c = 0; c < f->nr_columns; c++)
        hwp_vec_push(&f->values, 0);
    return at;
}

/* `values`: index of the pair's. */
static void add_sums(struct hwp_model_fold *f, uint32_t function, uint64_t ip, uint32_t chain,
                     size_t values)
{
    struct hwp_model_function *in = &f->functions.data[function];
    size_t of_ip = find_values(f, &f->ip_of, &in->ips, function, ip);
    size_t of_chain = find_values(f, &f->chain_of, &in->chains, function, chain);

    for (size_t c = 0; c < f->nr_columns; c++) {
        f->values.data[of_ip + c] += f->values.data[values + c];
        f->values.data[of_chain + c] += f->values.data[values + c];
    }
}

static void fold(struct hwp_model_fold *f, uint32_t function)
{
    struct hwp_model_function *in = &f->functions.data[function];

    hwp_vec_foreach (&in->pairs, pair)
        add_sums(f, function, pair->ip, pair->chain, pair->values);
    f->nr_pairs -= in->pairs.len;
    f->nr_folded++;
    hwp_vec_deinit(&in->pairs);
    in->folded = true;
}

static size_t push_values(struct hwp_model_fold *f, const uint64_t *values)
{
    size_t at = f->values.len;

    for (size_t c = 0; c < f->nr_columns; c++)
        hwp_vec_push(&f->values, values[c]);
    return at;
}

void hwp_model_fold_add(struct hwp_model_fold *f, uint32_t tid, uint32_t core, uint64_t entry,
                        uint64_t ip, uint32_t chain, const uint64_t *values)
{
    uint32_t function = find_function(f, tid, core, entry);
    struct hwp_model_function *in = &f->functions.data[function];

    if (!in->folded &&
        (in->pairs.len >= HWP_MODEL_PAIRS || f->nr_pairs >= HWP_MODEL_ALL_PAIRS))
        fold(f, function);
    size_t at = push_values(f, values);
    if (!in->folded) {
        hwp_vec_push(&in->pairs, (struct hwp_model_pair){ip, chain, at});
        f->nr_pairs++;
        return;
    }
    add_sums(f, function, ip, chain, at);
    f->values.len = f->values.len == at + f->nr_columns ? at : f->values.len; /* used up, if last */
}

/* Both lists have the same sum. */
static struct hwp_error *flush_column(struct hwp_model_fold *f, const struct hwp_model_function *in,
                                      size_t column,
                                      struct hwp_error *(*fn)(void *,
                                                              const struct hwp_model_folded *),
                                      void *ctx)
{
    size_t i = 0, c = 0;

    while (i < in->ips.len && c < in->chains.len) {
        uint64_t *of_ip = &f->values.data[in->ips.data[i].values + column];
        uint64_t *of_chain = &f->values.data[in->chains.data[c].values + column];
        uint64_t value = *of_ip < *of_chain ? *of_ip : *of_chain;
        const struct hwp_model_folded s = {
            in->tid, in->core, in->ips.data[i].of, (uint32_t)in->chains.data[c].of, column, value};

        if (value)
            HWP_TRY(fn(ctx, &s));
        *of_ip -= value;
        *of_chain -= value;
        i += !*of_ip;
        c += !*of_chain;
    }
    return NULL;
}

static struct hwp_error *flush_pairs(struct hwp_model_fold *f, const struct hwp_model_function *in,
                                     size_t column,
                                     struct hwp_error *(*fn)(void *,
                                                             const struct hwp_model_folded *),
                                     void *ctx)
{
    hwp_vec_foreach (&in->pairs, pair) {
        const struct hwp_model_folded s = {in->tid,     in->core, pair->ip,
                                           pair->chain, column,   f->values.data[pair->values + column]};
        if (s.value)
            HWP_TRY(fn(ctx, &s));
    }
    return NULL;
}

struct hwp_error *hwp_model_fold_flush(struct hwp_model_fold *f,
                                       struct hwp_error *(*fn)(void *ctx,
                                                               const struct hwp_model_folded *s),
                                       void *ctx)
{
    struct hwp_error *err = NULL;
    size_t nr_columns = f->nr_columns;

    hwp_vec_foreach (&f->functions, in)
        for (size_t c = 0; c < nr_columns && !err; c++)
            err = in->folded ? flush_column(f, in, c, fn, ctx) : flush_pairs(f, in, c, fn, ctx);
    uint64_t nr_folded = f->nr_folded;
    hwp_model_fold_deinit(f);
    f->nr_columns = nr_columns;
    f->nr_folded = nr_folded;
    return err;
}

void hwp_model_fold_deinit(struct hwp_model_fold *f)
{
    hwp_vec_foreach (&f->functions, in) {
        hwp_vec_deinit(&in->pairs);
        hwp_vec_deinit(&in->ips);
        hwp_vec_deinit(&in->chains);
    }
    hwp_vec_deinit(&f->functions);
    hwp_vec_deinit(&f->values);
    hwp_map_deinit(&f->function_of);
    hwp_map_deinit(&f->ip_of);
    hwp_map_deinit(&f->chain_of);
    *f = (struct hwp_model_fold){0};
}
