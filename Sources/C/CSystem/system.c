#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__linux__)
#include <linux/sockios.h>
#endif
#if defined(__GLIBC__)
#include <malloc.h>
#endif

static __thread void *current_loop __attribute__((tls_model("initial-exec")));

void *apus_thread_loop(void) { return current_loop; }
void apus_set_thread_loop(void *loop) { current_loop = loop; }

static uint64_t nanoseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t apus_monotonic_nanoseconds(void) { return nanoseconds(CLOCK_MONOTONIC); }
uint64_t apus_realtime_nanoseconds(void) { return nanoseconds(CLOCK_REALTIME); }
uint64_t apus_thread_processor_nanoseconds(void) { return nanoseconds(CLOCK_THREAD_CPUTIME_ID); }

struct apus_civil_time apus_civil_time(int64_t seconds_since_1970) {
  time_t moment = (time_t)seconds_since_1970;
  struct tm parts;
  memset(&parts, 0, sizeof parts);
  gmtime_r(&moment, &parts);
  return (struct apus_civil_time){parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                  parts.tm_hour,        parts.tm_min,     parts.tm_sec};
}

int apus_set_nonblocking_errno(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0) return -errno;
  if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) return -errno;
  return 0;
}

int apus_open_null(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

int apus_reset_on_close_errno(int descriptor) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  return setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now) < 0 ? -errno : 0;
}

