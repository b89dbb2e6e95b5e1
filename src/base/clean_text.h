/* Text from files, file names among it, that is shown: it must not steer a terminal. */
#ifndef SEPTUM_BASE_CLEAN_TEXT_H
#define SEPTUM_BASE_CLEAN_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The length of the UTF-8 sequence that starts here, 0 where there is none. */
size_t sep_utf8_length(const char *at);

bool sep_is_utf8(const char *text);

/* Whether a sequence of that length steers rather than shows: the controls of ASCII (line ends and tabs among them) and
 * of Latin-1, which terminals obey too, line and paragraph separators, and marks that turn the direction of writing. */
bool sep_is_control(const char *at, size_t length);

/* Puts '?' in the place of controls and of bytes that are not UTF-8. */
void sep_clean_text(char *text);

#endif
