/* What the kernel says of itself and of us. None of it is proof of anything; a denial is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smoke.h"

#define CAP_SYS_ADMIN 21
#define CAP_PERFMON 38
#define CAP_BPF 39

/* At most `room` - 1 bytes, ended by a zero; how many, 0 if there is nothing to read. */
size_t read_file(const char *path, char *into, size_t room)
{
    size_t length = 0;
    ssize_t got;
    int file = open(path, O_RDONLY | O_CLOEXEC);

    into[0] = 0;
    if (file < 0)
        return 0;
    while (length < room - 1 && (got = read(file, into + length, room - 1 - length)) > 0)
        length += (size_t)got;
    close(file);
    into[length] = 0;
    return length;
}

void read_capabilities(char hex[17])
{
    static char status[8192];
    read_file("/proc/self/status", status, sizeof status);
    const char *found = strstr(status, "CapEff:\t");
    snprintf(hex, 17, "%.16s", found ? found + 8 : "0000000000000000");
}

void read_uid_map(char line[64])
{
    char text[256];
    unsigned inside, outside, length;
    read_file("/proc/self/uid_map", text, sizeof text);
    if (sscanf(text, "%u %u %u", &inside, &outside, &length) == 3)
        snprintf(line, 64, "%u %u %u", inside, outside, length);
    else
        line[0] = 0;
}

void read_lsms(void)
{
    account.lsms_readable = read_file("/sys/kernel/security/lsm", account.lsms, sizeof account.lsms) > 0;
}

/* Whether we hold what loading takes. A user namespace shows full capabilities that are worth nothing here. */
int may_load(void)
{
    char hex[17], map[64];
    read_capabilities(hex);
    read_uid_map(map);
    unsigned long long held = strtoull(hex, NULL, 16);
    unsigned long long both = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON;
    return strcmp(map, "0 0 4294967295") == 0 && (held & 1ULL << CAP_SYS_ADMIN || (held & both) == both);
}
