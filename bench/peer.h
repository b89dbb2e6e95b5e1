/* A peer: the same work through oneDNN, in the memory format that it likes best. */
#ifndef SEPTUM_BENCH_PEER_H
#define SEPTUM_BENCH_PEER_H

#include "bench/case.h"
#include "bench/measure.h"

typedef struct bench_peer bench_peer;

/* "oneDNN 2.6.3"; "" in a build without it. */
const char *bench_peer_name(void);
/* Confines the peer to an instruction set. Once in a process, before anything else of the peer. */
sep_status bench_peer_confine(const char *isa) SEP_MUST_CHECK;
/* The peer of a case, with the case's values, for so many threads; *peer is NULL where oneDNN has nothing like it. */
sep_status bench_peer_create(const bench_case *c, int threads, bench_peer **peer) SEP_MUST_CHECK;
void bench_peer_destroy(bench_peer *peer);
/* In the form in which it is measured. */
sep_status bench_peer_run(void *peer) SEP_MUST_CHECK;
/* The largest difference between what the peer and the case hold as result, as a share of the largest number there. */
sep_status bench_peer_difference(const bench_peer *peer, const bench_case *c, double *difference) SEP_MUST_CHECK;

#endif
