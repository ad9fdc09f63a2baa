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

/// A new file without a name, for reading and writing, that is gone when it is closed unless it is linked before; -errno.
/// `linkable` wants one that can be linked: -EOPNOTSUPP where the file system has none.
int apus_create_unnamed_errno(int folder, bool linkable);
/// A new file of that name for writing; -errno (EEXIST when something has the name, a dangling link included).
int apus_create_named_errno(int folder, const char *_Nonnull name);
/// Opens a file of that name for writing, and follows no link; -errno.
int apus_open_named_errno(int folder, const char *_Nonnull name);
/// Gives an unnamed file a name; -errno (EEXIST when something has it).
int apus_link_unnamed_errno(int descriptor, int folder, const char *_Nonnull name);
/// Gives a file another name in its folder, or in another one. `replaces`: instead of what has that name; -errno.
int apus_rename_errno(int folder, const char *_Nonnull from, int to_folder, const char *_Nonnull to, bool replaces);
/// Removes a file's name; -errno.
int apus_unlink_errno(int folder, const char *_Nonnull name);
/// Makes a folder; 0 also when it is there already; -errno.
int apus_make_folder_errno(int folder, const char *_Nonnull name);
/// Writes all of the bytes at a place of a file; 0, or -errno.
int apus_write_at_errno(int descriptor, const void *_Nonnull from, size_t count, int64_t offset);
/// Returns when the file, or the names of the folder, are on the disk; -errno.
int apus_sync_errno(int descriptor);

/// The names in a folder, to be read with apus_next_name and closed; NULL when it can't be read.
void *_Nullable apus_open_names(int folder);
/// The next name, which stays until the call after; NULL at the end. `.` and `..` are left out.
const char *_Nullable apus_next_name(void *_Nonnull names);
void apus_close_names(void *_Nonnull names);

#endif
