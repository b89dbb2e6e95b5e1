/* Settings, machine, time and hashes: pairs of a key and a value, of one run in groups or of several side by side. */
#include "report/page.h"

#include <string.h>

static int index_of(const sep_strings *pairs, const char *key)
{
    for (int i = 0; i + 1 < pairs->count; i += 2)
        if (strcmp(pairs->item[i], key) == 0)
            return i;
    return -1;
}

/* ---- pairs out of JSON ------------------------------------------------------------------------------------------- */

enum { DEEPEST = 4 };

static sep_status add_pairs(sep_strings *pairs, const char *key, json_t *value, int depth);

static sep_status add_members(sep_strings *pairs, const char *key, json_t *object, int depth)
{
    const char *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        char *path = sep_format("%s%s%s", key, *key ? "." : "", name);
        sep_status status = path ? add_pairs(pairs, path, value, depth + 1) : SEP_ERR_MEMORY;
        sep_free(path);
        SEP_TRY(status);
    }
    return SEP_OK;
}

static void show_value(sep_text *text, json_t *value)
{
    char *dump;

    if (sep_json_dump(json_incref(value), JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(7), &dump) != SEP_OK)
        text->failed = true;
    else
        sep_text_add(text, dump);
    sep_free(dump);
}

/* A list's items parted by commas, strings without their quotes, anything else as JSON writes it. */
static void show(sep_text *text, json_t *value)
{
    json_t *item;
    size_t i;
    json_array_foreach(value, i, item)
    {
        sep_text_add(text, i ? ", " : "");
        show(text, json_is_array(item) ? NULL : item);
    }
    if (json_is_string(value))
        sep_text_add(text, json_string_value(value));
    else if (value && !json_is_array(value))
        show_value(text, value);
}

/* A key that is there already gets the new value: what finish says comes after what start said. */
static sep_status add_value(sep_strings *pairs, const char *key, json_t *value)
{
    sep_text text = {0};
    show(&text, value);
    char *shown = sep_text_take(&text);
    int i = index_of(pairs, key);
    if (!shown)
        return SEP_ERR_MEMORY;
    if (i >= 0) {
        sep_free(pairs->item[i + 1]);
        pairs->item[i + 1] = shown;
        return SEP_OK;
    }
    sep_status status = sep_strings_add(pairs, key);
    if (status == SEP_OK)
        status = sep_strings_add(pairs, shown);
    sep_free(shown);
    return status;
}

static sep_status add_pairs(sep_strings *pairs, const char *key, json_t *value, int depth)
{
    if (json_is_object(value) && depth < DEEPEST)
        return add_members(pairs, key, value, depth);
    return strcmp(key, "event") == 0 ? SEP_OK : add_value(pairs, key, value);
}

/* What start and finish say, start first. */
static sep_status pairs_of_log(const sep_run_log *log, sep_strings *pairs)
{
    if (log->start)
        SEP_TRY(add_pairs(pairs, "", log->start, 0));
    return log->finish ? add_pairs(pairs, "", log->finish, 0) : SEP_OK;
}

/* ---- one run: groups by what stands before the dot --------------------------------------------------------------- */

static size_t group_length(const char *key)
{
    const char *dot = strrchr(key, '.');
    return dot ? (size_t)(dot - key) : 0;
}

static bool same_group(const char *a, const char *b)
{
    size_t length = group_length(a);
    return length == group_length(b) && strncmp(a, b, length) == 0;
}

/* Whether a pair before number i is of the same group. */
static bool group_is_known(const sep_strings *pairs, int i)
{
    for (int k = 0; k < i; k += 2)
        if (same_group(pairs->item[k], pairs->item[i]))
            return true;
    return false;
}

static void put_group_name(sep_page *page, const char *key)
{
    char *name = sep_format("%.*s", (int)group_length(key), key);
    page->text.failed = page->text.failed || !name;
    if (name && *name) {
        sep_text_add(&page->text, "<h3>");
        sep_text_escape(&page->text, name);
        sep_text_add(&page->text, "</h3>");
    }
    sep_free(name);
}

static void put_pair(sep_page *page, const char *key, const char *value)
{
    size_t group = group_length(key);
    sep_text_add(&page->text, "<tr><th>");
    sep_text_escape(&page->text, key + (group ? group + 1 : 0));
    sep_text_add(&page->text, "</th>");
    sep_page_cell(page, value);
    sep_text_add(&page->text, "</tr>\n");
}

