/* Checks on a JPEG file before stb_image sees it, which trusts two things that a damaged file breaks: that Huffman
 * tables are no longer than the standard allows (versions before 2.29 write beyond their end), and that the file goes
 * on to its end marker (the missing part of a truncated one would be filled with grey). ITU-T T.81, annexes B and C. */
#include "image/picture_decode.h"

enum { MARKER_DHT = 0xc4, MARKER_EOI = 0xd9, MARKER_SOS = 0xda };

/* The counts of codes of 1 to 16 bits: at most 256 in all, and no more than prefix codes of these lengths there are. */
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
    }
    return *codes <= 256;
}

/* The segment whose length stands at `at`: one or more tables, each 17 bytes and a byte for each code. */
static bool tables_are_sound(const uint8_t *bytes, size_t count, size_t at)
{
    if (count - at < 2)
        return false;
    size_t length = (size_t)bytes[at] << 8 | bytes[at + 1], end = at + length, codes;
    if (length < 2 || length > count - at)
        return false;
    for (at += 2; at < end; at += 17 + codes)
        if (end - at < 17 || !code_lengths_fit(bytes + at + 1, &codes) || codes > end - at - 17)
            return false;
    return true;
}

/* Every place where a decoder may find tables. Up to the first scan, segments are skipped by their length. Behind its
 * start nothing is skipped, as the bytes ff c4 can't occur in coded data. */
static bool all_tables_are_sound(const uint8_t *bytes, size_t count)
{
    bool scanning = false;

    for (size_t at = 2; at + 3 < count; at++) {
        uint8_t marker = bytes[at + 1];
        if (bytes[at] != 0xff || marker == 0xff)
            continue;
        if (marker == MARKER_DHT && !tables_are_sound(bytes, count, at + 2))
            return false;
        scanning = scanning || marker == MARKER_SOS;
        if (!scanning)
            at += 1 + ((size_t)bytes[at + 2] << 8 | bytes[at + 3]);
    }
    return true;
}

/* An end marker follows the last start of a scan: a thumbnail, complete with markers of its own, may come before. */
static bool reaches_its_end(const uint8_t *bytes, size_t count)
{
    for (size_t i = count; i-- > 1;) {
        if (bytes[i - 1] != 0xff)
            continue;
        if (bytes[i] == MARKER_EOI)
            return true;
        if (bytes[i] == MARKER_SOS)
            return false;
    }
    return false;
}

const char *sep_jpeg_fault(const uint8_t *bytes, size_t count)
{
    if (!reaches_its_end(bytes, count))
        return "the JPEG ends before its end marker; the file is truncated";
    if (!all_tables_are_sound(bytes, count))
        return "a Huffman table of the JPEG is damaged";
    return NULL;
}
