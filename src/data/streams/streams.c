/* What all streams have in common. */
#include "septum/streams.h"

bool sep_stream_request_equal(const sep_stream_request *a, const sep_stream_request *b)
{
    return a->stream == b->stream && a->rows == b->rows && a->view.number == b->view.number &&
           a->view.strong == b->view.strong && a->view.own_geometry == b->view.own_geometry &&
           a->match.partner == b->match.partner && a->match.slots == b->match.slots &&
           a->match.shrink == b->match.shrink && a->match.same_patient == b->match.same_patient;
}

int sep_rows_count(sep_rows rows, int labelled, int unlabelled)
{
    return (rows != SEP_ROWS_UNLABELLED ? labelled : 0) + (rows != SEP_ROWS_LABELLED ? unlabelled : 0);
}

bool sep_rows_find(sep_rows rows, int labelled, int position, int *row)
{
    *row = rows == SEP_ROWS_UNLABELLED ? position - labelled : position;
    return rows == SEP_ROWS_ALL || (position < labelled) == (rows == SEP_ROWS_LABELLED);
}
