#ifndef TRIAL_SHIM_H
#define TRIAL_SHIM_H

#include <sys/types.h>

/* The supervisor of one attempt, and what the agent needs to start and signal it. The TrialShim page of SweepAgent's
   documentation tells the folder's files and the signals. */

/* The first argument that turns the program into the shims' server: `agent --trial-shim CHANNEL-FD`. The server forks a shim
   for each folder that comes through the channel (a fork of that small process takes a tenth of a start of this program),
   and ends when the channel does; its shims do not. */
#define TRIAL_SHIM_ARGUMENT "--trial-shim"

/* The launch file's first record. */
#define TRIAL_SHIM_LAUNCH_MAGIC "sweep-launch-1"

/* Signals that the agent sends to the shim. Interrupt and terminate are passed to the trainer's process group; after
   terminate everything is killed once the grace period is over; kill does so at once. */
#define TRIAL_SHIM_INTERRUPT 2
#define TRIAL_SHIM_TERMINATE 15
#define TRIAL_SHIM_KILL 3
/* "Save a checkpoint, you are about to be ended": passed to every process of the trial that catches it, for it kills the
   others; an interrupt where none does. */
#define TRIAL_SHIM_USER1 10
#define TRIAL_SHIM_USER2 12

/* Opens `path` for reading, only where it lies beneath `folder`, whatever links it has. A descriptor, or -errno (-EXDEV or -ELOOP:
   it leads out). The second one does without openat2(2), and takes no links at all. */
int trial_shim_open_beneath(int folder, const char *path);
int trial_shim_open_beneath_by_steps(int folder, const char *path);

/* Overwrites what follows `marker` in each argument of this process, for everybody who lists processes. */
void trial_shim_hide_arguments(const char *marker);

/* Named once from Swift, so that the linker keeps the constructor through which the shim is entered. */
void trial_shim_keep(void);

/* Starts `executable` as the shims' server. Returns its process id, or -errno; `channel` is the caller's end, to be closed by
   it. */
pid_t trial_shim_serve(const char *executable, int *channel);

/* Has the server start the shim of `folder`. `lock_fd` holds the lock on run.lock and goes along: there is no moment at
   which nobody holds it. Returns the shim's process id and its pidfd, or -errno (-EPIPE: the server is gone). */
pid_t trial_shim_start(int channel, const char *folder, int lock_fd, int *pidfd);

/* pidfd_open(2) and pidfd_send_signal(2), by number: the agent runs on C libraries that do not know them yet.
   A descriptor or 0; -errno on failure. */
int trial_shim_pidfd_open(pid_t pid);
int trial_shim_pidfd_signal(int pidfd, int signal);

/* Makes the calling process the parent of its orphaned descendants (those of a shim that was killed). */
int trial_shim_become_subreaper(void);

/* The calling thread runs when nothing else wants to. 0, or -errno. */
int trial_shim_run_when_idle(void);

#endif
