/* What augmentation drew for a sample, in words. */
#ifndef SEPTUM_REPORT_SAMPLE_DRAWN_H
#define SEPTUM_REPORT_SAMPLE_DRAWN_H

#include "report/text.h"
#include "septum/streams.h"

/* HTML. Height and width are those of the sample's slice. */
void sep_text_drawn(sep_text *text, const sep_sample *sample, int height, int width);

#endif
