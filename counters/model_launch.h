/*
 * Running a workload under the modelled PMU's tool: where Valgrind and the tool are, whether a
 * program can be modelled, and the command line that does it. Nothing here starts anything.
 *
 * The tool is looked for in $HWPROF_MODEL_DIR, else beside hwprof: ../libexec/hwprof/model of an
 * installation, libexec/hwprof/model of a build directory. One thread at a time.
 */
#ifndef HWP_COUNTERS_MODEL_LAUNCH_H
#define HWP_COUNTERS_MODEL_LAUNCH_H

#include <stdbool.h>

#include "base/error.h"
#include "base/vec.h"

HWP_VEC_TYPE(hwp_argv, char *);

/* How a workload is launched: everything owned, hwp_launch_deinit frees it. A zeroed one is valid. */
struct hwp_launch {
    struct hwp_argv argv;    /* NULL-terminated; argv[0] is searched on PATH */
    struct hwp_argv env;     /* "NAME=VALUE" settings to add, NULL-terminated */
    bool fixed_addresses;    /* without address-space randomisation */
};
void hwp_launch_deinit(struct hwp_launch *launch);

/* The tool's directory; HWP_E_UNSUPPORTED, with what to install or set, where it or Valgrind is
 * missing. The caller frees it. */
struct hwp_error *hwp_model_tool_directory(char **ret) hwp_must_use;

/* Whether the executable file `path` can be modelled: HWP_E_UNSUPPORTED for programs of another
 * architecture or word size (Valgrind runs one tool per architecture) and for set-user-ID ones
 * (Valgrind can't give them their privileges). Scripts are judged by their interpreter. */
struct hwp_error *hwp_model_check_program(const char *path) hwp_must_use;

/* The launch of argv under the tool. `directory` gets the logs and holds the file `machine`;
 * `follow`: the workload's children run under the tool, too. */
struct hwp_error *hwp_model_launch(const char *directory, bool follow, char *const *argv,
                                   struct hwp_launch *ret) hwp_must_use;

#endif
