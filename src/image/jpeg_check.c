/* Checks on a JPEG file before stb_image sees it, which trusts what a damaged file breaks: that Huffman tables are no
 * longer than the standard allows (versions before 2.29 write beyond their end), that the file goes on to its end
 * marker (the missing part of a truncated one would be filled with grey), and that there is no end of scans, each of
 * which may cost a pass over the picture. ITU-T T.81, annexes B and C.
 *
 * A table is only found where the decoder will find it if the file is walked as the decoder walks it: fill bytes before
 * any marker, padding between segments, no length for markers that have none. The walk ends at the end marker, and at
 * any other that the decoder refuses: no byte behind it will be read. */
#include "image/picture_facts.h"

#include <string.h>

enum {
    MARKER_NONE = 0xff,
    SOF0 = 0xc0,
    SOF1 = 0xc1,
    SOF2 = 0xc2,
    DHT = 0xc4,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    SOS = 0xda,
    DQT = 0xdb,
    DNL = 0xdc,
    DRI = 0xdd,
    APP0 = 0xe0,
    APP1 = 0xe1,
    APP15 = 0xef,
    COM = 0xfe
};

/* Encoders make ten or so. */
#define MOST_SCANS 100

typedef struct walk {
    const uint8_t *bytes;
    size_t count, at;
} walk;

static bool at_end(const walk *w)
{
    return w->at >= w->count;
}

static int next_byte(walk *w)
{
    return at_end(w) ? 0 : w->bytes[w->at++];
}

/* MARKER_NONE where the next byte starts none. */
static int next_marker(walk *w)
{
    int byte = next_byte(w);

    if (byte != 0xff)
        return MARKER_NONE;
    while (byte == 0xff)
        byte = next_byte(w);
    return byte;
}

/* Padding between segments is passed over. MARKER_NONE at the end of the file. */
static int find_marker(walk *w)
{
    int marker = next_marker(w);

    while (marker == MARKER_NONE && !at_end(w))
        marker = next_marker(w);
    return marker;
}

/* Behind the start of a scan: stuffed zeros and restarts belong to the coded data. */
static int find_marker_behind_scan(walk *w)
{
    int marker;

    do
        marker = find_marker(w);
    while (marker == 0 || (marker >= RST0 && marker <= RST7));
    return marker;
}

/* The body of the segment that begins here, of which the walk then is past the end. */
static bool take_segment(walk *w, const uint8_t **body, size_t *bytes)
{
    if (w->count - w->at < 2)
        return false;
    const size_t length = (size_t)w->bytes[w->at] << 8 | w->bytes[w->at + 1];
    if (length < 2 || length > w->count - w->at)
        return false;
    *body = w->bytes + w->at + 2;
    *bytes = length - 2;
    w->at += length;
    return true;
}

/* ---- Huffman tables ---------------------------------------------------------------------------------------------- */

/* The counts of codes of 1 to 16 bits: at most 256 in all, and no more than prefix codes of these lengths there are. Up
 * to 9 bits 255 at most: stb_image looks these up in a table in which 255 means that there is none. */
static bool code_lengths_fit(const uint8_t counts[16], size_t *codes)
{
    size_t room = 1;

    *codes = 0;
    for (int i = 0; i < 16; i++) {
        room *= 2;
        if (counts[i] > room)
            return false;
        room -= counts[i];
        *codes += counts[i];
        if (i < 9 && *codes > 255)
            return false;
    }
    return *codes <= 256;
}

/* One or more tables, each 17 bytes and a byte for each code. */
static bool tables_are_sound(const uint8_t *at, size_t bytes)
{
    for (size_t codes; bytes > 0; at += 17 + codes, bytes -= 17 + codes)
        if (bytes < 17 || !code_lengths_fit(at + 1, &codes) || codes > bytes - 17)
            return false;
    return true;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

static void take_exif(const uint8_t *body, size_t bytes, sep_picture_facts *facts)
{
    if (facts->orientation == 1 && bytes > 6 && memcmp(body, "Exif\0\0", 6) == 0)
        facts->orientation = sep_exif_orientation(body + 6, bytes - 6);
}

static bool has_segment(int marker)
{
    switch (marker) {
    case SOF0:
    case SOF1:
    case SOF2:
    case DHT:
    case SOS:
    case DQT:
    case DNL:
    case DRI:
    case COM:
        return true;
    default:
        return marker >= APP0 && marker <= APP15;
    }
}

static sep_status fail_truncated(const char *path)
{
    return sep_fail(SEP_ERR_FORMAT, "%s: the JPEG ends before its end marker; the file is truncated", path);
}

static sep_status walk_segments(const char *path, walk *w, sep_picture_facts *facts)
{
    const uint8_t *body;
    size_t bytes;
    int scans = 0, marker = find_marker(w);

    while (has_segment(marker)) {
        if (!take_segment(w, &body, &bytes))
            return fail_truncated(path);
        if (marker == DHT && !tables_are_sound(body, bytes))
            return sep_fail(SEP_ERR_FORMAT, "%s: a Huffman table of the JPEG is damaged", path);
        if (marker == APP1)
            take_exif(body, bytes, facts);
        if (marker == SOS && ++scans > MOST_SCANS)
            return sep_fail(SEP_ERR_FORMAT, "%s: the JPEG has more than %d scans; damaged?", path, MOST_SCANS);
        marker = marker == SOS ? find_marker_behind_scan(w) : find_marker(w);
    }
    return marker == MARKER_NONE ? fail_truncated(path) : SEP_OK;
}

sep_status sep_jpeg_check(const char *path, const uint8_t *bytes, size_t count, sep_picture_facts *facts)
{
    walk w = {.bytes = bytes, .count = count};

    *facts = (sep_picture_facts){.orientation = 1};
    return next_marker(&w) == SOI ? walk_segments(path, &w, facts) : SEP_OK;
}
