/* UTF-8 without what steers terminals. */
#include "base/clean_text.h"

#include <string.h>

size_t sep_utf8_length(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t length = at[0] < 0x80                    ? 1
                    : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
                    : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                    : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                    : 0;

    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xf0 && at[1] < 0x90);
    bool beyond = (at[0] == 0xed && at[1] >= 0xa0) || (at[0] == 0xf4 && at[1] >= 0x90);
    bool not_a_character = at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe;
    return overlong || beyond || not_a_character ? 0 : length;
}

bool sep_is_utf8(const char *text)
{
    while (*text != '\0' && sep_utf8_length(text) > 0)
        text += sep_utf8_length(text);
    return *text == '\0';
}

bool sep_is_control(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text;

    if (length == 1)
        return at[0] < ' ' || at[0] == 0x7f;
    if (length == 2)
        return at[0] == 0xc2 && at[1] < 0xa0;
    if (length != 3 || at[0] != 0xe2)
        return false;
    return (at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) || (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9);
}

void sep_clean_text(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0';) {
        size_t length = sep_utf8_length(at);
        if (length == 0 || sep_is_control(at, length)) {
            *to++ = '?';
        } else {
            memmove(to, at, length);
            to += length;
        }
        at += length > 0 ? length : 1;
    }
    *to = '\0';
}
