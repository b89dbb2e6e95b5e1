/* Whether labels tell left from right: then a mirrored picture with the same labels would be a lie. */
#include "plan/choices.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

/* ---- by their names ---------------------------------------------------------------------------------------------- */

/* "left" in "left kidney" or "Kidney_Left", not in "cleft". */
static bool has_word(const char *name, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = name; *at != '\0'; at++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)at[i]) == word[i])
            i++;
        if (i == length && (at == name || !isalpha((unsigned char)at[-1])) && !isalpha((unsigned char)at[length]))
            return true;
    }
    return false;
}

/* What is left of a name without the side. */
static void without_side(const char *name, const char *word, char rest[128])
{
    const size_t length = strlen(word);
    size_t count = 0;

    for (const char *at = name; *at != '\0' && count < 127; at++) {
        size_t i = 0;
        while (i < length && tolower((unsigned char)at[i]) == word[i])
            i++;
        if (i == length)
            at += length - 1;
        else
            rest[count++] = (char)tolower((unsigned char)*at);
    }
    rest[count] = '\0';
}

/* Two of a kind, "left kidney" and "right kidney". The ventricles of a heart are two kinds: see by_place. */
static bool are_sides(const char *left, const char *right)
{
    char a[128], b[128];

    if (!has_word(left, "left") || !has_word(right, "right"))
        return false;
    without_side(left, "left", a);
    without_side(right, "right", b);
    return strcmp(a, b) == 0 && strstr(a, "ventric") == NULL && strstr(a, "atri") == NULL;
}

/* ---- by their places --------------------------------------------------------------------------------------------- */

static double centre(const sep_surveyed *scan, int class, int axis)
{
    return scan->part[class].centre[axis];
}

/* Whether mirroring puts each of the two near to where the other was, and both are of about one size. */
static bool change_places(const sep_surveyed *scan, int a, int b, int axis)
{
    const double apart = fabs(centre(scan, a, axis) - centre(scan, b, axis));
    const double middle = fabs(centre(scan, a, axis) + centre(scan, b, axis));
    const double across = fabs(centre(scan, a, 1 - axis) - centre(scan, b, 1 - axis));
    const double ratio = (double)scan->part[a].voxels / (double)scan->part[b].voxels;

    return apart > 0.1 && middle < 0.5 * apart && across < 0.5 * apart && ratio > 1.0 / 3 && ratio < 3;
}

/* In nearly all labelled scans that have both, and always the same way round. */
static bool always_change_places(const sep_survey *survey, int a, int b, int axis)
{
    int both = 0, places = 0, ahead = 0;

    for (int i = 0; i < survey->scans; i++) {
        const sep_surveyed *scan = &survey->scan[i];

        if (scan->use != SEP_USE_LABELLED || scan->part == NULL || !scan->part[a].voxels || !scan->part[b].voxels)
            continue;
        both++;
        places += change_places(scan, a, b, axis);
        ahead += centre(scan, a, axis) > centre(scan, b, axis);
    }
    return both > 0 && 10 * places >= 9 * both && (10 * ahead <= both || 10 * ahead >= 9 * both);
}

static void set(const sep_survey *survey, int a, int b, int axis, sep_facts *facts)
{
    facts->sided[axis] = true;
    facts->sided_class[axis][0] = survey->class_name[a];
    facts->sided_class[axis][1] = survey->class_name[b];
}

void sep_facts_find_sides(const sep_survey *survey, sep_facts *facts)
{
    for (int a = 1; a < survey->classes; a++)
        for (int b = 1; b < survey->classes; b++) {
            const bool named = a != b && are_sides(survey->class_name[a], survey->class_name[b]);

            facts->sided_by_name = facts->sided_by_name || named;
            for (int axis = 0; axis < 2; axis++)
                if (named || (a < b && !facts->sided[axis] && always_change_places(survey, a, b, axis)))
                    set(survey, a, b, axis, facts);
        }
}
