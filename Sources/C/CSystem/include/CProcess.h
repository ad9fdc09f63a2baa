#ifndef CPROCESS_H
#define CPROCESS_H

#include <stdbool.h>
#include <stdint.h>

/// What the system knows of this process; -1 where it does not tell.
struct apus_process {
  /// Memory that is in RAM, and all that is mapped, in bytes.
  int64_t resident, mapped;
  /// Processor time of all threads, in nanoseconds.
  int64_t processor;
  /// When the process began, in seconds since 1970.
  double began;
  /// Open descriptors, and how many there may be.
  int64_t descriptors, most_descriptors;
  int64_t threads;
};

/// Fills `process`; reads /proc on Linux.
void apus_read_process(struct apus_process *process);

/// Takes the program's code and constants out of the resident set, and what is needed again comes back from the page
/// cache, 64 KiB at a time: most of what a start has touched is not. Linux; nothing elsewhere.
void apus_release_image(void);

#endif
