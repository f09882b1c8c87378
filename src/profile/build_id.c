#include "profile/build_id.h"

#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

#define MAX_NOTES 65536 /* bytes; what is larger is no set of notes that a linker made */

static uint64_t padded(uint64_t n, size_t align)
{
    return (n + align - 1) / align * align;
}

/* A note is three words (length of name, of content, type), the name, the content. */
size_t hwp_build_id_of_notes(const uint8_t *notes, size_t size, size_t align,
                             uint8_t id[HWP_BUILD_ID_MAX])
{
    uint32_t head[3];

    while (size >= sizeof(head)) {
        memcpy(head, notes, sizeof(head));
        uint64_t content = padded(sizeof(head) + (uint64_t)head[0], align);
        uint64_t end = content + head[1];
        if (end > size)
            return 0;
        if (head[2] == NT_GNU_BUILD_ID && head[0] == 4 && head[1] &&
            memcmp(notes + sizeof(head), "GNU", 4) == 0) {
            size_t len = head[1] > HWP_BUILD_ID_MAX ? HWP_BUILD_ID_MAX : head[1];
            memcpy(id, notes + content, len);
            return len;
        }
        end = padded(end, align);
        if (end > size)
            return 0;
        notes += end;
        size -= end;
    }
    return 0;
}

static size_t in_segment(int fd, const GElf_Phdr *ph, uint8_t id[HWP_BUILD_ID_MAX])
{
    if (ph->p_type != PT_NOTE || ph->p_filesz > MAX_NOTES)
        return 0;
    uint8_t *notes hwp_cleanup(hwp_free_cleanup) = hwp_alloc(ph->p_filesz);
    ssize_t n = pread(fd, notes, ph->p_filesz, (off_t)ph->p_offset);
    return n > 0 ? hwp_build_id_of_notes(notes, (size_t)n, ph->p_align == 8 ? 8 : 4, id) : 0;
}

static size_t in_file(int fd, uint8_t id[HWP_BUILD_ID_MAX])
{
    size_t nr = 0, len = 0;
    GElf_Phdr ph;

    elf_version(EV_CURRENT);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    if (elf && elf_kind(elf) == ELF_K_ELF && elf_getphdrnum(elf, &nr) == 0)
        for (size_t i = 0; i < nr && !len; i++)
            if (gelf_getphdr(elf, (int)i, &ph))
                len = in_segment(fd, &ph, id);
    elf_end(elf);
    return len;
}

static uint64_t ns_of(const struct timespec *ts)
{
    return (uint64_t)ts->tv_sec * 1000000000u + (uint64_t)ts->tv_nsec;
}

static bool is_mapped_one(const struct stat *st, const struct hwp_dso *dso, uint64_t since_ns)
{
    /* File systems in layers show another device than the one mapped: then time alone tells. */
    if (dso->inode && dso->device == st->st_dev && dso->inode != st->st_ino)
        return false;
    return S_ISREG(st->st_mode) && ns_of(&st->st_ctim) <= since_ns && ns_of(&st->st_mtim) <= since_ns;
}

size_t hwp_build_id_of_dso(const struct hwp_dso *dso, uint64_t since_ns,
                           uint8_t id[HWP_BUILD_ID_MAX])
{
    struct stat st;
    int fd = open(dso->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return 0;
    size_t len = fstat(fd, &st) == 0 && is_mapped_one(&st, dso, since_ns) ? in_file(fd, id) : 0;
    close(fd);
    return len;
}

size_t hwp_build_id_of_kernel(uint8_t id[HWP_BUILD_ID_MAX])
{
    uint8_t notes[4096];
    int fd = open("/sys/kernel/notes", O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    ssize_t n = read(fd, notes, sizeof(notes));
    close(fd);
    return n > 0 ? hwp_build_id_of_notes(notes, (size_t)n, 4, id) : 0;
}
