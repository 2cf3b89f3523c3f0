/* Where the running kernel keeps what the rule reads: from its own type information, because offsets move between kernels.
 *
 * Format: Documentation/bpf/btf.rst of the kernel.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smoke.h"

#define PLACE "/sys/kernel/btf/vmlinux"
#define LARGEST (64u << 20)

enum kind { PTR = 2, STRUCT = 4, UNION = 5, TYPEDEF = 8, VOLATILE, CONST, RESTRICT, FUNC = 12, TYPE_TAG = 18, LAST = 19 };

struct header {
    uint16_t magic;
    uint8_t version, flags;
    uint32_t length, types, types_length, strings, strings_length;
};
struct type {
    uint32_t name, info, size;
};
struct member {
    uint32_t name, type, offset;
};

/* Bytes after each kind's `struct type`: a fixed part, and a part per element. */
static const struct {
    uint8_t fixed, each;
} after[LAST + 1] = {[1] = {4, 0},  [3] = {12, 0}, [4] = {0, 12},  [5] = {0, 12}, [6] = {0, 8},
                     [13] = {0, 8}, [14] = {4, 0}, [15] = {0, 12}, [17] = {4, 0}, [19] = {0, 12}};

static char *bytes;
static const char *strings;
static uint32_t *places, count; /* of the types, by id; ids begin at 1 */

static const struct type *type_at(uint32_t id)
{
    return (const struct type *)(bytes + places[id]);
}

static unsigned kind_of(const struct type *type)
{
    return type->info >> 24 & 0x1f;
}

static unsigned elements_of(const struct type *type)
{
    return type->info & 0xffffff;
}

static size_t read_all(void)
{
    size_t length = 0;
    ssize_t got;
    int file = open(PLACE, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        fail(UNSUPPORTED, errno, "%s cannot be read: the kernel tells nothing of its types", PLACE);
    bytes = malloc(LARGEST);
    if (!bytes)
        fail(FAILED, errno, "no memory for the kernel's types");
    while (length < LARGEST && (got = read(file, bytes + length, LARGEST - length)) > 0)
        length += (size_t)got;
    close(file);
    return length;
}

static void index_types(size_t length)
{
    const struct header *header = (const struct header *)bytes;
    if (length < sizeof *header || header->magic != 0xeb9f ||
        header->length + (size_t)header->strings + header->strings_length > length ||
        header->length + (size_t)header->types + header->types_length > length)
        fail(FAILED, 0, "%s is no type information of this byte order", PLACE);
    strings = bytes + header->length + header->strings;
    uint32_t place = header->length + header->types, end = place + header->types_length;
    places = malloc(((end - place) / sizeof(struct type) + 2) * sizeof *places);
    if (!places)
        fail(FAILED, errno, "no memory for the kernel's types");
    for (count = 0; place < end;) {
        const struct type *type = (const struct type *)(bytes + place);
        unsigned kind = kind_of(type);
        if (kind == 0 || kind > LAST)
            fail(FAILED, 0, "%s has a kind of type, %u, that this program does not know", PLACE, kind);
        places[++count] = place;
        place += sizeof *type + after[kind].fixed + after[kind].each * elements_of(type);
    }
}

/* The id of the type of that kind and name, 0 if there is none. */
static uint32_t find(enum kind kind, const char *name)
{
    for (uint32_t id = 1; id <= count; id++)
        if (kind_of(type_at(id)) == kind && strcmp(strings + type_at(id)->name, name) == 0)
            return id;
    return 0;
}

/* In bytes. Types have few layers; a circle of them would be the kernel's own fault. */
static uint32_t size_of(uint32_t id)
{
    while (id && id <= count)
        switch (kind_of(type_at(id))) {
        case TYPEDEF:
        case VOLATILE:
        case CONST:
        case RESTRICT:
        case TYPE_TAG:
            id = type_at(id)->size;
            break;
        case PTR:
            return sizeof(void *);
        default:
            return type_at(id)->size;
        }
    return 0;
}

/* The member's offset in bits, looked for in nameless inner structs and unions, too; -1 if there is none. */
static long bit_offset(uint32_t id, const char *name, uint32_t *member_type)
{
    const struct type *type = type_at(id);
    const struct member *member = (const struct member *)(type + 1);
    for (unsigned i = 0; i < elements_of(type); i++, member++) {
        long offset = type->info >> 31 ? member->offset & 0xffffff : member->offset;
        const struct type *inner = member->type && member->type <= count ? type_at(member->type) : NULL;
        if (strcmp(strings + member->name, name) == 0) {
            *member_type = member->type;
            return offset;
        }
        if (inner && !strings[member->name] && (kind_of(inner) == STRUCT || kind_of(inner) == UNION)) {
            long deeper = bit_offset(member->type, name, member_type);
            if (deeper >= 0)
                return offset + deeper;
        }
    }
    return -1;
}

static int offset_of(const char *owner, const char *name, uint32_t size)
{
    uint32_t id = find(STRUCT, owner), member_type = 0;
    long bits = id ? bit_offset(id, name, &member_type) : -1;
    if (bits < 0 || bits % 8 || size_of(member_type) != size)
        fail(FAILED, 0, "struct %s has no %s of %u bytes in this kernel", owner, name, size);
    return (int)(bits / 8);
}

void read_layout(struct layout *layout)
{
    index_types(read_all());
    layout->hook = (int)find(FUNC, "bpf_lsm_file_open");
    if (!layout->hook)
        fail(UNSUPPORTED, 0, "the kernel was built without BPF LSM: it has no bpf_lsm_file_open");
    layout->file_inode = offset_of("file", "f_inode", 8);
    layout->inode_ino = offset_of("inode", "i_ino", 8);
    layout->inode_sb = offset_of("inode", "i_sb", 8);
    layout->sb_dev = offset_of("super_block", "s_dev", 4);
}
