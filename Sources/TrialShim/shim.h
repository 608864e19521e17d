#ifndef SHIM_H
#define SHIM_H

#include <sys/types.h>

/* What is to be started; the strings lie in one block that lives as long as the shim. */
struct launch {
    char *executable; /* a path: nothing is searched */
    char *directory;
    char **argv; /* NULL-terminated */
    char **envp; /* NULL-terminated */
    int has_identity;
    uid_t user;
    gid_t group;
    gid_t *groups;
    size_t group_count;
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

/* The life of one shim, in a process of its own; `lock` holds the lock on the folder's run.lock. Returns its exit code. */
int shim_run(const char *folder, int lock);

/* Forks a shim for each folder that comes, until the channel ends. */
void trial_shim_server(int channel);

/* Reads the launch file. 0, or an errno; EBADMSG for a file that is none. */
int launch_read(int folder, struct launch *launch);

/* Kills and reaps every descendant of the calling process until none is left; returns how many were killed. */
int descendants_sweep(void);

/* Sends the signal to every descendant of the calling process that catches it; returns how many those were. */
int descendants_tell(int signal);

/* The trainer's standard errors, on their way into output.log. */
struct errors {
    int pipe;   /* where they come from; -1: nothing more comes */
    int output; /* output.log */
    int notes;  /* output.errors; -1: there are none yet */
    int folder;
    long long noted;     /* size of output.errors */
    long long noted_end; /* of the last run in it */
};

/* Returns what the trainer is to write to, or -1: then it writes into output.log itself. */
int errors_open(struct errors *errors, int folder);

/* Takes what is there, though not all of a flood. */
void errors_take(struct errors *errors);

/* Bytes of the first line of run.lock: the shim's process id, and spaces. The second line is how the trial ended. */
#define LOCK_LINE 16

/* Writes the second line. 0, or an errno. */
int ending_write(int lock, const struct ending *ending);

/* Milliseconds since 1970. */
long long wall_ms(void);

#endif
