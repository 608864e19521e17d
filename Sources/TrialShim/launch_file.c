#include "include/trial_shim.h"
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file is a row of records, each ended by a NUL: magic, executable, directory, the number of arguments, the
   arguments, the number of variables, the variables, and the identity (see below). None of them can hold a NUL, or execve could not take it. */

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

/* "USER GROUP GROUP…", in numbers, or nothing: as whom the program runs. 0, or an errno. */
static int identity(const char *text, struct launch *launch) {
    launch->has_identity = text && *text;
    launch->group_count = 0;
    if (!launch->has_identity) return 0;
    /* Each group takes a digit and a space at least. */
    launch->groups = calloc(strlen(text), sizeof *launch->groups);
    if (!launch->groups) return ENOMEM;
    int count = 0;
    for (const char *next = text; *next; count++) {
        char *rest = NULL;
        errno = 0;
        unsigned long number = strtoul(next, &rest, 10);
        if (errno || rest == next || (*rest != 0 && *rest != ' ') || number >= (uid_t)-1) return EBADMSG;
        if (count == 0) launch->user = (uid_t)number;
        if (count == 1) launch->group = (gid_t)number;
        if (count > 1) launch->groups[launch->group_count++] = (gid_t)number;
        next = *rest ? rest + 1 : rest;
    }
    /* Root is nobody to change to. */
    return count >= 2 && launch->user != 0 ? 0 : EBADMSG;
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
    if (!launch->envp || !launch->argv[0]) return EBADMSG;
    return identity(record(&reader), launch);
}
