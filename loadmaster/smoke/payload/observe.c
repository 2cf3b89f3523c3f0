/* Opens the victim and the control, from here and from another process. Opening is the only question that counts. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smoke.h"

#define PATIENCE 3000 /* milliseconds until a closed link must have let go */
#define NOT_ANOTHER_USER -1

static void make_file(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || write(file, "smoke\n", 6) != 6 || fchmod(file, 0644) != 0)
        fail(FAILED, errno, "%s cannot be made", path);
    close(file);
}

void make_files(void)
{
    if (mkdir(ROOM, 0755) != 0 && errno != EEXIST)
        fail(FAILED, errno, "%s cannot be made", ROOM);
    make_file(VICTIM);
    make_file(CONTROL);
}

static int open_errno(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno;
    close(file);
    return 0;
}

static int become_nobody(void)
{
    return setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0;
}

static int opened_by_another(int other_user)
{
    int pipe_ends[2], seen = NOT_ANOTHER_USER;
    if (pipe2(pipe_ends, O_CLOEXEC) != 0)
        fail(FAILED, errno, "no pipe for the other process");
    pid_t child = fork();
    if (child < 0)
        fail(FAILED, errno, "no other process");
    if (child == 0) {
        if (!other_user || become_nobody())
            seen = open_errno(VICTIM);
        _exit(write(pipe_ends[1], &seen, sizeof seen) == sizeof seen ? 0 : 1);
    }
    close(pipe_ends[1]);
    ssize_t got = read(pipe_ends[0], &seen, sizeof seen);
    close(pipe_ends[0]);
    waitpid(child, NULL, 0);
    if (got != sizeof seen)
        fail(FAILED, 0, "the other process told nothing");
    if (seen == NOT_ANOTHER_USER)
        fail(FAILED, 0, "the other process could not become another user");
    return seen;
}

void look(struct moment *moment, int other_user)
{
    moment->victim = open_errno(VICTIM);
    moment->control = open_errno(CONTROL);
    moment->other = opened_by_another(other_user);
    moment->ms = milliseconds();
    moment->seen = 1;
}

/* Letting go takes the kernel a few milliseconds, so it is looked at until all is open, or for PATIENCE. */
void look_until_open(struct moment *moment, int other_user)
{
    long end = milliseconds() + PATIENCE;
    do {
        look(moment, other_user);
        if (!moment->victim && !moment->control && !moment->other)
            return;
        usleep(2000);
    } while (milliseconds() < end);
}

static int is_denial(int number)
{
    return number == EPERM || number == EACCES;
}

static int is_open(const struct moment *moment)
{
    return moment->seen && !moment->victim && !moment->control && !moment->other;
}

int was_enforced(void)
{
    const struct moment *during = &account.during;
    return is_open(&account.before) && is_open(&account.after) && is_denial(during->victim) &&
           is_denial(during->other) && !during->control;
}
