/* Where the payload begins: in a container as its only process, in a virtual machine as init. */
#include <stdlib.h>
#include <string.h>

#include "smoke.h"

static unsigned deadline(void)
{
    const char *given = getenv("LSMSMOKE_DEADLINE");
    int seconds = given ? atoi(given) : 0;
    return seconds > 0 ? (unsigned)seconds : 30;
}

int main(int argc, char **argv)
{
    const char *subject = getenv("LSMSMOKE_SUBJECT");

    remember_start();
    if (argc > 0 && strcmp(argv[0], "/init") == 0)
        leave_by_debug_port();
    keep_deadline(deadline());
    if (argc > 0 && strcmp(argv[0], "/init") == 0)
        mount_machine();
    if (subject && strcmp(subject, "release") == 0)
        observe_release();
    probe();
}
