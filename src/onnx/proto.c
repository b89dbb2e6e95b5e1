/* The wire format of protocol buffers: https://protobuf.dev/programming-guides/encoding */
#include "onnx/proto.h"

#include <string.h>

enum { VARINT = 0, LENGTH = 2, FIXED32 = 5 };

static unsigned char *extend(sep_proto *to, size_t count)
{
    if (to->failed)
        return NULL;
    if (to->capacity - to->count < count) {
        size_t capacity = 2 * to->capacity + count + 64;
        unsigned char *grown = sep_grown(to->bytes, to->count, capacity, 1);
        if (grown == NULL) {
            to->failed = true;
            return NULL;
        }
        to->bytes = grown;
        to->capacity = capacity;
    }
    to->count += count;
    return to->bytes + to->count - count;
}

static void append(sep_proto *to, const void *bytes, size_t count)
{
    unsigned char *room = count > 0 ? extend(to, count) : NULL;

    if (room != NULL)
        memcpy(room, bytes, count);
}

/* Seven bits a byte, the lowest first; the eighth says that more follow. */
static void varint(sep_proto *to, uint64_t value)
{
    unsigned char bytes[10];
    size_t count = 0;

    do {
        bytes[count++] = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value > 0);
    append(to, bytes, count);
}

static void tag(sep_proto *to, int field, int kind)
{
    varint(to, (uint64_t)field << 3 | (uint64_t)kind);
}

void sep_proto_free(sep_proto *to)
{
    sep_free(to->bytes);
    *to = (sep_proto){0};
}

void sep_proto_int(sep_proto *to, int field, int64_t value)
{
    tag(to, field, VARINT);
    varint(to, (uint64_t)value);
}

void sep_proto_float(sep_proto *to, int field, float value)
{
    tag(to, field, FIXED32);
    append(to, &value, sizeof value);
}

void sep_proto_header(sep_proto *to, int field, size_t count)
{
    tag(to, field, LENGTH);
    varint(to, count);
}

void sep_proto_join(sep_proto *to, sep_proto *more)
{
    append(to, more->bytes, more->count);
    to->failed |= more->failed;
    sep_proto_free(more);
}

void sep_proto_bytes(sep_proto *to, int field, const void *bytes, size_t count)
{
    sep_proto_header(to, field, count);
    append(to, bytes, count);
}

void sep_proto_text(sep_proto *to, int field, const char *text)
{
    sep_proto_bytes(to, field, text, strlen(text));
}

void sep_proto_message(sep_proto *to, int field, sep_proto *message)
{
    sep_proto_header(to, field, message->count);
    sep_proto_join(to, message);
}
