/* The released program denies, and we open: starts it, waits until its log says that it is ready, looks, stops it, looks again.
 *
 * What to run is in RECIPE, as `KEY VALUE`, each ended by a zero byte: `arg` (the program first), `ready` (a text that a line of its log must
 * hold), `patience` (milliseconds to be ready), `health` (a file that it may write).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smoke.h"

#define MOST 64
#define TICK 20    /* milliseconds between two looks at a child */
#define GRACE 5000 /* milliseconds that it has to end */

static struct {
    char *args[MOST + 1], *ready[MOST], *health;
    int arg_count, ready_count, patience;
} recipe = {.patience = 20000};

static char *environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" ROOM, NULL};
static int log_end = -1;
static int seen_markers[MOST];
static char row[4096];
static size_t row_length;

static void take(char *key, char *value)
{
    if (!strcmp(key, "arg") && recipe.arg_count < MOST)
        recipe.args[recipe.arg_count++] = value;
    else if (!strcmp(key, "ready") && recipe.ready_count < MOST)
        recipe.ready[recipe.ready_count++] = value;
    else if (!strcmp(key, "health"))
        recipe.health = value;
    else if (!strcmp(key, "patience"))
        recipe.patience = atoi(value);
    else
        fail(FAILED, 0, "%s has an entry that is not understood: %s", RECIPE, key);
}

static void read_recipe(void)
{
    static char text[32768];
    size_t length = read_file(RECIPE, text, sizeof text);
    for (char *each = text, *next; each < text + length; each = next) {
        char *blank = strchr(each, ' ');
        next = each + strlen(each) + 1;
        if (!blank)
            fail(FAILED, 0, "%s has an entry without a value: %s", RECIPE, each);
        *blank = 0;
        take(each, blank + 1);
    }
    if (recipe.arg_count == 0)
        fail(FAILED, 0, "%s names no program", RECIPE);
}

static void hear_row(void)
{
    row[row_length] = 0;
    for (int i = 0; i < recipe.ready_count; i++)
        seen_markers[i] |= strstr(row, recipe.ready[i]) != NULL;
    dprintf(STDOUT_FILENO, "artefact| %s\n", row);
    row_length = 0;
}

static void hear(const char *text, size_t length)
{
    for (; length > 0; text++, length--)
        if (*text == '\n' || row_length == sizeof row - 1)
            hear_row();
        else if (*text)
            row[row_length++] = *text;
}

/* Passes on what the program logs, waiting for at most so many milliseconds; its log must never fill up and hold it.
 * Whether there was something.
 */
static int listen(int patience)
{
    static char chunk[4096];
    struct pollfd log = {.fd = log_end, .events = POLLIN};
    ssize_t got;

    if (log_end < 0 || poll(&log, 1, patience) <= 0) {
        if (log_end < 0)
            usleep((useconds_t)patience * 1000);
        return 0;
    }
    got = read(log_end, chunk, sizeof chunk);
    if (got > 0) {
        hear(chunk, (size_t)got);
    } else {
        close(log_end);
        log_end = -1;
    }
    return got > 0;
}

static pid_t start(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail(FAILED, errno, "no pipe for its log");
    pid_t child = fork();
    if (child < 0)
        fail(FAILED, errno, "it could not be started");
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execve(recipe.args[0], recipe.args, environment);
        dprintf(STDERR_FILENO, "%s cannot be executed: %s\n", recipe.args[0], strerror(errno));
        _exit(127);
    }
    close(ends[1]);
    log_end = ends[0];
    account.artefact.started = 1;
    account.artefact.exit = account.artefact.signal = -1;
    return child;
}

/* Whether it has ended; then the account says how. */
static int has_ended(pid_t child)
{
    int status;
    if (waitpid(child, &status, WNOHANG) != child)
        return 0;
    if (WIFSIGNALED(status))
        account.artefact.signal = WTERMSIG(status);
    else
        account.artefact.exit = WEXITSTATUS(status);
    while (listen(0))
        continue;
    return 1;
}

static int all_ready(void)
{
    for (int i = 0; i < recipe.ready_count; i++)
        if (!seen_markers[i])
            return 0;
    return 1;
}

static void read_health(void)
{
    struct artefact *artefact = &account.artefact;
    if (recipe.health)
        artefact->has_health = read_file(recipe.health, artefact->health, sizeof artefact->health) > 0;
}

static void kill_it(pid_t child)
{
    account.artefact.killed = 1;
    kill(child, SIGKILL);
    while (!has_ended(child))
        listen(TICK);
}

static void wait_until_ready(pid_t child)
{
    long end = milliseconds() + recipe.patience;
    while (!all_ready()) {
        if (has_ended(child))
            fail(FAILED, 0, "it ended before it was ready");
        if (milliseconds() > end) {
            kill_it(child);
            read_health();
            fail(FAILED, 0, "it was not ready after %d milliseconds", recipe.patience);
        }
        listen(TICK);
    }
    account.artefact.ready = 1;
}

/* A program made for a terminal ends by SIGINT, a service by SIGTERM; what ends by neither is killed. */
static void stop(pid_t child)
{
    static const int signals[] = {SIGINT, SIGTERM};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        long end = milliseconds() + GRACE / 2;
        kill(child, signals[i]);
        while (milliseconds() < end) {
            if (has_ended(child))
                return;
            listen(TICK);
        }
    }
    kill_it(child);
}

void observe_release(void)
{
    account.subject = "release";
    account.stage = "arch";
    read_lsms();
    read_recipe();
    make_files();
    look(&account.before, 1);
    account.stage = "start";
    pid_t child = start();
    account.stage = "ready";
    wait_until_ready(child);
    account.stage = "observe";
    look(&account.during, 1);
    if (has_ended(child))
        fail(FAILED, 0, "it ended while it was observed");
    account.stage = "stop";
    stop(child);
    read_health();
    look_until_open(&account.after, 1);
    if (account.artefact.killed)
        fail(FAILED, 0, "it went on for %d milliseconds after SIGINT and SIGTERM, and was killed", GRACE);
    finish(was_enforced() ? ENFORCED : NOT_ENFORCED);
}
