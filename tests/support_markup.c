/* A checker of markup that knows elements, attributes and entities: enough of XML for what septum writes. */
#include "support_markup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

enum { DEEPEST = 64 };

typedef struct reader {
    const char *at;
    int depth;
    const char *open[DEEPEST]; /* names of the elements not yet closed */
    size_t length[DEEPEST];
} reader;

static void expect(const reader *r, int condition, const char *what)
{
    if (!condition)
        fail_msg("%s, at: %.60s", what, r->at);
}

static size_t name_length(const char *at)
{
    size_t length = 0;
    while (isalnum((unsigned char)at[length]) || strchr("-_:.", at[length] ? at[length] : ' '))
        length++;
    return length;
}

static void read_entity(reader *r)
{
    const char *name = r->at[1] == '#' ? r->at + 2 : r->at + 1;
    size_t length = name_length(name);
    expect(r, length > 0 && name[length] == ';', "an '&' that starts no entity");
    r->at = name + length + 1;
}

static void skip_blanks(reader *r)
{
    while (isspace((unsigned char)*r->at))
        r->at++;
}

static void read_attribute(reader *r)
{
    size_t length = name_length(r->at);
    expect(r, length > 0 && r->at[length] == '=' && r->at[length + 1] == '"', "an attribute without a quoted value");
    for (r->at += length + 2; *r->at != '"';)
        if (*r->at == '&')
            read_entity(r);
        else {
            expect(r, *r->at && *r->at != '<', "an attribute without an end");
            r->at++;
        }
    r->at++;
    expect(r, isspace((unsigned char)*r->at) || *r->at == '>' || *r->at == '/', "an attribute that runs into the next");
}

static void read_closing_tag(reader *r)
{
    size_t length = name_length(r->at + 2);
    expect(r, r->depth > 0, "a closing tag that nothing opened");
    r->depth--;
    expect(r, length == r->length[r->depth] && strncmp(r->at + 2, r->open[r->depth], length) == 0,
           "a closing tag of another element");
    r->at += 2 + length;
    expect(r, *r->at == '>', "a closing tag without an end");
    r->at++;
}

static void read_opening_tag(reader *r)
{
    const char *name = r->at + 1;
    size_t length = name_length(name);
    expect(r, length > 0, "a '<' that starts no tag");
    r->at = name + length;
    for (skip_blanks(r); *r->at != '>' && *r->at != '/'; skip_blanks(r))
        read_attribute(r);
    if (*r->at == '/') {
        expect(r, r->at[1] == '>', "a '/' inside a tag");
        r->at += 2;
        return;
    }
    expect(r, r->depth < DEEPEST, "elements too deep");
    r->open[r->depth] = name;
    r->length[r->depth++] = length;
    r->at++;
}

void support_assert_well_formed(const char *markup)
{
    reader r = {.at = markup};
    if (strncmp(r.at, "<!DOCTYPE", 9) == 0)
        r.at = strchr(r.at, '>') + 1;
    while (*r.at) {
        expect(&r, (unsigned char)*r.at >= 0x20 || *r.at == '\n', "a control character");
        if (*r.at == '&')
            read_entity(&r);
        else if (*r.at == '<' && r.at[1] == '/')
            read_closing_tag(&r);
        else if (*r.at == '<')
            read_opening_tag(&r);
        else
            r.at++;
    }
    expect(&r, r.depth == 0, "the end, with elements still open");
}

int support_occurrences(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}
