#include "include/trial_shim.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file is a row of records, each ended by a NUL: magic, executable, directory, the number of arguments, the
   arguments, the number of variables, the variables. None of them can hold a NUL, or execve could not take it. */

struct reader {
    char *next;
    char *end;
};

static char *record(struct reader *reader) {
    if (reader->next >= reader->end) return NULL;
    char *start = reader->next;
    char *stop = memchr(start, 0, (size_t)(reader->end - start));
    if (!stop) return NULL;
    reader->next = stop + 1;
    return start;
}

static char **list(struct reader *reader) {
    char *text = record(reader);
    if (!text) return NULL;
    char *rest = NULL;
    unsigned long count = strtoul(text, &rest, 10);
    /* Each record takes a byte at least: a count beyond that is no count of ours. */
    if (*text == 0 || *rest != 0 || count > (unsigned long)(reader->end - reader->next)) return NULL;
    char **items = calloc(count + 1, sizeof *items);
    if (!items) return NULL;
    for (unsigned long index = 0; index < count; index++) {
        if (!(items[index] = record(reader))) return NULL;
    }
    return items;
}

int launch_read(int folder, struct launch *launch) {
    int file = openat(folder, "launch", O_RDONLY | O_CLOEXEC);
    if (file < 0) return errno;
    struct stat status;
    if (fstat(file, &status) < 0) return errno;
    size_t size = (size_t)status.st_size, have = 0;
    char *bytes = malloc(size + 1);
    if (!bytes) return ENOMEM;
    while (have < size) {
        ssize_t got = read(file, bytes + have, size - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        if (got == 0) break;
        have += (size_t)got;
    }
    close(file);

    struct reader reader = {bytes, bytes + have};
    char *magic = record(&reader);
    if (!magic || strcmp(magic, TRIAL_SHIM_LAUNCH_MAGIC) != 0) return EBADMSG;
    launch->executable = record(&reader);
    launch->directory = record(&reader);
    launch->argv = list(&reader);
    launch->envp = launch->argv ? list(&reader) : NULL;
    return launch->envp && launch->argv[0] ? 0 : EBADMSG;
}
