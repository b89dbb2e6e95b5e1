/* What nodes are built within: scopes, which name tensors and random streams; inference; frozen parameters. */
#include "graph/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sep_scope_push(sep_graph *graph, const char *format, ...)
{
    size_t length = strlen(graph->scope), room = sizeof graph->scope - length;
    va_list arguments;

    va_start(arguments, format);
    int written = vsnprintf(graph->scope + length, room, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written + 2 > room) {
        graph->scope[length] = '\0';
        sep_graph_fail(graph, SEP_ERR_ARGUMENT, "scope names are too long");
        written = 0;
    }
    strcpy(graph->scope + length + written, ".");
}

void sep_scope_pop(sep_graph *graph)
{
    size_t length = strlen(graph->scope);

    while (length > 0 && graph->scope[length - 1] == '.')
        graph->scope[--length] = '\0';
    while (length > 0 && graph->scope[length - 1] != '.')
        graph->scope[--length] = '\0';
}

void sep_inference_push(sep_graph *graph)
{
    graph->inference++;
}

void sep_inference_pop(sep_graph *graph)
{
    graph->inference--;
}

bool sep_builds_training(const sep_graph *graph)
{
    return graph->training && graph->inference == 0;
}

void sep_frozen_push(sep_graph *graph)
{
    graph->frozen++;
}

void sep_frozen_pop(sep_graph *graph)
{
    graph->frozen--;
}

static bool is_taken(const sep_graph *graph, uint32_t stream)
{
    for (int i = 0; i < graph->nodes; i++)
        if (graph->node[i]->stream == stream)
            return true;
    return false;
}

/* The first number of this scope that is free: gradients share the streams of what they belong to. */
uint32_t sep_new_stream(sep_graph *graph)
{
    char name[sizeof graph->scope + 32];

    for (int i = 0;; i++) {
        snprintf(name, sizeof name, "%sdropout_%d", graph->scope, i);
        uint32_t stream = sep_stream(name);
        if (!is_taken(graph, stream))
            return stream;
    }
}
