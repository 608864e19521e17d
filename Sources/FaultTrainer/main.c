/* A trainer for the fault suite: what it reports follows from its parameter alone, so that a run with faults can be compared
   with one without; and it misbehaves when told to. In C, because a thousand of them are started.

   --x=N                the parameter; the loss at step s is loss_at(N, s)
   --steps=N            reports so many steps (10)
   --pause=MS           before each step (0)
   --checkpoint         publishes its step by rename after each, goes on from SWEEP_RESUME_FROM, saves and ends on SIGUSR2
   --wait=FILE          after the first step waits until FILE exists
   --fork-daemon=N      double-forks N daemons in sessions of their own that ignore SIGTERM
   --ignore-term        ignores SIGINT, SIGTERM and SIGHUP
   --hold-stdout        leaves a child that keeps standard output open
   --flood=MIB          prints so much without a line feed
   --hang               never ends after the first step
   --nan                the last loss is NaN
   --crash-at=N         aborts at step N
   --crash-attempts=N   … in the first N attempts only
   --exit=N             its exit code
   --artifact=KIB       leaves an artifact `model` of a file that follows from its parameter, and a small one
   --input=NAME         ends with 9 unless it was given artifact NAME whole, as the trainer with parameter 0 leaves it
   --weights=FILE       no training: writes that file, --artifact KiB for --x

   --trace=PID          no trainer: stops that process as a debugger does, all of its threads, for --pause; then --exit=1: ends
                        without letting go of it

   FAULT_LOG: what it does, a line each: WHAT TRIAL ATTEMPT PID MILLISECONDS NUMBER. FAULT_LOCKS, FAULT_AGENT, FAULT_SLOTS: it
   takes one of so many locks of its agent, and logs `overlap` where all are taken. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/file.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long option_x, option_steps = 10, option_pause, option_daemons, option_flood, option_crash_at, option_exit;
static long option_crash_attempts = 1000000;
static long option_artifact, option_trace;
static int option_checkpoint, option_ignore, option_hold, option_hang, option_nan;
static const char *option_wait, *option_input, *option_weights;
static volatile sig_atomic_t asked_to_save;

static const char *get(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static void note(const char *what, long number) {
    struct timespec now;
    char line[512];
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(
        line, sizeof line, "%s %s %s %d %lld %ld\n", what, get("SWEEP_TRIAL_ID", "-"), get("SWEEP_ATTEMPT", "0"),
        (int)getpid(), (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000, number);
    int file = open(get("FAULT_LOG", "/dev/null"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0) return;
    if (write(file, line, (size_t)length) < 0) {
    }
    close(file);
}

/* Two live trials on one slot would both need its lock. Held until this process ends, by no child. */
static void take_slot(void) {
    const char *folder = getenv("FAULT_LOCKS"), *agent = getenv("FAULT_AGENT");
    if (!folder || !agent) return;
    int slots = atoi(get("FAULT_SLOTS", "1"));
    for (int slot = 0; slot < slots; slot++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s.%d", folder, agent, slot);
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0) continue;
        if (flock(file, LOCK_EX | LOCK_NB) == 0) return;
        close(file);
    }
    note("overlap", 0);
}

static double loss_at(long x, long step) { return (double)((x * 7919) % 1000) / 1000 + 1.0 / (double)step; }

static void nap(long milliseconds) {
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    while (nanosleep(&pause, &pause) < 0 && errno == EINTR && !asked_to_save) {
    }
}

static void save(long step) {
    const char *folder = getenv("SWEEP_CHECKPOINT_DIR");
    if (!option_checkpoint || !folder) return;
    char aside[1024], path[1024];
    snprintf(aside, sizeof aside, "%s/state.tmp", folder);
    snprintf(path, sizeof path, "%s/state", folder);
    FILE *file = fopen(aside, "w");
    if (!file) return;
    fprintf(file, "%ld\n", step);
    fclose(file);
    rename(aside, path);
}

static long saved(void) {
    const char *folder = getenv("SWEEP_RESUME_FROM");
    if (!option_checkpoint || !folder) return 0;
    char path[1024];
    long step = 0;
    snprintf(path, sizeof path, "%s/state", folder);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    if (fscanf(file, "%ld", &step) != 1) step = 0;
    fclose(file);
    note("resume", step);
    return step;
}

static void on_user2(int number) {
    (void)number;
    asked_to_save = 1;
}

static void start_daemons(void) {
    for (long i = 0; i < option_daemons; i++) {
        pid_t child = fork();
        if (child == 0) {
            setsid();
            if (fork() != 0) _exit(0);
            for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
            for (;;) sleep(600);
        }
    }
}

static void flood(void) {
    static char block[1 << 20];
    for (size_t i = 0; i < sizeof block; i++) block[i] = (char)(i * 31 % 255 == '\n' ? 'x' : i * 31 % 255);
    for (long i = 0; i < option_flood; i++) {
        for (size_t done = 0; done < sizeof block;) {
            ssize_t count = write(1, block + done, sizeof block - done);
            if (count <= 0) return;
            done += (size_t)count;
        }
    }
    if (write(1, "\n", 1) < 0) return;
}

/* One KiB of what the trainer with parameter x leaves. */
static void fill(unsigned char *block, long x, long number) {
    for (int i = 0; i < 1024; i++) block[i] = (unsigned char)(i * 31 + x * 17 + number * 7 + (number >> 8) * 3);
}

