/* Running septum, and what it prints. */
#ifndef SEPTUM_TESTS_SUPPORT_COMMAND_H
#define SEPTUM_TESTS_SUPPORT_COMMAND_H

/* Runs septum in the scratch folder and checks its exit code and a string in what it prints. */
void expect(int code, const char *text, const char *arguments);
/* What the last command printed, both streams. */
const char *printed(void);
void assert_silent_about(const char *text);
/* The hash that a finished run printed. */
void hash_of_run(char hash[17]);

#endif
