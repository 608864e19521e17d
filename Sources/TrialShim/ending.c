#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
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

int ending_write(int lock, const struct ending *ending) {
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
    /* Into the block that the process id has taken already: that needs no space. In one write, which nobody reads before
       this process, and so the lock, is gone. Without a wait for the disk: the agent tells the controller at once, whose
       record is the durable one; an agent that cannot tell it syncs it. */
    errno = 0;
    return pwrite(lock, text, (size_t)length, LOCK_LINE) == length ? 0 : errno ? errno : ENOSPC;
}
