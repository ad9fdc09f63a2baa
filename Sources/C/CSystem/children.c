#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/prctl.h>
#endif

#if !defined(MSG_NOSIGNAL)
#define MSG_NOSIGNAL 0
#endif
#if !defined(MSG_CMSG_CLOEXEC)
#define MSG_CMSG_CLOEXEC 0
#endif

int apus_channel_errno(int ends[2]) {
#if defined(SOCK_CLOEXEC)
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
#else
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) return -errno;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
  return 0;
}

ssize_t apus_send_descriptors_errno(int channel, const void *bytes, size_t count, const int *descriptors, size_t number) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int) * APUS_MOST_DESCRIPTORS)];
  } control;
  if (number > APUS_MOST_DESCRIPTORS) return -EINVAL;
  struct iovec piece = {.iov_base = (void *)bytes, .iov_len = count};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (number > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.room;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * number);
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int) * number);
    memcpy(CMSG_DATA(part), descriptors, sizeof(int) * number);
  }
  ssize_t sent;
  do sent = sendmsg(channel, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

ssize_t apus_receive_descriptors_errno(int channel, void *bytes, size_t count, int *descriptors, size_t *number) {
  union {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int) * APUS_MOST_DESCRIPTORS)];
  } control;
  struct iovec piece = {.iov_base = bytes, .iov_len = count};
  struct msghdr message = {
      .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
  *number = 0;
  ssize_t got;
  do got = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) return -errno;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t found = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < found; index++) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(part) + index * sizeof(int), sizeof(int));
      if (*number == APUS_MOST_DESCRIPTORS) {
        close(descriptor);
        continue;
      }
      fcntl(descriptor, F_SETFD, FD_CLOEXEC);
      descriptors[(*number)++] = descriptor;
    }
  }
  return got;
}

int apus_peer_process_errno(int channel) {
#if defined(SO_PEERCRED)
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(channel, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
  return peer.pid;
#elif defined(LOCAL_PEERPID)
  pid_t peer;
  socklen_t size = sizeof peer;
  if (getsockopt(channel, SOL_LOCAL, LOCAL_PEERPID, &peer, &size) < 0) return -errno;
  return peer;
#else
  return getppid();
#endif
}

int apus_spawn_errno(pid_t *process, const char *program, char *const *arguments, char *const *environment,
                     int descriptor) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int failure = posix_spawn_file_actions_init(&actions);
  if (failure) return -failure;
  failure = posix_spawnattr_init(&attributes);
  if (failure) {
    posix_spawn_file_actions_destroy(&actions);
    return -failure;
  }
  // Whatever this process does with signals is its own affair.
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  short flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
#if defined(POSIX_SPAWN_CLOEXEC_DEFAULT)
  flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
  for (int standard = 0; standard < 3; standard++) posix_spawn_file_actions_addinherit_np(&actions, standard);
#endif
  posix_spawnattr_setflags(&attributes, flags);
  failure = posix_spawn_file_actions_adddup2(&actions, descriptor, APUS_CHANNEL);
  if (!failure) failure = posix_spawnp(process, program, &actions, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return -failure;
}

int apus_wait_errno(pid_t process, int *status, bool may_wait) {
  pid_t ended;
  do ended = waitpid(process, status, may_wait ? 0 : WNOHANG);
  while (ended < 0 && errno == EINTR);
  return ended < 0 ? -errno : (int)ended;
}

int apus_exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }
int apus_exit_signal(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : -1; }

int apus_end_with_parent_errno(int number) {
#if defined(__linux__)
  return prctl(PR_SET_PDEATHSIG, number) < 0 ? -errno : 0;
#else
  return -ENOTSUP;
#endif
}

int apus_tell_service_manager_errno(const char *place, const char *text) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(place);
  if (length == 0 || length >= sizeof address.sun_path) return -EINVAL;
  memcpy(address.sun_path, place, length);
  // An abstract name begins with a zero, written as @.
  if (place[0] == '@') address.sun_path[0] = 0;
  int made = apus_socket_errno(AF_UNIX, SOCK_DGRAM, 0);
  if (made < 0) return made;
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  ssize_t sent = sendto(made, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
  int failure = sent < 0 ? -errno : 0;
  close(made);
  return failure;
}
