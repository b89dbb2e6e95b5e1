/* What an ONNX file says of its model, beside the graph. */
#ifndef SEPTUM_ONNX_METADATA_H
#define SEPTUM_ONNX_METADATA_H

#include "onnx/proto.h"
#include "septum/model.h"

/* Fields of a ModelProto: docs/export.md lists the keys. */
void sep_onnx_metadata(sep_proto *model, const sep_model_info *info, sep_answer answer);

#endif
