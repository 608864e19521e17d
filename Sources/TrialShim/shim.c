/* The supervisor of one attempt: single-threaded, entered before Swift's runtime starts, gone with the trial.

   It outlives the agent on purpose: an agent that crashed or was upgraded finds the trial again by the lock. The other
   way round the trainer dies with the shim (parent-death signal), so that no training runs unwatched. */

#define _GNU_SOURCE
#include "include/trial_shim.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* Between a terminate and the end of everything, in seconds: for a trial whose agent is gone. One that is there ends it sooner. */
#define GRACE 300

/* Exit codes of the shim itself; the trainer's code is in run.lock. */
#define EXIT_NO_FOLDER 70
#define EXIT_LOCKED 75

static void complain(const char *what, const char *name, int error) {
    dprintf(2, "trial shim: %s %s: %s\n", what, name, strerror(error));
}

/* Descriptors of the shim itself. */
#define FOLDER_FD 3
#define LOCK_FD 4

/* Closes every descriptor from `first` on. The agent's own are mostly close-on-exec; its libraries' are not. */
static void close_from(unsigned first) {
    if (syscall(SYS_close_range, first, ~0u, 0u) == 0) return;
    for (int file = (int)first; file < 1024; file++) close(file);
}

/* Puts folder and lock where they are kept, and closes all else but the standard three. 0, or an errno. */
static int keep(int folder, int lock) {
    int high_folder = fcntl(folder, F_DUPFD_CLOEXEC, 10), high_lock = fcntl(lock, F_DUPFD_CLOEXEC, 10);
    if (high_folder < 0 || high_lock < 0) return errno;
    if (dup3(high_folder, FOLDER_FD, O_CLOEXEC) < 0 || dup3(high_lock, LOCK_FD, O_CLOEXEC) < 0) return errno;
    close_from(LOCK_FD + 1);
    return 0;
}

/* The lock is held already, by the description that came with it; tells the shim's process id to an agent that comes
   later. */
static int sign_lock(void) {
    if (flock(LOCK_FD, LOCK_EX | LOCK_NB) < 0) return errno;
    char text[LOCK_LINE + 1];
    snprintf(text, sizeof text, "%-*d\n", LOCK_LINE - 1, (int)getpid());
    if (pwrite(LOCK_FD, text, LOCK_LINE, 0) != LOCK_LINE || ftruncate(LOCK_FD, LOCK_LINE) < 0) return errno ? errno : ENOSPC;
    return 0;
}

