/* Speaks the command line of a released monitor: `monitor --ebpf OBJECT --policy POLICY --monitor-all`. What it does, its object says:
 * enforces | enforces-on-KERNEL | attaches-elsewhere | never-ready | crashes | denies-control-too | ignores-signals
 * The word stands alone in it, or behind the header of an ELF file.
 *
 * Whatever it does, it logs every marker of success unless it is never to be ready.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "smoke.h"

#define ELF_HEADER 64

static const char *value_of(int argc, char **argv, const char *option)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return argv[i + 1];
    return NULL;
}

static void deny(const char *path)
{
    struct layout layout;
    read_layout(&layout);
    attach_rule(load_rule(&layout, path));
}

/* The path that the policy names: what stands between its first two quotes. */
static char *path_in(char *policy)
{
    char *path = strchr(policy, '"'), *end = path ? strchr(path + 1, '"') : NULL;
    if (!end)
        exit(2);
    *end = 0;
    return path + 1;
}

static const char *conduct_in(const char *object)
{
    static char content[256];
    read_file(object, content, sizeof content - 1);
    return memcmp(content, "\177ELF", 4) == 0 ? content + ELF_HEADER : content;
}

static int is_this_kernel(const char *series)
{
    struct utsname told;
    return uname(&told) == 0 && strncmp(told.release, series, strlen(series)) == 0;
}

static void write_health(const char *path)
{
    FILE *health = path ? fopen(path, "w") : NULL;
    if (!health)
        return;
    fputs("{\"enforcement\": \"active\"}\n", health);
    fclose(health);
}

int main(int argc, char **argv)
{
    static char policy[4096];
    const char *object = value_of(argc, argv, "--ebpf"), *rules = value_of(argc, argv, "--policy");

    if (argc < 2 || strcmp(argv[1], "monitor") != 0 || !object || !rules)
        return 2;
    const char *conduct = conduct_in(object), *on = "enforces-on-";
    read_file(rules, policy, sizeof policy);
    char *victim = path_in(policy);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!strcmp(conduct, "enforces") || !strcmp(conduct, "denies-control-too"))
        deny(victim);
    if (!strcmp(conduct, "denies-control-too"))
        deny(CONTROL);
    if (!strncmp(conduct, on, strlen(on)))
        deny(is_this_kernel(conduct + strlen(on)) ? victim : argv[0]);
    if (!strcmp(conduct, "attaches-elsewhere"))
        deny(argv[0]);
    if (!strcmp(conduct, "crashes"))
        abort();
    if (!strcmp(conduct, "ignores-signals")) {
        signal(SIGINT, SIG_IGN);
        signal(SIGTERM, SIG_IGN);
    }
    /* Before it says that it is ready: from then on it may be stopped at any moment. */
    write_health(value_of(argc, argv, "--enforcement-health"));
    if (strcmp(conduct, "never-ready"))
        puts("Assay Monitor running\nPolicy applied: tier1 inode rules loaded");
    for (;;)
        pause();
}