static void write_weights(const char *path) {
    unsigned char block[1024];
    FILE *file = fopen(path, "w");
    if (!file) exit(8);
    for (long number = 0; number < option_artifact; number++) {
        fill(block, option_x, number);
        if (fwrite(block, 1, sizeof block, file) != sizeof block) exit(8);
    }
    if (fclose(file) != 0) exit(8);
}

static void leave_artifact(void) {
    char path[1024];
    snprintf(path, sizeof path, "%s/model", get("SWEEP_ARTIFACTS_DIR", "/nonexistent"));
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/model/x", get("SWEEP_ARTIFACTS_DIR", "/nonexistent"));
    FILE *file = fopen(path, "w");
    if (file) {
        fprintf(file, "%ld\n", option_x);
        fclose(file);
    }
    snprintf(path, sizeof path, "%s/model/weights", get("SWEEP_ARTIFACTS_DIR", "/nonexistent"));
    write_weights(path);
}

static void check_input(void) {
    unsigned char block[1024], wanted[1024];
    char path[1024];
    long number = 0;
    size_t count;
    snprintf(path, sizeof path, "%s/%s/weights", get("SWEEP_INPUT_ARTIFACTS_DIR", "/nonexistent"), option_input);
    FILE *file = fopen(path, "r");
    if (!file) exit(9);
    while ((count = fread(block, 1, sizeof block, file)) == sizeof block) {
        fill(wanted, 0, number++);
        if (memcmp(block, wanted, sizeof block) != 0) exit(9);
    }
    fclose(file);
    note("input", number);
    if (count != 0 || number == 0) exit(9);
}

/* Stops every thread, those that come meanwhile too. */
static int trace(pid_t process) {
    static pid_t threads[4096];
    int count = 0, is_new = 1;
    while (is_new) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/task", (int)process);
        DIR *folder = opendir(path);
        if (!folder) return 1;
        is_new = 0;
        struct dirent *entry;
        while ((entry = readdir(folder))) {
            pid_t thread = atoi(entry->d_name);
            int is_known = thread <= 0;
            for (int i = 0; i < count; i++) is_known |= threads[i] == thread;
            if (is_known || count == 4096) continue;
            if (ptrace(PTRACE_SEIZE, thread, 0, 0) < 0 || ptrace(PTRACE_INTERRUPT, thread, 0, 0) < 0) continue;
            waitpid(thread, NULL, __WALL);
            threads[count++] = thread;
            is_new = 1;
        }
        closedir(folder);
    }
    printf("stopped %d threads\n", count);
    nap(option_pause);
    if (option_exit) _exit(count ? 0 : 1);
    for (int i = 0; i < count; i++) ptrace(PTRACE_DETACH, threads[i], 0, 0);
    return count ? 0 : 1;
}

static int is(const char *argument, const char *name) { return strcmp(argument, name) == 0; }

static int number(const char *argument, const char *name, long *value) {
    size_t length = strlen(name);
    if (strncmp(argument, name, length) != 0 || argument[length] != '=') return 0;
    *value = atol(argument + length + 1);
    return 1;
}

static void read_options(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *one = argv[i];
        if (number(one, "--x", &option_x) || number(one, "--steps", &option_steps) || number(one, "--pause", &option_pause)
            || number(one, "--fork-daemon", &option_daemons) || number(one, "--flood", &option_flood)
            || number(one, "--crash-at", &option_crash_at) || number(one, "--crash-attempts", &option_crash_attempts)
            || number(one, "--exit", &option_exit) || number(one, "--artifact", &option_artifact)
            || number(one, "--trace", &option_trace))
            continue;
        if (is(one, "--checkpoint")) option_checkpoint = 1;
        else if (is(one, "--ignore-term")) option_ignore = 1;
        else if (is(one, "--hold-stdout")) option_hold = 1;
        else if (is(one, "--hang")) option_hang = 1;
        else if (is(one, "--nan")) option_nan = 1;
        else if (strncmp(one, "--wait=", 7) == 0) option_wait = one + 7;
        else if (strncmp(one, "--input=", 8) == 0) option_input = one + 8;
        else if (strncmp(one, "--weights=", 10) == 0) option_weights = one + 10;
        else {
            fprintf(stderr, "FaultTrainer: unknown option %s\n", one);
            exit(64);
        }
    }
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_options(argc, argv);
    if (option_trace) return trace((pid_t)option_trace);
    if (option_weights) {
        write_weights(option_weights);
        return 0;
    }
    note("start", option_x);
    if (option_input) check_input();
    take_slot();
    if (option_ignore) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
    }
    if (option_checkpoint) {
        struct sigaction action = {.sa_handler = on_user2};
        sigaction(SIGUSR2, &action, NULL);
    }
    start_daemons();
    if (option_flood) flood();
    long attempt = atol(get("SWEEP_ATTEMPT", "1"));
    long first = saved() + 1;
    for (long step = first; step <= option_steps; step++) {
        nap(option_pause);
        if (asked_to_save) {
            save(step - 1);
            note("saved", step - 1);
            return 0;
        }
        if (option_crash_at == step && attempt <= option_crash_attempts) {
            note("crash", step);
            abort();
        }
        if (option_nan && step == option_steps) printf("{\"step\": %ld, \"loss\": NaN}\n", step);
        else printf("{\"step\": %ld, \"loss\": %.17g}\n", step, loss_at(option_x, step));
        save(step);
        while (step == 1 && option_hang) pause();
        if (step == first && option_wait) {
            while (access(option_wait, F_OK) != 0 && !asked_to_save) nap(10);
        }
    }
    if (option_hold && fork() == 0) {
        for (;;) sleep(600);
    }
    if (option_artifact) leave_artifact();
    note("end", option_exit);
    return (int)option_exit;
}
