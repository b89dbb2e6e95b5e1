/* The wire format of protocol buffers, as far as ONNX files need it: numbers, texts and messages into a buffer that
 * grows. Nothing needs an error check on the way: a buffer that ran out of memory stays so, and says it at the end. */
#ifndef SEPTUM_ONNX_PROTO_H
#define SEPTUM_ONNX_PROTO_H

#include "septum/base.h"

typedef struct sep_proto {
    unsigned char *bytes;
    size_t count, capacity;
    bool failed;
} sep_proto;

void sep_proto_free(sep_proto *to);

/* Field `field` of the message that `to` is. */
void sep_proto_int(sep_proto *to, int field, int64_t value);
void sep_proto_float(sep_proto *to, int field, float value);
void sep_proto_text(sep_proto *to, int field, const char *text);
void sep_proto_bytes(sep_proto *to, int field, const void *bytes, size_t count);
/* A message is a field of another; it is freed. */
void sep_proto_message(sep_proto *to, int field, sep_proto *message);
/* What stands before `count` bytes that are written by themselves. */
void sep_proto_header(sep_proto *to, int field, size_t count);
/* The bytes of `more`, which is freed. */
void sep_proto_join(sep_proto *to, sep_proto *more);

#endif
