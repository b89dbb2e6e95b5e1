/* What septum info says of networks. */
#ifndef SEPTUM_CLI_INFO_NET_H
#define SEPTUM_CLI_INFO_NET_H

#include "septum/base.h"

#include <jansson.h>

typedef struct sep_info_net {
    int classes, size, batch;    /* size 0: as published */
    const sep_strings *settings; /* "KEY=VALUE" */
} sep_info_net;

/* Its layers, its size, its settings: printed, or with `root` as JSON. */
sep_status sep_describe_net(const char *name, const sep_info_net *asked, json_t **root) SEP_MUST_CHECK;
/* Which there are. */
void sep_list_nets(json_t **root);

#endif
