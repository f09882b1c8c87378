/* The vDSO has no file: the kernel maps it into every process, this one included. */
#include "symbols/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/file.h"

static size_t mapped_size(unsigned long base)
{
    size_t len = 0;
    hwp_cleanup(hwp_free_cleanup) char *maps = hwp_file_read("/proc/self/maps", 64u << 20, &len);
    char *state = NULL;

    for (char *line = maps ? strtok_r(maps, "\n", &state) : NULL; line;
         line = strtok_r(NULL, "\n", &state)) {
        unsigned long start = 0, end = 0;
        if (sscanf(line, "%lx-%lx r", &start, &end) == 2 && start == base && end > start)
            return end - start;
    }
    return 0;
}

struct hwp_elf *hwp_vdso_open(void)
{
    unsigned long base = getauxval(AT_SYSINFO_EHDR);
    size_t size = base ? mapped_size(base) : 0;
    struct hwp_elf *e = NULL;

    if (!size)
        return NULL;
    char *image = hwp_alloc(size);
    memcpy(image, (const void *)base, size);
    return hwp_elf_open_image(image, size, &e) == HWP_MODULE_OK ? e : NULL;
}
