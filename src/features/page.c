/* The page of a space of features: both pictures, and how well the classes keep apart. */
#include "features/view.h"

#include "report/page.h"

static void put_head(sep_text *text, const sep_feature_view *view)
{
    sep_page_open(text, NULL, view->model, "space of features");
    sep_text_format(text, "<p>%s%d, the map at %s size: %d points of %d channels, coloured by %s.</p>\n",
                    view->answer.average ? "Moving average of student " : "Student ", view->answer.student, view->map,
                    view->count, view->channels,
                    view->by_prediction ? "the class that the network predicts" : "their reference label");
}

static void put_picture(sep_text *text, char *svg, const char *caption)
{
    sep_text_add(text, "<div class=\"card\">");
    sep_text_add(text, svg != NULL ? svg : "");
    sep_text_format(text, "<p class=\"soft small\">%s</p></div>\n", caption);
    text->failed = text->failed || svg == NULL;
    sep_free(svg);
}

static void put_pictures(sep_text *text, const sep_feature_view *view)
{
    sep_text caption = {0};

    sep_text_add(&caption, "Who was near in the space is near here; size of and distance between groups say little. "
                           "Perplexity ");
    sep_text_number(&caption, view->tsne.perplexity, 1);
    sep_text_add(&caption, ", Kullback-Leibler divergence ");
    sep_text_fixed(&caption, view->tsne.divergence, 3);
    sep_text_add(&caption, ".");
    char *words = sep_text_take(&caption);
    sep_text_add(text, "<div class=\"plots\">\n");
    put_picture(text, sep_feature_tsne_svg(view, false), words != NULL ? words : "");
    put_picture(text, sep_feature_pca_svg(view, false), "The two directions in which the features differ most.");
    sep_text_add(text, "</div>\n");
    text->failed = text->failed || words == NULL;
    sep_free(words);
}

static void put_row(sep_text *text, const char *name, int points, double silhouette)
{
    sep_text_add(text, "<tr><th>");
    sep_text_escape(text, name);
    sep_text_format(text, "</th><td class=\"n\">%d</td><td class=\"n\">", points);
    sep_text_fixed(text, silhouette, 3);
    sep_text_add(text, "</td></tr>\n");
}

static void put_table(sep_text *text, const sep_feature_view *view)
{
    sep_text_add(text,
                 "<h2>Silhouettes</h2>\n<p>How much nearer a point is to the others of its class than to those of "
                 "the nearest other class, in the space of features brought to length 1. 1: far from all other "
                 "classes; 0: between two; below 0: nearer to another.</p>\n<div class=\"card\"><table>\n<thead>"
                 "<tr><th>class</th><th class=\"n\">points</th><th class=\"n\">silhouette</th></tr></thead>\n"
                 "<tbody>\n");
    for (int c = 0; c < view->classes; c++)
        if (view->silhouettes.points[c] > 0)
            put_row(text, view->class_name[c], view->silhouettes.points[c], view->silhouettes.of_class[c]);
    put_row(text, "all", view->count, view->silhouettes.mean);
    sep_text_add(text, "</tbody>\n</table></div>\n");
}

char *sep_feature_page(const sep_feature_view *view)
{
    sep_text text = {0};

    put_head(&text, view);
    put_pictures(&text, view);
    put_table(&text, view);
    sep_page_close(&text);
    return sep_text_take(&text);
}
