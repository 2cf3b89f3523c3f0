/* The one line, the exit code, and the deadline inside.
 *
 * As the first process of a PID namespace the payload is not ended by a signal's default action, so the alarm and SIGTERM
 * have handlers. A virtual machine has no exit code: QEMU's debug port carries it out.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <sys/io.h>
#endif

#include "smoke.h"

#define DEBUG_PORT 0xf4

struct account account = {.subject = "probe", .stage = "arch"};
static struct timespec start;
static int in_machine;
static char line[60000], message[4001];
static size_t used;

void remember_start(void)
{
    clock_gettime(CLOCK_MONOTONIC, &start);
}

long milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000;
}

void leave_by_debug_port(void)
{
    in_machine = 1;
}

static void put(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line + used, sizeof line - used, format, arguments);
    va_end(arguments);
    if (length > 0)
        used += (size_t)length < sizeof line - used ? (size_t)length : sizeof line - used - 1;
}

/* A JSON string. Bytes beyond ASCII become U+FFFD: what they were is nobody's evidence. */
static void put_string(const char *text)
{
    put("\"");
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            put("\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            put("\\u%04x", byte);
        else if (byte >= 0x80)
            put("\\ufffd");
        else
            put("%c", byte);
    }
    put("\"");
}

static void put_moment(const char *name, const struct moment *moment)
{
    if (moment->seen)
        put(",\"%s\":{\"ms\":%ld,\"victim\":%d,\"control\":%d,\"other\":%d}", name, moment->ms, moment->victim,
            moment->control, moment->other);
    else
        put(",\"%s\":null", name);
}

static void put_lsms(void)
{
    if (!account.lsms_readable) {
        put(",\"lsms\":null");
        return;
    }
    char names[sizeof account.lsms], *rest = names;
    const char *name, *comma = "";
    strcpy(names, account.lsms);
    put(",\"lsms\":[");
    while ((name = strsep(&rest, ",\n")))
        if (*name) {
            put("%s", comma);
            put_string(name);
            comma = ",";
        }
    put("]");
}

static void put_number_or_null(const char *name, int number)
{
    if (number < 0)
        put("\"%s\":null,", name);
    else
        put("\"%s\":%d,", name, number);
}

static void put_artefact(void)
{
    const struct artefact *artefact = &account.artefact;
    if (!artefact->started) {
        put(",\"artefact\":null");
        return;
    }
    put(",\"artefact\":{\"ready\":%s,", artefact->ready ? "true" : "false");
    put_number_or_null("exit", artefact->exit);
    put_number_or_null("signal", artefact->signal);
    put("\"killed\":%s,\"health\":", artefact->killed ? "true" : "false");
    if (artefact->has_health)
        put_string(artefact->health);
    else
        put("null");
    put("}");
}

static void put_head(enum ending code)
{
    const char *nonce = getenv("LSMSMOKE_NONCE");
    struct utsname kernel;
    char capabilities[17], uid_map[64];

    uname(&kernel);
    read_capabilities(capabilities);
    read_uid_map(uid_map);
    put("\nLSM-SMOKE {\"nonce\":");
    put_string(nonce ? nonce : "");
    put(",\"subject\":\"%s\",\"kernel\":", account.subject);
    put_string(kernel.release);
    put(",\"machine\":");
    put_string(kernel.machine);
    put(",\"exit\":%d,\"stage\":\"%s\",\"failed\":", code, account.stage);
    if (account.failed_message) {
        put("{\"errno\":%d,\"message\":", account.failed_errno);
        put_string(account.failed_message);
        put("}");
    } else {
        put("null");
    }
    put_lsms();
    put(",\"capabilities\":\"%s\",\"uid_map\":", capabilities);
    put_string(uid_map);
}

static void write_all(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t written = write(STDOUT_FILENO, text, length);
        if (written <= 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

/* QEMU ends with 2 * code + 1, cut to a byte; without its port the machine is switched off, and has no code. */
static void leave_machine(enum ending code)
{
    tcdrain(STDOUT_FILENO);
#if defined(__x86_64__)
    if (ioperm(DEBUG_PORT, 4, 1) == 0)
        outl((unsigned)code, DEBUG_PORT);
#endif
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

void finish(enum ending code)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    used = 0;
    put_head(code);
    put_moment("before", &account.before);
    put_moment("during", &account.during);
    put_moment("after", &account.after);
    put_artefact();
    put("}\n");
    write_all(line, used);
    if (in_machine)
        leave_machine(code);
    _exit(code);
}

void fail(enum ending code, int number, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    account.failed_errno = number;
    account.failed_message = message;
    finish(code);
}

static void out_of_time(int number)
{
    account.failed_errno = 0;
    account.failed_message = number == SIGTERM ? "told to end by SIGTERM" : "the deadline inside has passed";
    finish(OUT_OF_TIME);
}

void keep_deadline(unsigned seconds)
{
    struct sigaction action = {.sa_handler = out_of_time};
    sigaction(SIGALRM, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    alarm(seconds);
}
