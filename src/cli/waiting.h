/* How long threads wait for one another before they sleep. */
#ifndef SEPTUM_CLI_WAITING_H
#define SEPTUM_CLI_WAITING_H

/* To be called before a command runs, as nothing has been done yet. gcc's OpenMP lets threads that are done wait in a
 * loop for milliseconds: where other programs want the same processors, a training step on two threads took 16 to 27
 * times as long as one with the short waits that this sets (GOMP_SPINCOUNT, unless it or OMP_WAIT_POLICY is set
 * already); with the machine to itself both take the same time (docs/results/speed.md). The runtime reads its
 * environment as it is loaded: the program is started once more, in its place. Where that can't be done, all goes on as
 * it is. */
void sep_wait_briefly(char **argv);

#endif
