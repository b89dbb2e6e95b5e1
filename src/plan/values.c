/* How many channels images have, and what is done to the values of each. */
#include "plan/choices.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

/* ---- windows ----------------------------------------------------------------------------------------------------- */

static bool choose_window(const sep_facts *facts, int channel, int window[2])
{
    enum { LOWEST_OF_CT = -100 };
    const sep_channel_facts *own = &facts->channel[channel];

    if (facts->coloured) {
        window[0] = 0;
        window[1] = own->high > UINT8_MAX ? UINT16_MAX : UINT8_MAX;
        return true;
    }
    if (!(own->low <= LOWEST_OF_CT && own->window[0] < own->window[1]))
        return false;
    if (own->window[0] < -SEP_MOST_WINDOW || own->window[1] > SEP_MOST_WINDOW)
        return false;
    window[0] = (int)floor(own->window[0]);
    window[1] = (int)ceil(own->window[1]);
    return true;
}

/* Where a scan's few brightest voxels take so much of its range that what is one tissue would be darker there than in
 * the next scan. */
sep_intensity_kind sep_choose_rule(const sep_facts *facts, int channel, int window[2])
{
    const double least_within = 0.6;

    if (choose_window(facts, channel, window))
        return SEP_INTENSITY_WINDOW;
    return facts->channel[channel].within < least_within ? SEP_INTENSITY_PERCENTILES : SEP_INTENSITY_MIN_MAX;
}

/* "FLAIR, channel 1": those with a window, or those without. */
static const char *name_channels(const sep_facts *facts, bool with_window, sep_arena *arena)
{
    const char *list = "";
    int window[2];

    for (int c = 0; c < facts->channels && list != NULL; c++) {
        const char *name = facts->channel[c].name, *comma = list[0] != '\0' ? ", " : "";
        if ((sep_choose_rule(facts, c, window) == SEP_INTENSITY_WINDOW) == with_window)
            list = name != NULL ? sep_arena_format(arena, "%s%s%s", list, comma, name)
                                : sep_arena_format(arena, "%s%schannel %d", list, comma, c);
    }
    return list != NULL ? list : "";
}

/* Of one channel nothing needs to be called by its name. NULL without memory. */
static const char *why_window(const sep_facts *facts, bool all, sep_arena *arena)
{
    static const char ct[] = "Values far below 0, as Hounsfield units of air have: CT. A window from percentile 0.5 to "
                             "99.5 of the labelled foreground.";

    if (facts->coloured)
        return "Colours stay what they are; stretched one by one they would become others.";
    if (facts->channels == 1)
        return ct;
    if (all)
        return sep_arena_format(arena, "%s Of each channel its own.", ct);
    return sep_arena_format(arena, "%s: %s The other channels (%s) are stretched scan by scan.",
                            name_channels(facts, true, arena), ct, name_channels(facts, false, arena));
}

/* ---- lists with an entry for each channel ------------------------------------------------------------------------ */

typedef struct channel_list {
    char text[SEP_MOST_IMAGE_CHANNELS * 12];
    size_t length;
} channel_list;

static void add_entry(channel_list *list, const char *entry)
{
    const size_t room = sizeof list->text - list->length;
    const int length = snprintf(list->text + list->length, room, "%s%s", list->length > 0 ? ", " : "", entry);

    list->length += length > 0 && (size_t)length < room ? (size_t)length : 0;
}

static void add_number(channel_list *list, int number)
{
    char entry[12];

    snprintf(entry, sizeof entry, "%d", number);
    add_entry(list, entry);
}

/* What stands for a channel without a window is not looked at, but must be one. */
static int list_rules(const sep_facts *facts, channel_list *kinds, channel_list *lows, channel_list *highs)
{
    int windows = 0, window[2];

    for (int c = 0; c < facts->channels; c++) {
        const sep_intensity_kind kind = sep_choose_rule(facts, c, window);
        const bool own = kind == SEP_INTENSITY_WINDOW;

        add_entry(kinds, sep_intensity_names[kind]);
        add_number(lows, own ? window[0] : 0);
        add_number(highs, own ? window[1] : 1);
        windows += own;
    }
    return windows;
}

/* ---- settings ---------------------------------------------------------------------------------------------------- */

/* Of channels without a window. One rule for all is written once. */
static sep_status choose_ranges(const sep_facts *facts, const char *kinds, sep_plan_choices *choices)
{
    int window[2], cut = 0;
    char reason[400];

    for (int c = 0; c < facts->channels; c++)
        cut += sep_choose_rule(facts, c, window) == SEP_INTENSITY_PERCENTILES;
    const bool all = cut == facts->channels;
    if (facts->channels > 1)
        snprintf(reason, sizeof reason,
                 "No Hounsfield units in any channel (nothing far below 0): each channel of a scan is stretched%s.",
                 cut == 0 ? " from its darkest to its brightest voxel"
                 : all    ? " from its percentile 0.5 to 99.5, beyond which a few voxels would take much of the range"
                          : ", where a few voxels would take much of the range from its percentile 0.5 to 99.5");
    else if (all)
        snprintf(
            reason, sizeof reason,
            "No Hounsfield units (nothing far below 0), and the hundredth of voxels that are darkest and brightest "
            "takes up to %.0f %% of a scan's range: each is stretched from its percentile 0.5 to 99.5.",
            100 * (1 - facts->channel[0].within));
    else
        snprintf(reason, sizeof reason,
                 "No Hounsfield units (nothing far below 0): each scan is stretched from its darkest to its brightest "
                 "voxel.");
    return sep_plan_add(choices, "data.intensity", reason, "%s", all ? "percentiles" : cut == 0 ? "min-max" : kinds);
}

static sep_status choose_intensity(const sep_facts *facts, sep_plan_choices *choices)
{
    channel_list kinds = {0}, lows = {0}, highs = {0};
    const int windows = list_rules(facts, &kinds, &lows, &highs);

    if (windows == 0)
        return choose_ranges(facts, kinds.text, choices);
    const char *why = why_window(facts, windows == facts->channels, choices->arena);
    if (why == NULL)
        return SEP_ERR_MEMORY;
    SEP_TRY(sep_plan_add(choices, "data.intensity", why, "%s", windows == facts->channels ? "window" : kinds.text));
    SEP_TRY(sep_plan_add(choices, "data.window_low", NULL, "%s", lows.text));
    return sep_plan_add(choices, "data.window_high", NULL, "%s", highs.text);
}

static sep_status choose_channels(const sep_facts *facts, sep_plan_choices *choices)
{
    if (facts->channels <= 1)
        return SEP_OK;
    const char *why = facts->coloured ? "Most pictures are coloured: red, green, blue. Take 1 for grey."
                                      : "Of each image, on one grid; each is judged by itself.";
    return sep_plan_add(choices, "data.channels", why, "%d", facts->channels);
}

sep_status sep_choose_values(const sep_facts *facts, sep_plan_choices *choices)
{
    SEP_TRY(choose_channels(facts, choices));
    return choose_intensity(facts, choices);
}
