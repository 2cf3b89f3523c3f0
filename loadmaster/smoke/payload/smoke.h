/* The payload of the LSM smoke test: what its files know of each other.
 *
 * One static program serves three places: as a probe in a container on the worker's kernel, as init of a virtual machine,
 * and as the observer of a released program that is to deny. It prints one line, `LSM-SMOKE {json}`, whose shape is told in
 * loadmaster/planning/smoke/report.py, and ends with the code that the line names. It never judges more than that code.
 */
#ifndef SMOKE_H
#define SMOKE_H

#include <stddef.h>

#define ROOM "/run/smoke"
#define VICTIM ROOM "/victim"
#define CONTROL ROOM "/control"
#define RECIPE "/subject/recipe"
#define NOBODY 65534

enum ending {
    ENFORCED = 0,
    NOT_ENFORCED = 1,
    UNSUPPORTED = 3,
    NO_PRIVILEGE = 4,
    REFUSED = 5,
    FAILED = 70,
    OUT_OF_TIME = 142
};

/* Three opens at one time; errnos, 0 for a file that was opened. */
struct moment {
    int seen;
    long ms;
    int victim, control, other;
};

struct artefact {
    int started, ready, exit, signal, killed; /* exit and signal: -1 if there is none */
    char health[16001];
    int has_health;
};

/* All that the report says; filled in while things happen, so that a deadline finds it as far as it got. */
struct account {
    const char *subject, *stage;
    int failed_errno;
    const char *failed_message; /* null: nothing failed */
    char lsms[512];             /* as the kernel lists them, by commas */
    int lsms_readable;
    struct moment before, during, after;
    struct artefact artefact;
};
extern struct account account;

/* report.c */
void remember_start(void);
long milliseconds(void);
void keep_deadline(unsigned seconds);
void leave_by_debug_port(void);
void finish(enum ending code) __attribute__((noreturn));
void fail(enum ending code, int number, const char *format, ...) __attribute__((noreturn, format(printf, 3, 4)));

/* facts.c */
size_t read_file(const char *path, char *into, size_t room);
void read_capabilities(char hex[17]);
void read_uid_map(char line[64]);
void read_lsms(void);
int may_load(void);

/* observe.c */
void make_files(void);
void look(struct moment *moment, int other_user);
void look_until_open(struct moment *moment, int other_user);
int was_enforced(void);

/* btf.c */
struct layout {
    int hook;                             /* type id of bpf_lsm_file_open */
    int file_inode, inode_ino, inode_sb, sb_dev; /* offsets in bytes */
};
void read_layout(struct layout *layout);

/* rule.c */
int load_rule(const struct layout *layout, const char *path);
int attach_rule(int program);

/* the subjects, and the machine */
void probe(void) __attribute__((noreturn));
void observe_release(void) __attribute__((noreturn));
void mount_machine(void);

#endif
