#define _GNU_SOURCE
#include "CFiles.h"

#include <dirent.h>
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
