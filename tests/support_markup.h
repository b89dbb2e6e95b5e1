/* Whether a page or picture is well-formed markup. */
#ifndef SEPTUM_TESTS_SUPPORT_MARKUP_H
#define SEPTUM_TESTS_SUPPORT_MARKUP_H

/* Fails the running test, showing where, unless every tag is closed in order, every attribute is quoted and every '&'
 * starts an entity. A "<!DOCTYPE ...>" may come first. */
void support_assert_well_formed(const char *markup);

/* How often `part` occurs in `text`. */
int support_occurrences(const char *text, const char *part);

#endif
