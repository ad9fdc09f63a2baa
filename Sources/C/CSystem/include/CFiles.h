// Files as Swift sees them: opening beneath a folder that can't be left, and what stat says in plain words.
#ifndef APUS_CFILES_H
#define APUS_CFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What a server needs to know of a file.
struct apus_file {
  int64_t size;
  int64_t modified_seconds;
  int64_t modified_nanoseconds;
  uint64_t inode;
  bool is_regular;
  bool is_folder;
  bool is_link;
};

/// Opens a folder to open files beneath; -errno.
int apus_open_folder_errno(const char *_Nonnull path);
/// Opens a path beneath a folder for reading: never outside it, symbolic links that lead out included; -errno (EXDEV
/// for what would leave). `careful` walks the path component by component, following no link, for systems without
/// openat2.
int apus_open_beneath_errno(int folder, const char *_Nonnull path, bool careful);
/// Looks at an open file; -errno.
int apus_stat_errno(int descriptor, struct apus_file *_Nonnull file);
/// Looks at a name in a folder, and follows no link; -errno.
int apus_stat_name_errno(int folder, const char *_Nonnull name, struct apus_file *_Nonnull file);
/// Reads into memory from a place of a file, all of `count` unless the file ends before; the count, or -errno.
ssize_t apus_read_at_errno(int descriptor, void *_Nonnull into, size_t count, int64_t offset);

/// The names in a folder, to be read with apus_next_name and closed; NULL when it can't be read.
void *_Nullable apus_open_names(int folder);
/// The next name, which stays until the call after; NULL at the end. `.` and `..` are left out.
const char *_Nullable apus_next_name(void *_Nonnull names);
void apus_close_names(void *_Nonnull names);

#endif
