/* Option files through inih. inih sees one line at a time from `next_line`, which refuses what inih would cut, join or
 * pass over in silence: long lines, bytes that no text has, indented continuations and text after "[section]". */
#include "base/options_store.h"

#include <ini.h>
#include <string.h>

typedef struct option_source {
    sep_options *options;
    const char *name, *next, *end;
    int line;
    sep_status status; /* of the first failure; nothing more is read after it */
} option_source;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void check_bytes(option_source *source, const char *line, size_t length)
{
    for (size_t i = 0; i < length && source->status == SEP_OK; i++)
        if ((unsigned char)line[i] < ' ' && !is_blank(line[i]))
            source->status = sep_fail(SEP_ERR_FORMAT, "%s:%d: holds the byte 0x%02x: this is no option file",
                                      source->name, source->line, (unsigned)(unsigned char)line[i]);
}

static void check_section_line(option_source *source, const char *line, size_t length)
{
    const char *close = memchr(line, ']', length), *stop = line + length;

    if (source->status != SEP_OK || length == 0 || line[0] != '[' || !close)
        return;
    const char *rest = close + 1;
    while (rest < stop && is_blank(*rest))
        rest++;
    if (rest < stop && *rest != ';' && *rest != '#')
        source->status =
            sep_fail(SEP_ERR_FORMAT, "%s:%d: text after the section's ']': put it on a line of its own, as key = value",
                     source->name, source->line);
}

/* What inih calls for each line: like fgets. */
static char *next_line(char *buffer, int size, void *stream)
{
    option_source *source = stream;

    if (source->next >= source->end || source->status != SEP_OK)
        return NULL;
    source->line++;

    const char *line = source->next;
    const char *newline = memchr(line, '\n', (size_t)(source->end - line));
    const char *stop = newline ? newline : source->end;
    source->next = newline ? newline + 1 : source->end;
    while (line < stop && is_blank(*line))
        line++;

    size_t length = (size_t)(stop - line);
    check_bytes(source, line, length);
    check_section_line(source, line, length);
    if (source->status == SEP_OK && length + 3 > (size_t)size)
        source->status = sep_fail(SEP_ERR_FORMAT, "%s:%d: is %zu bytes long, %d are possible", source->name,
                                  source->line, length, size - 3);
    if (source->status != SEP_OK)
        return NULL;
    memcpy(buffer, line, length);
    memcpy(buffer + length, "\n", 2);
    return buffer;
}

/* What inih calls for each pair; 0 stands for failure. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
    option_source *source = user;

    if (!name) /* some builds of inih announce sections */
        return 1;
    if (source->status != SEP_OK)
        return 0;

    const char *where = sep_arena_format(source->options->arena, "%s:%d", source->name, source->line);
    source->status = where ? sep_option_put(source->options, section, name, value ? value : "", where) : SEP_ERR_MEMORY;
    return source->status == SEP_OK;
}

static sep_status load_bytes(sep_options *options, const char *name, const char *text, size_t count)
{
    option_source source = {.options = options, .name = name, .next = text, .end = text + count};

    options->load++;
    int bad_line = ini_parse_stream(next_line, &source, take_pair, &source);
    if (bad_line == -2)
        return sep_fail(SEP_ERR_MEMORY, "%s: out of memory", name);
    if (bad_line > 0 && (source.status == SEP_OK || bad_line < source.line))
        return sep_fail(SEP_ERR_FORMAT, "%s:%d: is neither [section] nor key = value", name, bad_line);
    return source.status;
}

sep_status sep_options_load_text(sep_options *options, const char *name, const char *text)
{
    return load_bytes(options, name, text, strlen(text));
}

sep_status sep_options_load(sep_options *options, const char *path)
{
    void *text;
    size_t count;

    SEP_TRY(sep_file_read(path, &text, &count));
    sep_status status = load_bytes(options, path, text, count);
    sep_free(text);
    return status;
}
