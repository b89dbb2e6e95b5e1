/* Tables of colours that stand for classes: "000000,ff0000,00ff00". */
#include "septum/image.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Six hexadecimal digits, behind a # or not. */
static bool parse_colour(const char *text, size_t length, uint32_t *colour)
{
    char digits[7] = {0};

    if (length == 7 && text[0] == '#')
        text++;
    else if (length != 6)
        return false;
    memcpy(digits, text, 6);
    for (int i = 0; i < 6; i++)
        if (!isxdigit((unsigned char)digits[i]))
            return false;
    *colour = (uint32_t)strtoul(digits, NULL, 16);
    return true;
}

static sep_status add_colour(const char *text, size_t length, sep_label_colours *colours)
{
    uint32_t colour;

    if (!parse_colour(text, length, &colour))
        return sep_fail(SEP_ERR_ARGUMENT, "'%.*s' is no colour: six hexadecimal digits are wanted, as in ff8000",
                        (int)length, text);
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
    colours->count = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        SEP_TRY(add_colour(text, length, colours));
        if (text[length] == '\0')
            return SEP_OK;
        text += length + 1;
        text += strspn(text, " ");
    }
}
