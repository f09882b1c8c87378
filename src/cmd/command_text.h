/*
 * A command line as one text that a shell would take apart again.
 */
#ifndef HWP_CMD_COMMAND_TEXT_H
#define HWP_CMD_COMMAND_TEXT_H

/* argv up to its NULL, quoted where it must be. The caller frees it. */
char *hwp_command_text(char *const *argv);

#endif
