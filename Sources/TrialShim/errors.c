/* The trainer's standard errors. They come through a pipe and go on into output.log, so that all that is printed stays in
   one file; beside it output.errors says which bytes of it they are. Standard output goes into the file itself, as nothing
   of ours may stand between a training and its results; and the trainer dies with its shim anyway, so the pipe ends no
   training that would have lived. Written after ordinary output that a program prints within microseconds, they may come
   behind output that followed them. */

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* So much a trainer may print while its shim is stopped, where the system allows it. */
#define PIPE_SIZE (256 * 1024)
/* output.errors grows no further; what comes then is not told apart. */
#define MOST_NOTED (16 * 1024 * 1024)
/* Reads in one go, so that signals get their turn. */
#define MOST_READS 16

int errors_open(struct errors *errors, int folder) {
    int ends[2];
    *errors = (struct errors){.pipe = -1, .output = -1, .notes = -1, .noted_end = -1, .folder = folder};
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    /* A description of its own: after a write its position is where that write ended, whatever the trainer writes. */
    errors->output = openat(folder, "output.log", O_WRONLY | O_APPEND | O_CLOEXEC);
    if (errors->output < 0) {
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    errors->pipe = ends[0];
    return ends[1];
}

/* Notes a run of bytes. A line each: [start,end], or +n for n more bytes behind the last. */
static void note(struct errors *errors, long long start, long long end) {
    char line[64];
    int length = start == errors->noted_end ? snprintf(line, sizeof line, "+%lld\n", end - start)
                                            : snprintf(line, sizeof line, "[%lld,%lld]\n", start, end);
    if (errors->noted + length > MOST_NOTED) return;
    if (errors->notes < 0) {
        errors->notes = openat(errors->folder, "output.errors", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    if (errors->notes < 0 || write(errors->notes, line, (size_t)length) != length) return;
    errors->noted += length;
    errors->noted_end = end;
}

/* Into output.log. What the disk does not take is lost, as it would be to the trainer itself. */
static void pass_on(struct errors *errors, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = write(errors->output, bytes, size);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return;
        long long end = lseek(errors->output, 0, SEEK_CUR);
        note(errors, end - count, end);
        bytes += count;
        size -= (size_t)count;
    }
}

void errors_take(struct errors *errors) {
    if (errors->pipe < 0) return;
    static char buffer[64 * 1024];
    for (int reads = 0; reads < MOST_READS; reads++) {
        ssize_t got = read(errors->pipe, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            /* Nobody is left who could write. */
            if (got == 0) {
                close(errors->pipe);
                errors->pipe = -1;
            }
            break;
        }
        pass_on(errors, buffer, (size_t)got);
    }
}
