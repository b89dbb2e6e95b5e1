/* JSON through jansson, with memory that ran out told apart from damage: jansson drops what it has no memory for. Every
 * document is read by sep_json_load and written by sep_json_dump; what lies between is jansson's own interface. */
#ifndef SEPTUM_BASE_JSON_H
#define SEPTUM_BASE_JSON_H

#include "septum/base.h"

#include <jansson.h>

/* Reads a document, an object or an array, with jansson's decoding flags. SEP_ERR_FORMAT where it is no JSON, with the
 * text "line 3: ..." and the place in `*error` (NULL is fine); SEP_ERR_MEMORY where memory ran out. *root is NULL then.
 */
sep_status sep_json_load(const char *text, size_t count, size_t flags, json_error_t *error,
                         json_t **root) SEP_MUST_CHECK;

/* Writes a document, with jansson's encoding flags, and gives it up (json_decref), whatever comes. SEP_ERR_MEMORY where
 * memory ran out now or since the last call, so that a part may be missing; SEP_ERR_FORMAT where `root` is NULL all the
 * same, which jansson makes of text that is not UTF-8. *text is freed with sep_free; controls that terminals obey are
 * written as \uXXXX. */
sep_status sep_json_dump(json_t *root, size_t flags, char **text) SEP_MUST_CHECK;

#endif
