/* Overlays of the best, median and worst case. */
#include "report/page.h"

void sep_page_picture(sep_page *page, const sep_picture_file *picture)
{
    sep_text *text = &page->text;
    sep_text_add(text, "<figure class=\"card\"><figcaption><b>");
    sep_text_escape(text, picture->rank);
    sep_text_add(text, "</b> <span class=\"soft\">");
    sep_text_escape(text, picture->case_name);
    sep_text_add(text, ", Dice ");
    sep_text_fixed(text, picture->mean_dice, 3);
    sep_text_add(text, "</span></figcaption>\n<div class=\"strip\"><div class=\"rows\"><span>reference</span>"
                       "<span>prediction</span></div><img");
    sep_text_format(text, " width=\"%d\" height=\"%d\" alt=\"", picture->width, picture->height);
    sep_text_escape(text, picture->rank);
    sep_text_add(text, " case: reference above, prediction below\" src=\"data:image/png;base64,");
    sep_text_base64(text, picture->png, picture->png_count);
    sep_text_add(text, "\"/></div></figure>\n");
}

void sep_page_pictures(sep_page *page)
{
    bool headed = false;
    for (int k = 0; k < page->runs; k++) {
        const sep_run *run = &page->run[k];
        if (!run->pictures)
            continue;
        if (!headed)
            sep_page_heading(page, "Cases", "The reference in the upper row, the prediction in the lower one.");
        headed = true;
        if (page->runs > 1) {
            sep_text_add(&page->text, "<h3>");
            sep_text_escape(&page->text, run->name);
            sep_text_add(&page->text, "</h3>\n");
        }
        sep_page_key(page, run);
        sep_text_add(&page->text, "<div class=\"strips\">\n");
        for (int i = 0; i < run->pictures; i++)
            sep_page_picture(page, &run->picture[i]);
        sep_text_add(&page->text, "</div>\n");
    }
}