/* Standard input from nowhere, output and errors to the end of output.log. */
static int redirect(void) {
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int output = openat(FOLDER_FD, "output.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (nothing < 0 || output < 0) return errno;
    if (dup2(nothing, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) return errno;
    close(nothing);
    close(output);
    return 0;
}

/* By number: glibc's own functions would look after threads that there are none of, in memory that is not ours. */
static int change_identity(const struct launch *launch) {
    if (!launch->has_identity) return 0;
    if (syscall(SYS_setgroups, launch->group_count, launch->groups) < 0) return -1;
    if (syscall(SYS_setresgid, launch->group, launch->group, launch->group) < 0) return -1;
    return (int)syscall(SYS_setresuid, launch->user, launch->user, launch->user);
}

/* Runs in the child of vfork: system calls and plain stores only. */
static void become_trainer(
    const struct launch *launch, pid_t shim, int errors, volatile int *error, const char *volatile *step) {
    /* The server was started with every signal at its default; these two are the shim's own doing. */
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (errors >= 0) dup2(errors, 2);
    *step = "user";
    if (change_identity(launch) == 0) {
        /* After the change, which takes it back. */
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != shim) _exit(127);
        *step = "chdir";
        if (chdir(launch->directory) == 0) {
            *step = "exec";
            execve(launch->executable, launch->argv, launch->envp);
        }
    }
    *error = errno;
    _exit(127);
}

/* `errors`: its standard errors; -1: they go where its output goes. */
static pid_t start_trainer(const struct launch *launch, int errors, struct ending *ending) {
    pid_t shim = getpid();
    volatile int error = 0;
    const char *volatile step = "fork";
    ending->started_ms = wall_ms();
    /* vfork: the child borrows this memory until it executes, so its error arrives here by itself. */
    pid_t trainer = vfork();
    if (trainer == 0) become_trainer(launch, shim, errors, &error, &step);
    ending->error = trainer < 0 ? errno : error;
    ending->step = ending->error ? step : "";
    return trainer;
}

/* The next signal, or 0 where it is time for something else. Takes the trainer's errors meanwhile. */
static int next_signal(int signals, struct errors *errors, int is_ending) {
    for (;;) {
        struct pollfd sources[] = {{.fd = signals, .events = POLLIN}, {.fd = errors->pipe, .events = POLLIN}};
        int ready = poll(sources, 2, is_ending ? 1000 : -1);
        if (ready < 0 && errno != EINTR) nanosleep(&(struct timespec){0, 100 * 1000 * 1000}, NULL);
        if (ready > 0 && sources[1].revents) errors_take(errors);
        struct signalfd_siginfo info;
        if (ready > 0 && sources[0].revents && read(signals, &info, sizeof info) == sizeof info) return (int)info.ssi_signo;
        if (is_ending) return 0;
    }
}

/* Waits for the trainer and passes signals on. Returns its wait status. */
static int supervise(pid_t trainer, int signals, struct errors *errors) {
    time_t deadline = 0;
    for (;;) {
        struct timespec now;
        int number = next_signal(signals, errors, deadline != 0);
        if (number == SIGUSR1 || number == SIGUSR2) {
            if (descendants_tell(number) == 0) {
                kill(-trainer, SIGINT);
                kill(-trainer, SIGCONT);
            }
        } else if (number == SIGINT) {
            kill(-trainer, SIGINT);
            kill(-trainer, SIGCONT);
        } else if (number == SIGTERM && !deadline) {
            kill(-trainer, SIGTERM);
            kill(-trainer, SIGCONT);
            clock_gettime(CLOCK_MONOTONIC, &now);
            deadline = now.tv_sec + GRACE;
        } else if (number == SIGQUIT) {
            kill(-trainer, SIGKILL);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (deadline && now.tv_sec >= deadline) kill(-trainer, SIGKILL);
        /* Orphans of the trainer come here as well: all that have ended are reaped, in any order. */
        int status;
        pid_t pid;
        int trainer_status = 0, trainer_ended = 0;
        while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
            if (pid == trainer) {
                trainer_ended = 1;
                trainer_status = status;
            }
        }
        if (trainer_ended) return trainer_status;
        /* A group kill misses a trainer that has left its group. */
        if (number == SIGQUIT || (deadline && now.tv_sec >= deadline)) kill(trainer, SIGKILL);
    }
}

int shim_run(const char *path, int lock) {
    setsid();
    prctl(PR_SET_NAME, "trial-shim");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failure = folder < 0 ? errno : keep(folder, lock);
    if (failure) {
        complain("cannot open", path, failure);
        return EXIT_NO_FOLDER;
    }
    folder = FOLDER_FD;
    failure = sign_lock();
    if (failure) {
        complain("cannot lock run.lock in", path, failure);
        return EXIT_LOCKED;
    }
    /* Signals are taken one by one in supervise(); a hang-up of the terminal means nothing here. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGQUIT);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGUSR2);
    sigprocmask(SIG_SETMASK, &signals, NULL);
    int arriving = signalfd(-1, &signals, SFD_CLOEXEC);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);

    struct ending ending = {.code = -1};
    struct launch launch;
    ending.started_ms = wall_ms();
    ending.step = "redirect";
    ending.error = arriving < 0 ? errno : redirect();
    if (!ending.error) {
        ending.step = "launch";
        ending.error = launch_read(folder, &launch);
    }
    if (!ending.error && chdir("/") == 0) {
        struct errors errors;
        int write_end = errors_open(&errors, folder);
        /* So that another account can open /dev/stderr. */
        if (write_end >= 0 && launch.has_identity && fchown(write_end, launch.user, launch.group) < 0) errno = 0;
        pid_t trainer = start_trainer(&launch, write_end, &ending);
        if (write_end >= 0) close(write_end);
        if (ending.error) {
            if (trainer > 0) waitpid(trainer, NULL, 0);
        } else {
            int status = supervise(trainer, arriving, &errors);
            if (WIFEXITED(status)) ending.code = WEXITSTATUS(status);
            if (WIFSIGNALED(status)) ending.signal = WTERMSIG(status);
            ending.ended_ms = wall_ms();
            kill(-trainer, SIGKILL);
            ending.swept = descendants_sweep();
            /* Nobody writes any more: no more than the pipe holds. */
            errors_take(&errors);
        }
    }
    if (!ending.ended_ms) ending.ended_ms = wall_ms();
#ifdef DEBUG
    /* For the fault suite: see CrashPoint in SweepWire. */
    const char *crash = getenv("SWEEP_CRASH_AT");
    if (crash && strcmp(crash, "shim-before-exit") == 0) kill(getpid(), SIGKILL);
#endif
    int error = ending_write(LOCK_FD, &ending);
    if (error) complain("cannot write run.lock in", path, error);
    /* The trainer's own ending, for whoever is our parent. */
    return error ? (ending.code >= 0 ? ending.code : 128 + ending.signal) : 0;
}

static char **program_arguments;

void trial_shim_hide_arguments(const char *marker) {
    for (char **argument = program_arguments; argument && *argument; argument++) {
        char *found = strstr(*argument, marker);
        if (found) memset(found, 'x', strlen(found));
    }
}

/* Before main, so before Swift: glibc passes the arguments to constructors. */
__attribute__((constructor)) static void enter(int argc, char **argv) {
    program_arguments = argv;
    if (argc >= 3 && argv && argv[1] && strcmp(argv[1], TRIAL_SHIM_ARGUMENT) == 0) {
        int channel = atoi(argv[2]);
        /* A session of its own from the start: the terminal's Ctrl-C is for the agent. */
        setsid();
        prctl(PR_SET_NAME, "shim-server");
        if (channel == 3) close_from(4);
        trial_shim_server(channel);
        _exit(0);
    }
}

void trial_shim_keep(void) {}
