#include "cmd/command_text.h"

#include <ctype.h>
#include <string.h>

#include "base/str.h"

/* Quotes an argument for a shell if it needs it. */
static void add_quoted(struct hwp_str *text, const char *arg)
{
    const char *p = arg;

    while (isalnum((unsigned char)*p) || (*p && strchr("_-./=:,+@%", *p)))
        p++;
    if (*arg && !*p) {
        hwp_str_add(text, arg);
        return;
    }
    hwp_str_addc(text, '\'');
    for (p = arg; *p; p++) {
        if (*p == '\'')
            hwp_str_add(text, "'\\''");
        else
            hwp_str_addc(text, *p);
    }
    hwp_str_addc(text, '\'');
}

char *hwp_command_text(char *const *argv)
{
    struct hwp_str text = {0};

    for (size_t i = 0; argv[i]; i++) {
        if (i)
            hwp_str_addc(&text, ' ');
        add_quoted(&text, argv[i]);
    }
    return hwp_str_steal(&text);
}
