#include "symbols/internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_code_type(char type)
{
    return type == 't' || type == 'T' || type == 'w' || type == 'W';
}

static const char *module_in(char *rest)
{
    char *open = strchr(rest, '['), *close = open ? strchr(open, ']') : NULL;

    if (!close)
        return NULL;
    *close = '\0';
    return open + 1;
}

/* "ffffffffc0402000 t fn\t[module]" */
static void parse_line(struct hwp_kallsyms *k, char *line)
{
    char *p = line;
    struct hwp_kallsym sym = {.addr = strtoull(line, &p, 16)};

    if (p == line || *p != ' ' || !p[1] || p[2] != ' ' || !is_code_type(p[1]) || !sym.addr)
        return;
    sym.type = p[1];
    sym.name = p + 3;
    size_t len = strcspn(sym.name, " \t");
    if (!len)
        return;
    if (p[3 + len]) {
        p[3 + len] = '\0';
        sym.module = module_in(p + 3 + len + 1);
    }
    hwp_vec_push(&k->list, sym);
}

void hwp_kallsyms_parse(struct hwp_kallsyms *k, char *text)
{
    char *state = NULL;

    k->text = text;
    for (char *line = strtok_r(text, "\n", &state); line; line = strtok_r(NULL, "\n", &state))
        parse_line(k, line);
}

void hwp_kallsyms_deinit(struct hwp_kallsyms *k)
{
    hwp_vec_deinit(&k->list);
    free(k->text);
    k->text = NULL;
}

static enum hwp_binding binding_of(char type)
{
    if (type == 'w' || type == 'W')
        return HWP_BIND_WEAK;
    return type == 'T' ? HWP_BIND_GLOBAL : HWP_BIND_LOCAL;
}

void hwp_index_add_kallsyms(struct hwp_symbol_index *ix, const struct hwp_kallsyms *k,
                            const char *module)
{
    hwp_vec_foreach (&k->list, s) {
        bool same = module ? s->module && strcmp(s->module, module) == 0 : !s->module;
        if (same)
            hwp_index_add(ix, s->name, s->addr, s->addr, HWP_SYMBOL_KALLSYMS, binding_of(s->type));
    }
}
