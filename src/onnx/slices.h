/* What stands around the networks in a graph that takes whole slices: intensities, resizing, softmax, and back. */
#ifndef SEPTUM_ONNX_SLICES_H
#define SEPTUM_ONNX_SLICES_H

#include "onnx/writer.h"
#include "septum/onnx.h"

/* The patches [slices, H, W, channels] of the graph's inputs, which are made here. */
sep_onnx_name sep_onnx_slices_in(sep_onnx_writer *w, const sep_model_info *info, const sep_onnx_options *options);
/* From mean logits [slices, H, W, classes] to the graph's outputs. */
void sep_onnx_slices_out(sep_onnx_writer *w, const sep_model_info *info, const sep_onnx_options *options,
                         sep_onnx_name logits);

#endif
