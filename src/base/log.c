/* Log lines go to the sink that the program installs, or nowhere. Install it before starting threads. */
#include "septum/base.h"

#include "base/clean_text.h"

#include <stdarg.h>
#include <stdio.h>

static sep_log_sink installed_sink;
static void *installed_context;

void sep_log_set_sink(sep_log_sink sink, void *context)
{
    installed_sink = sink;
    installed_context = context;
}

void sep_log(sep_log_level level, const char *format, ...)
{
    char line[1024];
    va_list arguments;

    if (!installed_sink)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    sep_clean_text(line);
    installed_sink(installed_context, level, line);
}
