/* Tables of colours that stand for classes: "000000,ff0000,00ff00". */
#include "septum/image.h"

#include <ctype.h>
#include <stdlib.h>

/* Six hexadecimal digits, behind a # or not. */
static bool parse_colour(const char *text, uint32_t *colour)
{
    if (text[0] == '#')
        text++;
    for (int i = 0; i < 6; i++)
        if (!isxdigit((unsigned char)text[i]))
            return false;
    *colour = (uint32_t)strtoul(text, NULL, 16);
    return text[6] == '\0';
}

static sep_status add_colour(const char *text, sep_label_colours *colours)
{
    uint32_t colour;

    if (!parse_colour(text, &colour))
        return sep_fail(SEP_ERR_ARGUMENT, "'%s' is no colour: six hexadecimal digits are wanted, as in ff8000", text);
    for (int n = 0; n < colours->count; n++)
        if (colours->colour[n] == colour)
            return sep_fail(SEP_ERR_ARGUMENT, "the colour %06x stands for two classes, %d and %d", (unsigned)colour, n,
                            colours->count);
    if (colours->count == SEP_MOST_LABEL_COLOURS)
        return sep_fail(SEP_ERR_ARGUMENT, "more than %d colours: there are no more classes", SEP_MOST_LABEL_COLOURS);
    colours->colour[colours->count++] = colour;
    return SEP_OK;
}

sep_status sep_label_colours_parse(const char *text, sep_label_colours *colours)
{
    sep_strings words = {0};
    sep_status status = sep_strings_split(&words, text);

    colours->count = 0;
    for (int i = 0; i < words.count && status == SEP_OK; i++)
        status = add_colour(words.item[i], colours);
    sep_strings_free(&words);
    return status;
}
