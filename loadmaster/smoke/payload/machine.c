/* What init of the virtual machine does before anything else. A mount that is missing shows in what follows. */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "smoke.h"

static const struct {
    const char *kind, *place, *options;
} mounts[] = {
    {"devtmpfs", "/dev", "mode=0755"},
    {"proc", "/proc", NULL},
    {"sysfs", "/sys", NULL},
    {"securityfs", "/sys/kernel/security", NULL},
    {"tracefs", "/sys/kernel/tracing", NULL},
    {"debugfs", "/sys/kernel/debug", NULL},
    {"bpf", "/sys/fs/bpf", NULL},
    {"cgroup2", "/sys/fs/cgroup", NULL},
    {"tmpfs", "/run", "mode=0755"},
    {"tmpfs", "/tmp", "mode=1777"},
};

/* The kernel gives init the console; where it could not, because /dev was empty, take it now. */
static void take_console(void)
{
    int console = open("/dev/console", O_RDWR);
    if (console < 0)
        return;
    for (int stream = 0; stream < 3; stream++)
        dup2(console, stream);
    if (console > 2)
        close(console);
}

void mount_machine(void)
{
    for (unsigned i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        mkdir(mounts[i].place, 0755);
        mount(mounts[i].kind, mounts[i].place, mounts[i].kind, MS_NOSUID, mounts[i].options);
        if (i == 0)
            take_console();
    }
}
