#define _GNU_SOURCE
#include "include/trial_shim.h"

#include "shim.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

extern char **environ;

/* Where the server finds its channel. */
#define CHANNEL_FD 3

pid_t trial_shim_serve(const char *executable, int *channel) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (!error) {
        error = posix_spawnattr_init(&attributes);
        if (error) posix_spawn_file_actions_destroy(&actions);
    }
    pid_t pid = 0;
    if (!error) {
        /* dup2 onto itself clears close-on-exec as well (glibc 2.29). */
        posix_spawn_file_actions_adddup2(&actions, ends[1], CHANNEL_FD);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        char *const argv[] = {"agent", TRIAL_SHIM_ARGUMENT, "3", NULL};
        error = posix_spawn(&pid, executable, &actions, &attributes, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    close(ends[1]);
    if (error) {
        close(ends[0]);
        return -error;
    }
    *channel = ends[0];
    return pid;
}

/* A message of bytes and one descriptor. 0, or -errno. */
static int send_with(int channel, const void *bytes, size_t size, int descriptor) {
    struct iovec text = {(void *)bytes, size};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    ssize_t sent;
    do sent = sendmsg(channel, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

/* The number of bytes; 0 at the channel's end, -errno on an error (EINTR too). `descriptor` is -1 where none came. */
static ssize_t receive_with(int channel, void *bytes, size_t size, int *descriptor) {
    struct iovec text = {bytes, size};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *descriptor = -1;
    ssize_t got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    if (got < 0) return -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int))) {
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    }
    return got;
}

pid_t trial_shim_start(int channel, const char *folder, int lock_fd, int *pidfd) {
    int error = send_with(channel, folder, strlen(folder) + 1, lock_fd);
    if (error) return error;
    pid_t pid = 0;
    ssize_t got;
    do got = receive_with(channel, &pid, sizeof pid, pidfd);
    while (got == -EINTR);
    if (got == sizeof pid && (pid < 0 || *pidfd >= 0)) return pid;
    return got < 0 ? (pid_t)got : -EPIPE;
}

/* Only a signal handler that does nothing makes recvmsg return when a shim has ended. */
static void wake(int number) { (void)number; }

void trial_shim_server(int channel) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = wake;
    sigaction(SIGCHLD, &action, NULL);
    char folder[4096];
    for (;;) {
        while (waitpid(-1, NULL, WNOHANG) > 0) {
        }
        int lock;
        ssize_t got = receive_with(channel, folder, sizeof folder, &lock);
        if (got == -EINTR) continue;
        /* The agent is gone; its shims go on. */
        if (got <= 0) return;
        if (lock < 0 || folder[got - 1] != 0) continue;
        pid_t shim = fork();
        if (shim == 0) {
            action.sa_handler = SIG_DFL;
            sigaction(SIGCHLD, &action, NULL);
            _exit(shim_run(folder, lock));
        }
        pid_t answer = shim < 0 ? -errno : shim;
        /* Not reaped before this, so the number is still the shim's. */
        int pidfd = shim < 0 ? -1 : trial_shim_pidfd_open(shim);
        if (shim > 0 && pidfd < 0) {
            kill(shim, SIGKILL);
            answer = pidfd;
        }
        close(lock);
        if (send_with(channel, &answer, sizeof answer, pidfd)) return;
        if (pidfd >= 0) close(pidfd);
    }
}

int trial_shim_pidfd_open(pid_t pid) {
    long result = syscall(SYS_pidfd_open, pid, 0);
    return result < 0 ? -errno : (int)result;
}

int trial_shim_pidfd_signal(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int trial_shim_run_when_idle(void) {
    struct sched_param none = {0};
    return sched_setscheduler(0, SCHED_IDLE, &none) < 0 ? -errno : 0;
}

int trial_shim_become_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0; }
