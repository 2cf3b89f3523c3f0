/* The payload denies by itself: proves that this worker's kernel can. */
#include <string.h>
#include <unistd.h>

#include "smoke.h"

static void check_architecture(void)
{
#if !defined(__x86_64__)
    fail(UNSUPPORTED, 0, "only x86_64 was ever tried");
#endif
}

/* An unreadable list says nothing: securityfs is empty in a container. */
static void check_lsms(void)
{
    char list[sizeof account.lsms + 2], *end;
    if (!account.lsms_readable)
        return;
    list[0] = ',';
    strcpy(list + 1, account.lsms);
    if ((end = strchr(list, '\n')))
        *end = 0;
    strcat(list, ",");
    if (!strstr(list, ",bpf,"))
        fail(UNSUPPORTED, 0, "bpf is not among the kernel's active LSMs");
}

void probe(void)
{
    struct layout layout;

    account.subject = "probe";
    account.stage = "arch";
    check_architecture();
    make_files();
    look(&account.before, 0);
    account.stage = "btf";
    read_lsms();
    check_lsms();
    read_layout(&layout);
    account.stage = "load";
    int program = load_rule(&layout, VICTIM);
    account.stage = "attach";
    int link = attach_rule(program);
    account.stage = "observe";
    look(&account.during, 0);
    account.stage = "detach";
    close(link);
    close(program);
    look_until_open(&account.after, 0);
    finish(was_enforced() ? ENFORCED : NOT_ENFORCED);
}
