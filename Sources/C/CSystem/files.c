#define _GNU_SOURCE
#include "CFiles.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

int apus_open_folder_errno(const char *path) {
  int made = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return made < 0 ? -errno : made;
}

// Each component by itself, links not followed: what is opened lies beneath the folder by construction.
static int open_carefully(int folder, const char *path) {
  int at = folder;
  while (1) {
    while (*path == '/') path++;
    const char *end = strchr(path, '/');
    size_t length = end ? (size_t)(end - path) : strlen(path);
    char name[256];
    if (length >= sizeof name) {
      if (at != folder) close(at);
      return -ENAMETOOLONG;
    }
    memcpy(name, path, length);
    name[length] = 0;
    if (length == 0) strcpy(name, ".");
    if (strcmp(name, "..") == 0) {
      if (at != folder) close(at);
      return -EXDEV;
    }
    const char *rest = end;
    while (rest && *rest == '/') rest++;
    bool last = rest == NULL || *rest == 0;
    // Only a folder has a slash behind it.
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (end ? O_DIRECTORY : 0);
    int made = openat(at, name, flags);
    int failure = made < 0 ? errno : 0;
    if (at != folder) close(at);
    if (made < 0) return failure == ELOOP || failure == EMLINK ? -EXDEV : -failure;
    if (last) return made;
    at = made;
    path = rest;
  }
}

int apus_open_beneath_errno(int folder, const char *path, bool careful) {
#if defined(__linux__) && defined(SYS_openat2)
  if (!careful) {
    struct open_how how = {
        .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long made;
    // EAGAIN: somebody renamed a folder on the way; look again, but not for ever.
    for (int tries = 0; tries < 8; tries++) {
      made = syscall(SYS_openat2, folder, *path ? path : ".", &how, sizeof how);
      if (made >= 0 || errno != EAGAIN) break;
    }
    if (made >= 0) return (int)made;
    if (errno != ENOSYS && errno != EPERM && errno != E2BIG) return -errno;
  }
#endif
  return open_carefully(folder, path);
}

static void describe(const struct stat *status, struct apus_file *file) {
  file->size = status->st_size;
#if defined(__APPLE__)
  file->modified_seconds = status->st_mtimespec.tv_sec;
  file->modified_nanoseconds = status->st_mtimespec.tv_nsec;
#else
  file->modified_seconds = status->st_mtim.tv_sec;
  file->modified_nanoseconds = status->st_mtim.tv_nsec;
#endif
  file->inode = status->st_ino;
  file->is_regular = S_ISREG(status->st_mode);
  file->is_folder = S_ISDIR(status->st_mode);
  file->is_link = S_ISLNK(status->st_mode);
}

int apus_stat_errno(int descriptor, struct apus_file *file) {
  struct stat status;
  if (fstat(descriptor, &status) < 0) return -errno;
  describe(&status, file);
  return 0;
}

int apus_stat_name_errno(int folder, const char *name, struct apus_file *file) {
  struct stat status;
  if (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -errno;
  describe(&status, file);
  return 0;
}

ssize_t apus_read_at_errno(int descriptor, void *into, size_t count, int64_t offset) {
  size_t done = 0;
  while (done < count) {
    ssize_t got = pread(descriptor, (char *)into + done, count - done, (off_t)(offset + (int64_t)done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -errno;
    if (got == 0) break;
    done += (size_t)got;
  }
  return (ssize_t)done;
}

int apus_create_unnamed_errno(int folder, bool linkable) {
#ifdef O_TMPFILE
  int made = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
  if (made >= 0) return made;
  // EISDIR: a kernel that does not know the flag.
  if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) return -errno;
#endif
  if (linkable) return -EOPNOTSUPP;
  static _Atomic unsigned next;
  for (int tries = 0; tries < 100; tries++) {
    char name[64];
    snprintf(name, sizeof name, ".apus-%ld-%u", (long)getpid(), next++);
    int named = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (named < 0 && errno == EEXIST) continue;
    if (named < 0) return -errno;
    unlinkat(folder, name, 0);
    return named;
  }
  return -EEXIST;
}

int apus_create_named_errno(int folder, const char *name) {
  int made = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  return made < 0 ? -errno : made;
}

int apus_open_named_errno(int folder, const char *name) {
  int made = openat(folder, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  return made < 0 ? -errno : made;
}

int apus_link_unnamed_errno(int descriptor, int folder, const char *name) {
#if defined(__linux__)
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
#else
  (void)descriptor, (void)folder, (void)name;
  return -EOPNOTSUPP;
#endif
}

int apus_rename_errno(int folder, const char *from, int to_folder, const char *to, bool replaces) {
  if (replaces) return renameat(folder, from, to_folder, to) < 0 ? -errno : 0;
  // A second name fails where something has it; no file system lacks a rename, but some lack links.
  if (linkat(folder, from, to_folder, to, 0) == 0) {
    unlinkat(folder, from, 0);
    return 0;
  }
#if defined(__linux__) && defined(RENAME_NOREPLACE)
  if (errno != EEXIST) return renameat2(folder, from, to_folder, to, RENAME_NOREPLACE) < 0 ? -errno : 0;
#endif
  return -errno;
}

int apus_unlink_errno(int folder, const char *name) { return unlinkat(folder, name, 0) < 0 ? -errno : 0; }

int apus_make_folder_errno(int folder, const char *name) {
  return mkdirat(folder, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int apus_write_at_errno(int descriptor, const void *from, size_t count, int64_t offset) {
  size_t done = 0;
  while (done < count) {
    ssize_t put = pwrite(descriptor, (const char *)from + done, count - done, (off_t)(offset + (int64_t)done));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return -errno;
    if (put == 0) return -ENOSPC;
    done += (size_t)put;
  }
  return 0;
}

int apus_sync_errno(int descriptor) {
  while (fsync(descriptor) < 0) {
    if (errno != EINTR) return -errno;
  }
  return 0;
}

void *apus_open_names(int folder) {
  // The stream owns its descriptor: it gets one of its own, at the folder's begin.
  int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return NULL;
  DIR *names = fdopendir(copy);
  if (!names) close(copy);
  return names;
}

const char *apus_next_name(void *names) {
  struct dirent *entry;
  do entry = readdir(names);
  while (entry && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
  return entry ? entry->d_name : NULL;
}

void apus_close_names(void *names) { closedir(names); }