/* All pairs of the group of pair `first`. */
static void put_group(sep_page *page, const sep_strings *pairs, int first)
{
    sep_text_add(&page->text, "<div>");
    put_group_name(page, pairs->item[first]);
    sep_text_add(&page->text, "<table class=\"pairs\"><tbody>\n");
    for (int i = first; i < pairs->count; i += 2)
        if (same_group(pairs->item[i], pairs->item[first]))
            put_pair(page, pairs->item[i], pairs->item[i + 1]);
    sep_text_add(&page->text, "</tbody></table></div>\n");
}

static void put_groups(sep_page *page, const sep_strings *pairs)
{
    sep_text_add(&page->text, "<div class=\"card groups\">\n");
    for (int i = 0; i < pairs->count; i += 2)
        if (!group_is_known(pairs, i))
            put_group(page, pairs, i);
    sep_text_add(&page->text, "</div>\n");
}

/* ---- several runs: a column each --------------------------------------------------------------------------------- */

static const char *value_of(const sep_strings *pairs, const char *key)
{
    int i = index_of(pairs, key);
    return i >= 0 ? pairs->item[i + 1] : NULL;
}

static bool differs(const sep_page *page, const sep_strings *pairs, const char *key)
{
    const char *first = value_of(&pairs[0], key);
    for (int k = 1; k < page->runs; k++) {
        const char *other = value_of(&pairs[k], key);
        if ((first == NULL) != (other == NULL) || (first && strcmp(first, other) != 0))
            return true;
    }
    return false;
}

static void put_row(sep_page *page, const sep_strings *pairs, const char *key)
{
    sep_text_add(&page->text, differs(page, pairs, key) ? "<tr class=\"differs\"><th>" : "<tr><th>");
    sep_text_escape(&page->text, key);
    sep_text_add(&page->text, "</th>");
    for (int k = 0; k < page->runs; k++)
        sep_page_cell(page, value_of(&pairs[k], key));
    sep_text_add(&page->text, "</tr>\n");
}

/* Whether a run before number k has the key, or run k has it earlier on. */
static bool seen_before(const sep_strings *pairs, int k, int i)
{
    for (int earlier = 0; earlier < k; earlier++)
        if (index_of(&pairs[earlier], pairs[k].item[i]) >= 0)
            return true;
    return index_of(&pairs[k], pairs[k].item[i]) < i;
}

static void put_columns(sep_page *page, const sep_strings *pairs)
{
    sep_text_add(&page->text, "<div class=\"card\"><table class=\"pairs\"><thead><tr><th></th>");
    for (int k = 0; k < page->runs; k++) {
        sep_text_add(&page->text, "<th>");
        sep_text_escape(&page->text, page->run[k].name);
        sep_text_add(&page->text, "</th>");
    }
    sep_text_add(&page->text, "</tr></thead><tbody>\n");
    for (int k = 0; k < page->runs; k++)
        for (int i = 0; i < pairs[k].count; i += 2)
            if (!seen_before(pairs, k, i))
                put_row(page, pairs, pairs[k].item[i]);
    sep_text_add(&page->text, "</tbody></table></div>\n");
}

/* ---- sections ---------------------------------------------------------------------------------------------------- */

/* `pairs` holds one list a run. */
static void put_section(sep_page *page, const char *title, const sep_strings *pairs)
{
    int count = 0;
    for (int k = 0; k < page->runs; k++)
        count += pairs[k].count;
    if (!count)
        return;
    sep_page_heading(page, title, page->runs > 1 ? "Rows in which the runs differ are tinted." : NULL);
    if (page->runs == 1)
        put_groups(page, pairs);
    else
        put_columns(page, pairs);
}

static void put_settings(sep_page *page)
{
    sep_strings *pairs = sep_arena_alloc(page->arena, (size_t)page->runs * sizeof(*pairs));
    page->text.failed = page->text.failed || !pairs;
    if (!pairs)
        return;
    for (int k = 0; k < page->runs; k++)
        pairs[k] = page->run[k].settings;
    put_section(page, "Settings", pairs);
}

static void put_facts(sep_page *page)
{
    sep_strings *pairs = sep_arena_alloc(page->arena, (size_t)page->runs * sizeof(*pairs));
    page->text.failed = page->text.failed || !pairs;
    if (!pairs)
        return;
    for (int k = 0; k < page->runs; k++)
        if (pairs_of_log(&page->run[k].log, &pairs[k]) != SEP_OK)
            page->text.failed = true;
    if (!page->text.failed)
        put_section(page, "Machine, time, hashes", pairs);
    for (int k = 0; k < page->runs; k++)
        sep_strings_free(&pairs[k]);
}

void sep_page_details(sep_page *page)
{
    put_settings(page);
    put_facts(page);
}
