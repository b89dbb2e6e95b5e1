/* The status of a call and the one line of text that explains it, kept per thread. */
#include "septum/base.h"

#include "base/clean_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ERROR_TEXT_SIZE 1024

static _Thread_local char error_text[ERROR_TEXT_SIZE];

sep_status sep_fail(sep_status code, const char *format, ...)
{
    /* The arguments may point into the text now held, so the new one is made beside it. */
    char text[ERROR_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    sep_clean_text(text); /* names from files end up in it: it must stay one line and must not steer a terminal */
    memcpy(error_text, text, sizeof text);
    return code;
}

sep_status sep_fail_within(sep_status code, const char *format, ...)
{
    char text[ERROR_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return sep_fail(code, "%s: %s", text, error_text);
}

const char *sep_error_text(void)
{
    return error_text;
}
