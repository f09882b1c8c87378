/*
 * Reading a perf.data file, ours or perf's, into a folded profile.
 *
 * Two passes over the mapped file: the first collects what maps addresses to files and ids to
 * names (MMAP, MMAP2, COMM, FORK), each with its time; the second folds the samples, looking each
 * up at its own time, so records need no sorting.
 *
 * What is read: files of this machine's byte order, of any version of perf_event_attr, from hwprof
 * and from perf, and streams (perf record -o -) saved to a file. Not read (HWP_E_UNSUPPORTED, with
 * a hint): compressed recordings (-z), directories (--threads), pipes.
 *
 * perf's files hold no counts: an event's total there is the sum of its samples' periods, in the
 * state "scaled" with nothing left to scale, and the event's `reason` says so. A cell's cpu is
 * HWP_NO_CPU where samples don't carry it.
 */
#ifndef HWP_PROFILE_READER_H
#define HWP_PROFILE_READER_H

#include "base/error.h"
#include "profile/profile.h"

/* Reads `path`. A file cut short yields what is there, with run.truncated set and a note. Errors:
 * not found, denied, HWP_E_FORMAT for what is not a perf.data file or has no events in it. */
struct hwp_error *hwp_profile_read(const char *path, struct hwp_profile **ret) hwp_must_use;

#endif
