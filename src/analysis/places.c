#include "analysis/places.h"

static void add_inlined(struct hwp_place *place, const struct hwp_place_options *options)
{
    struct hwp_line line = {NULL, 0};

    if (options->lines)
        line = hwp_module_line(place->module, place->vaddr);
    for (size_t i = 0; i + 1 < place->inlined.len; i++) { /* the last is the function itself */
        const struct hwp_inline_frame *f = &place->inlined.data[i];
        hwp_vec_push(&place->frames, (struct hwp_place_frame){f->function, NULL, line, f->decl});
        line = f->call;
    }
}

static void add_function(struct hwp_place *place, const struct hwp_place_options *options)
{
    const struct hwp_inline_frames *inlined = &place->inlined;
    struct hwp_place_frame f = {.symbol = hwp_module_symbol(place->module, place->vaddr)};

    f.function = f.symbol->name;
    if (options->lines && inlined->len > 1)
        f.line = inlined->data[inlined->len - 2].call;
    else if (options->lines)
        f.line = hwp_module_line(place->module, place->vaddr);
    if (inlined->len)
        f.decl = hwp_vec_last(inlined)->decl;
    hwp_vec_push(&place->frames, f);
}

void hwp_place_find(const struct hwp_profile *p, struct hwp_symbols *s, uint32_t loc,
                    const struct hwp_place_options *options, struct hwp_place *place)
{
    const struct hwp_loc *l = &p->locs.data[loc];

    place->dso = l->dso;
    place->module = hwp_symbols_module(s, l->dso);
    place->vaddr = hwp_module_vaddr(place->module, l->addr);
    place->frames.len = place->inlined.len = 0;
    /* Where the function is written comes with the inlined ones. */
    if (!options->no_inline || options->lines)
        hwp_module_inlines(place->module, place->vaddr, &place->inlined);
    if (!options->no_inline)
        add_inlined(place, options);
    add_function(place, options);
}

void hwp_place_deinit(struct hwp_place *place)
{
    hwp_vec_deinit(&place->frames);
    hwp_vec_deinit(&place->inlined);
    *place = (struct hwp_place){0};
}
