#ifndef SHIM_H
#define SHIM_H

#include <sys/types.h>

/* What is to be started; the strings lie in one block that lives as long as the shim. */
struct launch {
    char *executable; /* a path: nothing is searched */
    char *directory;
    char **argv; /* NULL-terminated */
    char **envp; /* NULL-terminated */
};

/* How it went. */
struct ending {
    int code;   /* exit code, or -1 */
    int signal; /* signal number, or 0 */
    int error;  /* errno of `step` when the program could not be started, or 0 */
    const char *step;
    long long started_ms; /* wall clock */
    long long ended_ms;
    int swept; /* processes that the trainer left and that were killed */
};

/* Waits for the folder's path and the descriptor that holds its lock. Returns the descriptor; -1 at the channel's end. */
int trial_shim_receive(int channel, char *folder, size_t size);

/* Reads the launch file. 0, or an errno; EBADMSG for a file that is none. */
int launch_read(int folder, struct launch *launch);

/* Kills and reaps every descendant of the calling process until none is left; returns how many were killed. */
int descendants_sweep(void);

/* Writes exit.json: aside, synced, renamed. 0, or an errno. */
int ending_write(int folder, const struct ending *ending);

/* Milliseconds since 1970. */
long long wall_ms(void);

#endif
