/* Option files through inih. inih sees one line at a time from `next_line`, which refuses what inih would join or pass
 * over in silence (bytes that no text has, indented continuations, text after "[section]") and passes lines that are
 * longer than inih's buffer on as continuations, whose values `take_pair` joins. */
#include "base/options_store.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

#define CUT "\001" /* no option file holds it: see check_bytes */

typedef struct option_source {
    sep_options *options;
    const char *name, *next, *end;
    int line;
    const char *rest, *stop;               /* what inih has not seen yet of that line */
    bool wants_pair;                       /* it must hold a pair, and inih has found none yet */
    char value[SEP_OPTION_LINE_LIMIT + 1]; /* the pair's value, as far as inih has seen it */
    sep_status status;                     /* of the first failure; nothing more is read after it */
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

static sep_status fail_line(const option_source *source)
{
    return sep_fail(SEP_ERR_FORMAT, "%s:%d: is neither [section] nor key = value", source->name, source->line);
}

static void check_section_line(option_source *source, const char *line, size_t length)
{
    const char *close = memchr(line, ']', length), *stop = line + length;

    if (source->status != SEP_OK || length == 0 || line[0] != '[')
        return;
    const char *rest = close ? close + 1 : stop;
    while (rest < stop && is_blank(*rest))
        rest++;
    if (!close)
        source->status = fail_line(source);
    else if (rest < stop && *rest != ';' && *rest != '#')
        source->status =
            sep_fail(SEP_ERR_FORMAT, "%s:%d: text after the section's ']': put it on a line of its own, as key = value",
                     source->name, source->line);
}

/* Length of a line without its comment (which inih would look for in each piece anew) and the blanks before it. */
static size_t length_of_text(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((line[i] == ';' && (i == 0 || is_blank(line[i - 1]))) || (line[i] == '#' && i == 0))
            length = i;
    while (length > 0 && is_blank(line[length - 1]))
        length--;
    return length;
}

/* Takes the next line into rest .. stop. */
static void begin_line(option_source *source)
{
    const char *line = source->next;
    const char *newline = memchr(line, '\n', (size_t)(source->end - line));
    const char *stop = newline ? newline : source->end;

    source->line++;
    source->next = newline ? newline + 1 : source->end;
    while (line < stop && is_blank(*line))
        line++;
    check_bytes(source, line, (size_t)(stop - line));

    size_t length = length_of_text(line, (size_t)(stop - line));
    check_section_line(source, line, length);
    if (source->status == SEP_OK && length > SEP_OPTION_LINE_LIMIT)
        source->status = sep_fail(SEP_ERR_FORMAT, "%s:%d: is %zu bytes long, %d are possible", source->name,
                                  source->line, length, SEP_OPTION_LINE_LIMIT);
    source->rest = line;
    source->stop = line + length;
    source->wants_pair = length > 0 && line[0] != '[';
    source->value[0] = '\0';
}

static void check_pair(option_source *source)
{
    if (source->status == SEP_OK && source->wants_pair)
        source->status = fail_line(source);
}

/* What inih calls for each line: like fgets. The rest of a long line follows as continuations, which a blank in front
 * makes them; a mark at each cut keeps inih from taking blanks or a comment's sign there for more than text. */
static char *next_line(char *buffer, int size, void *stream)
{
    option_source *source = stream;
    bool goes_on = source->rest < source->stop;

    check_pair(source);
    if (!goes_on && source->status == SEP_OK && source->next < source->end)
        begin_line(source);
    else if (!goes_on)
        return NULL;
    if (source->status != SEP_OK)
        return NULL;

    size_t left = (size_t)(source->stop - source->rest), room = (size_t)size - sizeof " " CUT CUT "\n";
    size_t length = left < room ? left : room;
    snprintf(buffer, (size_t)size, "%s%.*s%s\n", goes_on ? " " CUT : "", (int)length, source->rest,
             length < left ? CUT : "");
    source->rest += length;
    return buffer;
}

static void append_value(option_source *source, const char *piece)
{
    size_t used = strlen(source->value);

    piece += piece[0] == CUT[0];
    snprintf(source->value + used, sizeof source->value - used, "%.*s", (int)strcspn(piece, CUT), piece);
}

/* What inih calls for each pair, or piece of its value; 0 stands for failure. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
    option_source *source = user;

    if (!name) /* some builds of inih announce sections */
        return 1;
    if (source->status != SEP_OK)
        return 0;
    source->wants_pair = false;
    if (value)
        append_value(source, value);
    if (source->rest < source->stop)
        return 1;

    const char *where = sep_arena_format(source->options->arena, "%s:%d", source->name, source->line);
    source->status = where ? sep_option_put(source->options, section, name, source->value, where) : SEP_ERR_MEMORY;
    return source->status == SEP_OK;
}

static sep_status load_bytes(sep_options *options, const char *name, const char *text, size_t count)
{
    const char *start = text + sep_mark_length(text, count);
    option_source source = {.options = options, .name = name, .next = start, .end = text + count};

    options->load++;
    if (ini_parse_stream(next_line, &source, take_pair, &source) == -2)
        return sep_fail(SEP_ERR_MEMORY, "%s: out of memory", name);
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
