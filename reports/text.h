/*
 * Making strings and numbers fit to be shown: hostile bytes, widths, thousands, durations, colours.
 * Strings returned are the caller's to free.
 */
#ifndef HWP_REPORTS_TEXT_H
#define HWP_REPORTS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/out.h"

/* Valid UTF-8: every byte that isn't part of a well-formed sequence becomes U+FFFD. */
char *hwp_text_utf8(const char *s);

/* That, and fit for a terminal: control characters (C0, DEL, C1, and the bidirectional overrides)
 * become "\xNN" or "\u{N}", tabs one space. */
char *hwp_text_printable(const char *s);

/* At most `width` columns, the end cut with "…" where it is longer. */
char *hwp_text_fit(const char *s, size_t width);

/* "1,234,567", or "1234567". */
char *hwp_text_count(uint64_t n, bool big_num);

/* "812 ns", "1.25 ms", "1.02 s", "2 min 3.4 s". */
char *hwp_text_duration(uint64_t ns);

/* Pads with spaces to `width` columns while writing. */
void hwp_text_pad(struct hwp_out *out, const char *s, size_t width, bool right);

enum hwp_color {
    HWP_COLOR_NONE,
    HWP_COLOR_HOT,  /* red: 5 % and more */
    HWP_COLOR_WARM, /* green: 0.5 % and more */
    HWP_COLOR_DIM,
    HWP_COLOR_BOLD,
    HWP_COLOR_WARN, /* yellow */
    HWP_COLOR_MARK, /* magenta: atomics */
};

enum hwp_color hwp_color_of_percent(double percent);

/* Escapes, if the sink wants colour. */
void hwp_color_begin(struct hwp_out *out, enum hwp_color color);
void hwp_color_end(struct hwp_out *out, enum hwp_color color);

#endif
