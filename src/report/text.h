/* A text that grows: what pages, plots and tables are written into. A failed allocation is remembered, further calls do
 * nothing, and sep_text_take tells at the end; so nobody checks every line. */
#ifndef SEPTUM_REPORT_TEXT_H
#define SEPTUM_REPORT_TEXT_H

#include "septum/base.h"

typedef struct sep_text {
    char *bytes;
    size_t count, capacity;
    bool failed;
} sep_text;

void sep_text_add(sep_text *text, const char *more);
void sep_text_bytes(sep_text *text, const char *bytes, size_t count);
/* Not for floating-point numbers, whose decimal point depends on the locale: see sep_text_fixed. */
void sep_text_format(sep_text *text, const char *format, ...) SEP_PRINTF(2, 3);
/* For HTML and XML, between tags and inside quotes; control characters become blanks, bytes that are not UTF-8 a
 * replacement character. NULL adds nothing. */
void sep_text_escape(sep_text *text, const char *raw);
/* As a JSON string, quotes included; as a field of a CSV row (RFC 4180), quoted where it must be. Control characters
 * become blanks, but for line ends in JSON. */
void sep_text_json(sep_text *text, const char *raw);
void sep_text_csv(sep_text *text, const char *raw);
void sep_text_base64(sep_text *text, const void *bytes, size_t count);
/* With exactly `decimals` (0 to 9) digits after the point; "-" where the number is not finite. */
void sep_text_fixed(sep_text *text, double value, int decimals);
/* The same without trailing zeros. */
void sep_text_number(sep_text *text, double value, int decimals);

/* The text, freed with sep_free by the caller; NULL (with the error text set) when there was no memory for it. */
char *sep_text_take(sep_text *text);
/* The same into a file, which takes the place of one that is there when it is whole; `path` NULL:
 * there was no memory for it. */
sep_status sep_text_write(sep_text *text, const char *path) SEP_MUST_CHECK;

#endif
