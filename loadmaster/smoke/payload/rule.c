/* The rule: one program on file_open that denies one inode of our own tmpfs, to our own cgroup where that has an id.
 *
 * Never anything wider: a rule that denies too much keeps the very command from starting that would take it away.
 * Nothing is pinned; the rule lives as long as the descriptor that `attach_rule` returns.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "smoke.h"

#define CGROUPS "/sys/fs/cgroup"
#define CGROUP2_MAGIC 0x63677270
#define MOST 32

static struct bpf_insn code[MOST];
static unsigned length, misses[4], missing; /* jumps to the end that allows */
static char verifier[65536];

static long bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
    return syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static void add(uint8_t operation, uint8_t to, uint8_t from, int16_t offset, int32_t immediate)
{
    code[length++] =
        (struct bpf_insn){.code = operation, .dst_reg = to, .src_reg = from, .off = offset, .imm = immediate};
}

static void load_member(uint8_t size, uint8_t to, uint8_t from, int offset)
{
    add(BPF_LDX | BPF_MEM | size, to, from, (int16_t)offset, 0);
}

/* Goes on if the register equals `wanted`, else allows. */
static void demand(uint8_t reg, uint64_t wanted)
{
    add(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_5, 0, 0, (int32_t)wanted);
    add(0, 0, 0, 0, (int32_t)(wanted >> 32));
    misses[missing++] = length;
    add(BPF_JMP | BPF_JNE | BPF_X, reg, BPF_REG_5, 0, 0);
}

static void leave(int32_t answer)
{
    add(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, answer);
    add(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The id of our cgroup as the rule's helper tells it; 0 on a host without cgroup v2, where there is none. */
static uint64_t own_cgroup(void)
{
    struct statfs system;
    struct stat top;
    if (statfs(CGROUPS, &system) != 0 || system.f_type != CGROUP2_MAGIC || stat(CGROUPS, &top) != 0)
        return 0;
    return top.st_ino;
}

static void write_rule(const struct layout *layout, const char *path)
{
    struct stat victim;
    uint64_t cgroup = own_cgroup();

    length = missing = 0;
    if (stat(path, &victim) != 0)
        fail(FAILED, errno, "%s is gone", path);
    load_member(BPF_DW, BPF_REG_1, BPF_REG_1, 0); /* the hook's first argument: struct file * */
    load_member(BPF_DW, BPF_REG_2, BPF_REG_1, layout->file_inode);
    load_member(BPF_DW, BPF_REG_3, BPF_REG_2, layout->inode_ino);
    demand(BPF_REG_3, victim.st_ino);
    load_member(BPF_DW, BPF_REG_3, BPF_REG_2, layout->inode_sb);
    load_member(BPF_W, BPF_REG_3, BPF_REG_3, layout->sb_dev);
    demand(BPF_REG_3, (uint64_t)major(victim.st_dev) << 20 | minor(victim.st_dev)); /* the kernel's own dev_t */
    if (cgroup) {
        add(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_cgroup_id);
        demand(BPF_REG_0, cgroup);
    }
    leave(-EPERM);
    for (unsigned i = 0; i < missing; i++)
        code[misses[i]].off = (int16_t)(length - misses[i] - 1);
    leave(0);
}

/* What a refusal with that errno says: of us, of the kernel, or of neither. */
static enum ending refused(int number)
{
    if (number != EPERM || verifier[0])
        return FAILED;
    return may_load() ? REFUSED : NO_PRIVILEGE;
}

/* A program that denies the file at `path`, accepted by the kernel. */
int load_rule(const struct layout *layout, const char *path)
{
    union bpf_attr attributes;
    write_rule(layout, path);
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_LSM;
    attributes.expected_attach_type = BPF_LSM_MAC;
    attributes.attach_btf_id = (uint32_t)layout->hook;
    attributes.insns = (uintptr_t)code;
    attributes.insn_cnt = length;
    attributes.license = (uintptr_t) "GPL";
    attributes.log_level = 1;
    attributes.log_buf = (uintptr_t)verifier;
    attributes.log_size = sizeof verifier;
    long program = bpf(BPF_PROG_LOAD, &attributes);
    if (program < 0) {
        int number = errno;
        fail(refused(number), number, "%s", verifier[0] ? verifier : "refused before the verifier looked at it");
    }
    verifier[0] = 0;
    return (int)program;
}

/* The link: closing it takes the rule away. */
int attach_rule(int program)
{
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.raw_tracepoint.prog_fd = (uint32_t)program;
    long link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes);
    if (link < 0) {
        int number = errno;
        fail(refused(number), number, "the rule was loaded, and cannot be attached");
    }
    return (int)link;
}
