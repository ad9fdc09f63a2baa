#include "CSystem.h"

#if defined(__APPLE__) || defined(__FreeBSD__)
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

static int change(int queue, struct kevent *event) {
  int failed;
  do failed = kevent(queue, event, 1, NULL, 0, NULL);
  while (failed < 0 && errno == EINTR);
  return failed < 0 ? -errno : 0;
}

int apus_kqueue_create_errno(void) {
  int queue = kqueue();
  if (queue < 0) return -errno;
  fcntl(queue, F_SETFD, FD_CLOEXEC);
  struct kevent event;
  EV_SET(&event, 0, EVFILT_USER, EV_ADD | EV_CLEAR, 0, 0, (void *)(uintptr_t)APUS_KQUEUE_WAKE);
  int failure = change(queue, &event);
  if (failure == 0) return queue;
  close(queue);
  return failure;
}

int apus_kqueue_change_errno(int queue, int descriptor, int filter, uint16_t flags, uint64_t data) {
  struct kevent event;
  EV_SET(&event, (uintptr_t)descriptor, (int16_t)filter, flags, 0, 0, (void *)(uintptr_t)data);
  return change(queue, &event);
}

int apus_kqueue_wait_errno(int queue, struct kevent *events, int capacity, int64_t nanoseconds) {
  struct timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  int count = kevent(queue, NULL, 0, events, capacity, nanoseconds < 0 ? NULL : &limit);
  return count < 0 ? -errno : count;
}

void apus_kqueue_wake(int queue) {
  struct kevent event;
  // The word that the event carries is given again: a change may replace it.
  EV_SET(&event, 0, EVFILT_USER, 0, NOTE_TRIGGER, 0, (void *)(uintptr_t)APUS_KQUEUE_WAKE);
  change(queue, &event);
}
#endif
