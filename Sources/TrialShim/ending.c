#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

long long wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define RESERVED "exit.json.new"
#define RESERVED_SIZE 512

void ending_reserve(int folder) {
    char spaces[RESERVED_SIZE];
    memset(spaces, ' ', sizeof spaces);
    int file = openat(folder, RESERVED, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (write(file, spaces, sizeof spaces) < 0) unlinkat(folder, RESERVED, 0);
    close(file);
}

int ending_write(int folder, const struct ending *ending) {
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    /* All children that were waited for, and theirs: the whole tree, since the shim reaps every orphan of it. */
    getrusage(RUSAGE_CHILDREN, &usage);
    long long cpu_us = ((long long)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec
                       + usage.ru_stime.tv_usec;
    char text[512];
    int length = snprintf(
        text, sizeof text,
        "{\"code\":%d,\"signal\":%d,\"errno\":%d,\"step\":\"%s\",\"started\":%lld,\"ended\":%lld,\"peakMemory\":%lld,"
        "\"cpuMicroseconds\":%lld,\"swept\":%d}\n",
        ending->code, ending->signal, ending->error, ending->step ? ending->step : "", ending->started_ms,
        ending->ended_ms, (long long)usage.ru_maxrss * 1024, cpu_us, ending->swept);
    /* Over what was reserved: that needs no space. */
    int file = openat(folder, RESERVED, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return errno;
    errno = 0;
    if (write(file, text, (size_t)length) != length || ftruncate(file, length) < 0) {
        int error = errno ? errno : ENOSPC;
        close(file);
        return error;
    }
    /* On its way to the disk, without a wait: the agent tells the controller at once, whose record is the durable one. An
       agent that cannot tell it syncs it (see Agent+Trials). */
    sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
    close(file);
    return renameat(folder, RESERVED, folder, "exit.json") < 0 ? errno : 0;
}
