/* What septum suggest leaves in its folder: label maps to correct beside their images, a table, a page. */
#include "cli/suggest_files.h"

enum { DECIMALS = 4 };

static const char images[] = "images", labels[] = "labels", page[] = "index.html";

static char *path_of(const char *folder, const char *inner, const char *scan)
{
    return sep_format("%s/%s/%s.nii.gz", folder, inner, scan);
}

void sep_suggest_declare(sep_outputs *o, const char *folder, const char *scan)
{
    sep_writes_made(o, path_of(folder, images, scan));
    sep_writes_made(o, path_of(folder, labels, scan));
}

static sep_status make_inner(const char *folder, const char *inner)
{
    char *path = sep_format("%s/%s", folder, inner);
    sep_status status = path != NULL ? sep_make_folders(path) : SEP_ERR_MEMORY;

    sep_free(path);
    return status;
}

sep_status sep_suggest_folders(const char *folder)
{
    SEP_TRY(make_inner(folder, images));
    return make_inner(folder, labels);
}

static sep_status write_files(const sep_suggest_files *f, const sep_suggested *s)
{
    char *image = path_of(f->folder, images, s->scan), *map = path_of(f->folder, labels, s->scan);
    sep_status status = image != NULL && map != NULL ? sep_volume_write(image, s->image) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = sep_labels_write(map, s->labels);
    sep_free(image);
    sep_free(map);
    return status;
}

static void add_row(sep_text *rows, const sep_suggested *s)
{
    sep_text_format(rows, "%d,", s->rank);
    sep_text_csv(rows, s->scan);
    sep_text_add(rows, ",");
    sep_text_csv(rows, s->case_name);
    for (int i = 0; i < 3; i++) {
        const double number[] = {s->score, s->uncertainty, s->distance};
        sep_text_add(rows, ",");
        sep_text_fixed(rows, number[i], DECIMALS);
    }
    sep_text_format(rows, ",%s,", sep_slice_axis_names[s->axis]);
    for (int i = 0; i < s->slices; i++)
        sep_text_format(rows, "%s%d", i == 0 ? "" : " ", s->slice[i]);
    sep_text_add(rows, "\n");
}

sep_status sep_suggest_add(sep_suggest_files *f, const sep_suggested *s)
{
    SEP_TRY(write_files(f, s));
    add_row(&f->rows, s);
    return sep_suggestions_page_add(&f->page, s);
}

static sep_status write_table(sep_suggest_files *f, const char *path)
{
    sep_text text = {.failed = f->rows.failed};

    sep_text_add(&text, "rank,scan,case,score,uncertainty,distance,axis,slices\n");
    sep_text_bytes(&text, f->rows.bytes, f->rows.count);
    return sep_text_write(&text, path);
}

sep_status sep_suggest_finish(sep_suggest_files *f)
{
    char *html = sep_format("%s/%s", f->folder, page), *table = sep_format("%s/" SEP_SUGGEST_TABLE, f->folder);
    sep_status status = html != NULL && table != NULL ? sep_suggestions_page_write(&f->page, html) : SEP_ERR_MEMORY;

    if (status == SEP_OK)
        status = write_table(f, table);
    sep_free(html);
    sep_free(table);
    return status;
}

void sep_suggest_files_free(sep_suggest_files *f)
{
    sep_free(f->rows.bytes);
    sep_suggestions_page_free(&f->page);
}
