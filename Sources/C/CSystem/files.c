#define _GNU_SOURCE
#include "CFiles.h"

#include <errno.h>
#include <fcntl.h>
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
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | (last ? 0 : O_DIRECTORY);
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

int apus_stat_errno(int descriptor, struct apus_file *file) {
  struct stat status;
  if (fstat(descriptor, &status) < 0) return -errno;
  file->size = status.st_size;
#if defined(__APPLE__)
  file->modified_seconds = status.st_mtimespec.tv_sec;
  file->modified_nanoseconds = status.st_mtimespec.tv_nsec;
#else
  file->modified_seconds = status.st_mtim.tv_sec;
  file->modified_nanoseconds = status.st_mtim.tv_nsec;
#endif
  file->inode = status.st_ino;
  file->is_regular = S_ISREG(status.st_mode);
  file->is_folder = S_ISDIR(status.st_mode);
  return 0;
}
