#include "counters/model_launch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#if defined(__x86_64__)
#define TOOL    "hwprof-amd64-linux"
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define TOOL    "hwprof-arm64-linux"
#define MACHINE EM_AARCH64
#else
#define TOOL    NULL
#define MACHINE EM_NONE
#endif

void hwp_launch_deinit(struct hwp_launch *launch)
{
    hwp_vec_foreach (&launch->argv, arg)
        free(*arg);
    hwp_vec_foreach (&launch->env, setting)
        free(*setting);
    hwp_vec_deinit(&launch->argv);
    hwp_vec_deinit(&launch->env);
}

/* --- Valgrind and the tool ------------------------------------------------------------------- */

/* Valgrind's launcher, which PATH names; NULL if it doesn't. Debian's `valgrind` is a script that
 * sets variables (LD_LIBRARY_PATH …) which the workload would see, and then runs valgrind.bin
 * beside it. */
static char *find_valgrind(void)
{
    const char *path = getenv("PATH");

    for (const char *dir = path ? path : "/usr/bin:/bin", *end; dir; dir = *end ? end + 1 : NULL) {
        end = strchrnul(dir, ':');
        char *file = hwp_asprintf("%.*s%svalgrind", (int)(end - dir), dir, end > dir ? "/" : "./");
        char *inner = hwp_asprintf("%s.bin", file);
        bool found = access(file, X_OK) == 0, has_inner = found && access(inner, X_OK) == 0;
        free(has_inner || !found ? file : inner);
        if (found)
            return has_inner ? inner : file;
        free(inner);
    }
    return NULL;
}

/* Takes `directory`; NULL if the tool isn't there. */
static char *with_tool(char *directory)
{
    hwp_cleanup(hwp_free_cleanup) char *file = hwp_asprintf("%s/%s", directory, TOOL);

    if (access(file, X_OK) == 0)
        return directory;
    free(directory);
    return NULL;
}

static char *beside_hwprof(void)
{
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

    if (n <= 0)
        return NULL;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (!slash)
        return NULL;
    *slash = '\0';
    char *found = with_tool(hwp_asprintf("%s/../libexec/hwprof/model", exe));
    return found ? found : with_tool(hwp_asprintf("%s/libexec/hwprof/model", exe));
}

static struct hwp_error *find_tool(char **ret)
{
    const char *set = getenv("HWPROF_MODEL_DIR");
    char *found = set && *set ? with_tool(hwp_strdup(set)) : beside_hwprof();

    if (!found && set && *set)
        return hwp_error_hint(
            hwp_error(HWP_E_UNSUPPORTED, "there is no %s in %s (HWPROF_MODEL_DIR)", TOOL, set),
            "unset HWPROF_MODEL_DIR, or name the directory that has it");
    if (!found)
        return hwp_error_hint(
            hwp_error(HWP_E_UNSUPPORTED, "this hwprof was built without the modelled PMU"),
            "build it where Valgrind's headers are installed: scripts/install-deps");
    *ret = found;
    return NULL;
}

struct hwp_error *hwp_model_tool_directory(char **ret)
{
    if (!TOOL)
        return hwp_error(HWP_E_UNSUPPORTED, "there is no modelled PMU for this architecture");
    hwp_cleanup(hwp_free_cleanup) char *valgrind = find_valgrind();
    if (!valgrind)
        return hwp_error_hint(
            hwp_error(HWP_E_UNSUPPORTED, "the modelled PMU needs Valgrind, which is not installed"),
            "install the package valgrind");
    return find_tool(ret);
}

/* --- the program ----------------------------------------------------------------------------- */

static size_t read_start(const char *path, void *into, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, into, size);

    if (fd >= 0)
        close(fd);
    return n < 0 ? 0 : (size_t)n;
}

/* The path after "#!"; false if there is none. Ends the text behind it. */
static bool interpreter_of(char *start, char **ret)
{
    if (strncmp(start, "#!", 2) != 0)
        return false;
    *ret = start + 2 + strspn(start + 2, " \t");
    (*ret)[strcspn(*ret, " \t\r\n")] = '\0';
    return **ret != '\0';
}

static struct hwp_error *check_file(const char *path, int depth)
{
    char start[256] __attribute__((aligned(8))) = {0};
    struct stat st;
    char *interpreter;

    if (stat(path, &st) == 0 && (st.st_mode & (S_ISUID | S_ISGID)) && geteuid() != 0)
        return hwp_error_hint(hwp_error(HWP_E_UNSUPPORTED,
                                        "%s is a set-user-ID program, which can't be modelled",
                                        path),
                              "--source clock, or run hwprof as root");
    size_t n = read_start(path, start, sizeof(start) - 1);
    if (depth < 4 && interpreter_of(start, &interpreter))
        return check_file(interpreter, depth + 1);
    if (n < sizeof(Elf64_Ehdr) || memcmp(start, ELFMAG, SELFMAG) != 0)
        return NULL;
    const Elf64_Ehdr *elf = (const void *)start; /* e_machine is where Elf32_Ehdr has it, too */
    if (elf->e_ident[EI_CLASS] != ELFCLASS64)
        return hwp_error_hint(
            hwp_error(HWP_E_UNSUPPORTED, "%s is a 32-bit program, which can't be modelled", path),
            "build it for 64 bits, or use --source clock");
    if (elf->e_machine != MACHINE)
        return hwp_error(HWP_E_UNSUPPORTED, "%s is a program of another architecture", path);
    return NULL;
}

struct hwp_error *hwp_model_check_program(const char *path)
{
    return check_file(path, 0);
}

/* --- the command line ------------------------------------------------------------------------ */

struct hwp_error *hwp_model_launch(const char *directory, bool follow, char *const *argv,
                                   struct hwp_launch *ret)
{
    /* No options from ~/.valgrindrc or $VALGRIND_OPTS: they may be for another tool. Fair
     * scheduling gives every thread its turn when the tool ends a slice. An instruction that
     * Valgrind doesn't know is to be named in spite of -q. Room for a thread costs 7 KB. No
     * debugger: its pipes in TMPDIR outlive a process that is killed. */
    static const char *const fixed[] = {
        "--command-line-only=yes",  "--tool=hwprof",     "-q", "--fair-sched=yes", "--vgdb=no",
        "--sigill-diagnostics=yes", "--max-threads=2000"};
    hwp_cleanup(hwp_free_cleanup) char *tool = NULL;

    HWP_TRY(hwp_model_tool_directory(&tool));
    hwp_vec_push(&ret->argv, find_valgrind());
    for (size_t i = 0; i < hwp_array_size(fixed); i++)
        hwp_vec_push(&ret->argv, hwp_strdup(fixed[i]));
    hwp_vec_push(&ret->argv, hwp_asprintf("--trace-children=%s", follow ? "yes" : "no"));
    hwp_vec_push(&ret->argv, hwp_asprintf("--log-file=%s/log.%%p", directory));
    hwp_vec_push(&ret->argv, hwp_asprintf("--machine=%s/machine", directory));
    hwp_vec_push(&ret->argv, hwp_strdup("--"));
    for (size_t i = 0; argv[i]; i++)
        hwp_vec_push(&ret->argv, hwp_strdup(argv[i]));
    hwp_vec_push(&ret->argv, NULL);
    hwp_vec_push(&ret->env, hwp_asprintf("VALGRIND_LIB=%s", tool));
    hwp_vec_push(&ret->env, NULL);
    ret->fixed_addresses = true;
    return NULL;
}
