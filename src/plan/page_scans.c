/* Pictures of labelled slices, and the table of all scans. */
#include "plan/page.h"

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static sep_status draw(const sep_plan_view *view, int i, sep_picture *picture)
{
    const sep_volume *slice = &view->survey->shown_image[i];
    const float *quantile = view->survey->scan[view->survey->shown_scan[i]].image[0];
    const float opacity = 0.38F;
    enum { SMALL = 160 };
    const int zoom = slice->width < SMALL ? SMALL / slice->width + 1 : 1;
    const size_t pixels = (size_t)slice->height * (size_t)slice->width;
    uint8_t *classes = sep_calloc(pixels, 1);

    if (classes == NULL)
        return SEP_ERR_MEMORY;
    for (size_t k = 0; k < pixels; k++)
        classes[k] = sep_labels_ignore(&view->survey->shown_label[i], k) ? 0 : view->survey->shown_label[i].data[k];
    const sep_status status = sep_picture_overlay(slice->data, classes, slice->height, slice->width, quantile[1],
                                                  quantile[SEP_QUANTILES - 2], opacity, zoom < 8 ? zoom : 8, picture);
    sep_free(classes);
    return status;
}

static void put_picture(sep_plan_view *view, int i)
{
    sep_text *text = &view->page.text;
    sep_picture picture = {0};
    const sep_status drawn = draw(view, i, &picture);

    sep_text_add(text, "<figure class=\"card\"><figcaption class=\"soft\">");
    sep_text_escape(text, view->survey->scan[view->survey->shown_scan[i]].entry->name);
    sep_text_format(text, "</figcaption><img width=\"%d\" height=\"%d\" alt=\"labelled slice\" src=\"", picture.width,
                    picture.height);
    if (drawn != SEP_OK || sep_page_image(text, &picture) != SEP_OK)
        text->failed = true;
    sep_text_add(text, "\"/></figure>\n");
    sep_picture_free(&picture);
}

void sep_plan_put_pictures(sep_plan_view *view)
{
    if (view->survey->shown == 0)
        return;
    sep_page_heading(
        &view->page, "Labelled slices",
        view->survey->channels == 1
            ? "As they are stored: of each scan the slice with the most labelled pixels."
            : "As they are stored, the first channel: of each scan the slice with the most labelled pixels.");
    sep_page_class_key(&view->page.text, view->survey->class_name, view->survey->classes);
    sep_text_add(&view->page.text, "<div class=\"strips\">\n");
    for (int i = 0; i < view->survey->shown; i++)
        put_picture(view, i);
    sep_text_add(&view->page.text, "</div>\n");
}

/* ---- all scans --------------------------------------------------------------------------------------------------- */

static void put_number(sep_text *text, double value)
{
    sep_text_add(text, "<td class=\"n\">");
    sep_text_number(text, value, 3);
    sep_text_add(text, "</td>");
}

/* Below each other where there are several channels. */
static void put_quantile(sep_plan_view *view, const sep_surveyed *scan, int k)
{
    sep_text *text = &view->page.text;

    sep_text_add(text, "<td class=\"n\">");
    for (int c = 0; c < view->survey->channels; c++) {
        sep_text_add(text, c > 0 ? "<br/>" : "");
        sep_text_number(text, (double)scan->image[c][k], 3);
    }
    sep_text_add(text, "</td>");
}

static void put_scan(sep_plan_view *view, const sep_surveyed *scan)
{
    sep_text *text = &view->page.text;
    const sep_orientation orientation = sep_orientation_of(&scan->grid);
    char code[4];

    sep_orientation_code(&orientation, code);
    sep_text_add(text, "<tr>");
    sep_page_cell(&view->page, scan->entry->name);
    sep_page_cell(&view->page, sep_use_names[scan->use]);
    sep_text_format(text, "<td class=\"n\">%d x %d x %d</td>", sep_surveyed_size(scan, 2), sep_surveyed_size(scan, 1),
                    sep_surveyed_size(scan, 0));
    for (int axis = 2; axis >= 0; axis--)
        put_number(text, scan->grid.has_geometry ? (double)sep_surveyed_spacing(scan, axis) : 0);
    sep_page_cell(&view->page, orientation.known ? code : "");
    for (int k = 0; k < 3; k++)
        put_quantile(view, scan, k == 0 ? 1 : k == 1 ? SEP_QUANTILES / 2 : SEP_QUANTILES - 2);
    sep_text_add(text, "</tr>\n");
}

void sep_plan_put_scans(sep_plan_view *view)
{
    sep_text *text = &view->page.text;

    sep_text_add(text, "<details><summary>All scans</summary>\n<div class=\"card\"><table><thead><tr><th>scan</th>"
                       "<th>use</th><th>slices x rows x columns</th><th colspan=\"3\">mm</th><th>stored as</th>"
                       "<th colspan=\"3\">percentiles 0.5, 50, 99.5</th></tr></thead>\n<tbody>\n");
    for (int i = 0; i < view->survey->scans; i++)
        put_scan(view, &view->survey->scan[i]);
    sep_text_add(text, "</tbody></table></div></details>\n");
}
