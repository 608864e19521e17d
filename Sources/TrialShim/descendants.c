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

/* The parent of a process and whether it catches `signal`, from its status file. 0 when it is gone. */
static int look_at(const char *pid, int signal, pid_t *parent, int *catches) {
    char path[288], line[256];
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    *parent = 0;
    *catches = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "PPid:", 5) == 0) *parent = (pid_t)atoi(line + 5);
        if (strncmp(line, "SigCgt:", 7) == 0) *catches = (int)(strtoull(line + 7, NULL, 16) >> (signal - 1) & 1);
    }
    fclose(file);
    return 1;
}

/* Most processes of one trial that are looked at. */
#define MOST_TOLD 4096

int descendants_tell(int signal) {
    struct {
        pid_t pid, parent;
        int catches, ours;
    } *all = calloc(MOST_TOLD, sizeof *all);
    if (!all) return 0;
    DIR *proc = opendir("/proc");
    if (!proc) {
        free(all);
        return 0;
    }
    int count = 0, told = 0;
    for (struct dirent *entry; count < MOST_TOLD && (entry = readdir(proc));) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        all[count].pid = (pid_t)atoi(entry->d_name);
        if (look_at(entry->d_name, signal, &all[count].parent, &all[count].catches)) count++;
    }
    closedir(proc);
    /* In rounds, because a child may stand before its parent. */
    for (int found = 1; found;) {
        found = 0;
        for (int i = 0; i < count; i++) {
            if (all[i].ours) continue;
            int ours = all[i].parent == getpid();
            for (int k = 0; k < count && !ours; k++) ours = all[k].ours && all[k].pid == all[i].parent;
            if (!ours) continue;
            all[i].ours = found = 1;
            if (all[i].catches && kill(all[i].pid, signal) == 0) told++;
        }
    }
    free(all);
    return told;
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
