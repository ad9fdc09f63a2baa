// Files as Swift sees them: opening beneath a folder that can't be left, and what stat says in plain words.
#ifndef APUS_CFILES_H
#define APUS_CFILES_H

#include <stdbool.h>
#include <stdint.h>

/// What a server needs to know of a file.
struct apus_file {
  int64_t size;
  int64_t modified_seconds;
  int64_t modified_nanoseconds;
  uint64_t inode;
  bool is_regular;
  bool is_folder;
};

/// Opens a folder to open files beneath; -errno.
int apus_open_folder_errno(const char *_Nonnull path);
/// Opens a path beneath a folder for reading: never outside it, symbolic links that lead out included; -errno (EXDEV
/// for what would leave). `careful` walks the path component by component, following no link, for systems without
/// openat2.
int apus_open_beneath_errno(int folder, const char *_Nonnull path, bool careful);
/// Looks at an open file; -errno.
int apus_stat_errno(int descriptor, struct apus_file *_Nonnull file);

#endif