int apus_set_option_errno(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

#if defined(__linux__)
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/sendfile.h>

ssize_t apus_sendfile_errno(int socket, int file, int64_t offset, size_t count) {
  off_t at = offset;
  ssize_t sent;
  do sent = sendfile(socket, file, &at, count);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

int apus_accept_errno(int listener, struct sockaddr *address, socklen_t *length) {
  int peer = accept4(listener, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return peer < 0 ? -errno : peer;
}

int apus_socket_errno(int domain, int type, int protocol) {
  int made = socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
  return made < 0 ? -errno : made;
}

int apus_epoll_create_errno(void) {
  int made = epoll_create1(EPOLL_CLOEXEC);
  return made < 0 ? -errno : made;
}

int apus_epoll_control_errno(int poller, int operation, int descriptor, uint32_t events, uint64_t data) {
  struct epoll_event event = {.events = events, .data.u64 = data};
  return epoll_ctl(poller, operation, descriptor, &event) < 0 ? -errno : 0;
}

int apus_epoll_wait_errno(int poller, struct epoll_event *events, int capacity, bool may_wait) {
  // By the number, for libc makes a point of cancellation of it.
  long count = syscall(SYS_epoll_pwait, poller, events, capacity, may_wait ? -1 : 0, NULL, 8);
  return count < 0 ? -errno : (int)count;
}

int apus_timer_create_errno(void) {
  int made = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  return made < 0 ? -errno : made;
}

void apus_timer_set(int timer, uint64_t nanoseconds) {
  struct itimerspec at = {.it_value = {(time_t)(nanoseconds / 1000000000), (long)(nanoseconds % 1000000000)}};
  timerfd_settime(timer, TFD_TIMER_ABSTIME, &at, NULL);
}

int apus_eventfd_errno(void) {
  int made = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return made < 0 ? -errno : made;
}

int apus_pipe_errno(int ends[2], int capacity) {
  if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0) return -errno;
  fcntl(ends[1], F_SETPIPE_SZ, capacity);
  return 0;
}

ssize_t apus_splice_errno(int from, int to, size_t count) {
  ssize_t moved;
  do moved = splice(from, NULL, to, NULL, count, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  while (moved < 0 && errno == EINTR);
  return moved < 0 ? -errno : moved;
}

int apus_pin_thread_errno(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (processor < 0 || processor >= CPU_SETSIZE) return -EINVAL;
  CPU_SET(processor, &set);
  return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

void apus_name_thread(const char *name) {
  char shortened[16];
  strncpy(shortened, name, sizeof shortened - 1);
  shortened[sizeof shortened - 1] = 0;
  pthread_setname_np(pthread_self(), shortened);
}

int apus_available_processors(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    int count = CPU_COUNT(&set);
    if (count > 0) return count;
  }
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

int apus_processors(int *numbers, int capacity) {
  cpu_set_t set;
  CPU_ZERO(&set);
  // Of the first thread, for the calling one may be pinned.
  if (sched_getaffinity(getpid(), sizeof set, &set) < 0) return 0;
  int count = 0;
  for (int processor = 0; processor < CPU_SETSIZE && count < capacity; processor++)
    if (CPU_ISSET(processor, &set)) numbers[count++] = processor;
  return count;
}
#else
ssize_t apus_sendfile_errno(int socket, int file, int64_t offset, size_t count) {
#if defined(__APPLE__)
  off_t length = (off_t)count;
  int failed = sendfile(file, socket, offset, &length, NULL, 0);
  return failed < 0 && length == 0 ? -errno : (ssize_t)length;
#else
  off_t sent = 0;
  int failed = sendfile(file, socket, offset, count, NULL, &sent, 0);
  return failed < 0 && sent == 0 ? -errno : (ssize_t)sent;
#endif
}

static int made_nonblocking(int descriptor) {
  if (descriptor < 0) return -errno;
  int failure = apus_set_nonblocking_errno(descriptor);
  if (failure < 0) close(descriptor);
  return failure < 0 ? failure : descriptor;
}

int apus_accept_errno(int listener, struct sockaddr *address, socklen_t *length) {
  return made_nonblocking(accept(listener, address, length));
}

int apus_socket_errno(int domain, int type, int protocol) {
  return made_nonblocking(socket(domain, type, protocol));
}

int apus_pin_thread_errno(int processor) { return -ENOTSUP; }

void apus_name_thread(const char *name) {
#if defined(__APPLE__)
  pthread_setname_np(name);
#endif
}

int apus_available_processors(void) {
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

int apus_processors(int *numbers, int capacity) { return 0; }
#endif

void apus_block_broken_pipe_signal(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
}

// In a program of several threads libc makes each of these calls a point where a thread can be cancelled, with two
// atomic operations before and behind it. No thread of ours ever is.
#if defined(__linux__) && defined(SYS_recvfrom) && defined(SYS_sendto)
#define RECEIVE(descriptor, into, count, flags) syscall(SYS_recvfrom, descriptor, into, count, flags, NULL, NULL)
#define SEND(descriptor, from, count, flags) syscall(SYS_sendto, descriptor, from, count, flags, NULL, 0)
#define SEND_MESSAGE(descriptor, message, flags) syscall(SYS_sendmsg, descriptor, message, flags)
#else
#define RECEIVE recv
#define SEND send
#define SEND_MESSAGE sendmsg
#endif

ssize_t apus_receive_errno(int descriptor, void *into, size_t count) {
  ssize_t got;
  do got = RECEIVE(descriptor, into, count, 0);
  while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

bool apus_has_unread(int descriptor) {
  char byte;
  return recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void apus_trim_memory(void) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
}

int apus_unsent_count(int descriptor) {
  int count = -1;
#if defined(SIOCOUTQ)
  if (ioctl(descriptor, SIOCOUTQ, &count) < 0) return -1;
#elif defined(SO_NWRITE)
  socklen_t length = sizeof count;
  if (getsockopt(descriptor, SOL_SOCKET, SO_NWRITE, &count, &length) < 0) return -1;
#elif defined(FIONWRITE)
  if (ioctl(descriptor, FIONWRITE, &count) < 0) return -1;
#endif
  return count;
}

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0  // Darwin: SO_NOSIGPIPE is set on the socket instead
#endif
#if !defined(MSG_MORE)
#define MSG_MORE 0
#endif

ssize_t apus_send_errno(int descriptor, const void *from, size_t count, bool more) {
  ssize_t sent;
  do sent = SEND(descriptor, from, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

ssize_t apus_send_vector_errno(int descriptor, const struct iovec *pieces, size_t count, bool more) {
  struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = count};
  ssize_t sent;
  do sent = SEND_MESSAGE(descriptor, &message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}
