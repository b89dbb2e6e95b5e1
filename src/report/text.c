/* A text that grows. */
#include "report/text.h"

#include "base/clean_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fail(sep_text *text)
{
    sep_free(text->bytes);
    *text = (sep_text){.failed = true};
}

/* Room for `more` bytes and a zero behind them. */
static bool reserve(sep_text *text, size_t more)
{
    if (text->failed)
        return false;
    if (more < text->capacity - text->count)
        return true;
    size_t capacity = text->capacity ? 2 * text->capacity : 1024;
    while (capacity - text->count <= more && capacity < SIZE_MAX / 4)
        capacity *= 2;
    char *grown = capacity - text->count > more ? sep_calloc(capacity, 1) : NULL;
    if (!grown) {
        fail(text);
        return false;
    }
    if (text->count)
        memcpy(grown, text->bytes, text->count);
    sep_free(text->bytes);
    text->bytes = grown;
    text->capacity = capacity;
    return true;
}

void sep_text_bytes(sep_text *text, const char *bytes, size_t count)
{
    if (!reserve(text, count))
        return;
    memcpy(text->bytes + text->count, bytes, count);
    text->count += count;
    text->bytes[text->count] = '\0';
}

void sep_text_add(sep_text *text, const char *more)
{
    sep_text_bytes(text, more, strlen(more));
}

void sep_text_format(sep_text *text, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int length = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (length < 0)
        fail(text);
    else if (reserve(text, (size_t)length)) {
        vsnprintf(text->bytes + text->count, (size_t)length + 1, format, again);
        text->count += (size_t)length;
    }
    va_end(again);
}

static const char *in_html(unsigned char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
        return "\n";
    default:
        return NULL;
    }
}

static const char *in_json(unsigned char c)
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    default:
        return NULL;
    }
}

static const char *in_csv(unsigned char c)
{
    return c == '"' ? "\"\"" : NULL;
}

/* Copies UTF-8, with what `instead` gives for single bytes in their place. What it does not name and is a control
 * becomes a blank. */
static void copy_replacing(sep_text *text, const char *raw, const char *(*instead)(unsigned char))
{
    for (const char *at = raw; at && *at;) {
        size_t length = sep_utf8_length(at);
        const char *other = length == 0 ? "\xef\xbf\xbd" : length == 1 ? instead((unsigned char)*at) : NULL;
        if (!other && sep_is_control(at, length))
            other = " ";
        if (other)
            sep_text_add(text, other);
        else
            sep_text_bytes(text, at, length);
        at += length ? length : 1;
    }
}

void sep_text_escape(sep_text *text, const char *raw)
{
    copy_replacing(text, raw, in_html);
}

void sep_text_json(sep_text *text, const char *raw)
{
    sep_text_add(text, "\"");
    copy_replacing(text, raw, in_json);
    sep_text_add(text, "\"");
}

/* Blanks at the ends and "#" as in sep_read_lines, which would take them for something else. */
static bool wants_quotes(const char *raw)
{
    const size_t length = strlen(raw);

    return strpbrk(raw, ",\"") || (length > 0 && (strchr("# \t", raw[0]) || strchr(" \t", raw[length - 1])));
}

void sep_text_csv(sep_text *text, const char *raw)
{
    const char *quote = wants_quotes(raw) ? "\"" : "";
    sep_text_add(text, quote);
    copy_replacing(text, raw, in_csv);
    sep_text_add(text, quote);
}

void sep_text_base64(sep_text *text, const void *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *at = bytes;
    if (!reserve(text, count / 3 * 4 + 4))
        return;
    for (size_t i = 0; i < count; i += 3) {
        size_t given = count - i < 3 ? count - i : 3;
        uint32_t word = (uint32_t)at[i] << 16;
        word |= given > 1 ? (uint32_t)at[i + 1] << 8 : 0;
        word |= given > 2 ? at[i + 2] : 0;
        char four[4] = {digits[word >> 18], digits[word >> 12 & 63], given > 1 ? digits[word >> 6 & 63] : '=',
                        given > 2 ? digits[word & 63] : '='};
        sep_text_bytes(text, four, 4);
    }
}

/* Digits of `value` into `out` (48 bytes); false when it is no number that has them. */
static bool write_digits(char *out, double value, int decimals)
{
    double unit = 1;
    for (int i = 0; i < decimals; i++)
        unit *= 10;
    double scaled = floor(fabs(value) * unit + 0.5);
    if (!(scaled < 9e15))
        return false;
    int64_t whole = (int64_t)scaled / (int64_t)unit, part = (int64_t)scaled % (int64_t)unit;
    const char *sign = value < 0 && scaled > 0 ? "-" : "";
    if (decimals == 0)
        snprintf(out, 48, "%s%" PRId64, sign, whole);
    else
        snprintf(out, 48, "%s%" PRId64 ".%0*" PRId64, sign, whole, decimals, part);
    return true;
}

void sep_text_fixed(sep_text *text, double value, int decimals)
{
    char digits[48];
    sep_text_add(text, write_digits(digits, value, decimals) ? digits : "-");
}

void sep_text_number(sep_text *text, double value, int decimals)
{
    char digits[48];
    if (!write_digits(digits, value, decimals)) {
        sep_text_add(text, "-");
        return;
    }
    size_t length = strlen(digits);
    while (decimals > 0 && digits[length - 1] == '0')
        length--;
    if (decimals > 0 && digits[length - 1] == '.')
        length--;
    sep_text_bytes(text, digits, length);
}

char *sep_text_take(sep_text *text)
{
    if (!text->failed && !text->bytes)
        sep_text_add(text, "");
    if (text->failed) {
        fail(text);
        sep_fail(SEP_ERR_MEMORY, "no memory for the text of a report");
        return NULL;
    }
    char *bytes = text->bytes;
    *text = (sep_text){0};
    return bytes;
}

sep_status sep_text_write(sep_text *text, const char *path)
{
    char *bytes = sep_text_take(text);
    sep_status status = bytes && path ? sep_file_write_atomic(path, bytes, strlen(bytes)) : SEP_ERR_MEMORY;

    sep_free(bytes);
    return status;
}
