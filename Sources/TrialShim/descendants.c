#include "shim.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Children by /proc/self/task/<self>/children. -1 where the kernel has no such file. */
static int kill_listed(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    char buffer[4096];
    ssize_t got = read(file, buffer, sizeof buffer - 1);
    close(file);
    if (got < 0) return -1;
    buffer[got] = 0;
    /* A number cut by the end of the buffer would name somebody else: leave it for the next round. */
    if (got == (ssize_t)sizeof buffer - 1) *(strrchr(buffer, ' ') ? strrchr(buffer, ' ') : buffer) = 0;
    int killed = 0;
    for (char *word = strtok(buffer, " \n"); word; word = strtok(NULL, " \n")) {
        pid_t pid = (pid_t)atoi(word);
        /* It is our child and not yet reaped, so the number cannot have come to mean another process. */
        if (pid > 1 && kill(pid, SIGKILL) == 0) killed++;
    }
    return killed;
}

/* The same from /proc/<pid>/stat of every process. */
static int kill_found(void) {
    DIR *proc = opendir("/proc");
    if (!proc) return 0;
    int killed = 0;
    for (struct dirent *entry; (entry = readdir(proc));) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        char path[288], line[512];
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        if (file < 0) continue;
        ssize_t got = read(file, line, sizeof line - 1);
        close(file);
        if (got <= 0) continue;
        line[got] = 0;
        /* pid (name) state parent: the name may hold brackets and spaces, so from its last bracket on. */
        char *after = strrchr(line, ')');
        int parent = 0;
        char state = 0;
        if (!after || sscanf(after + 1, " %c %d", &state, &parent) != 2 || parent != (int)getpid()) continue;
        if (kill((pid_t)atoi(entry->d_name), SIGKILL) == 0) killed++;
    }
    closedir(proc);
    return killed;
}

int descendants_sweep(void) {
    int total = 0;
    for (;;) {
        /* Reap what has ended; the children of what has ended are ours from then on. */
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
        }
        if (pid < 0 && errno == ECHILD) return total;
        int killed = kill_listed();
        if (killed < 0) killed = kill_found();
        /* One that only dies later (it hangs in a driver) is counted again in each round: hence at most once. */
        if (total == 0) total = killed;
        struct timespec pause = {0, 200 * 1000};
        nanosleep(&pause, NULL);
    }
}
