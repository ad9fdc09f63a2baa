#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

// Both ends live as long as the process: a signal may come at any time.
static int ends[2] = {-1, -1};
// Signals that are heard beside SIGTERM and SIGINT, a bit for each number.
static unsigned others;

static void hear(int number) {
  int kept = errno;
  char byte = (char)number;
  if (send(ends[1], &byte, 1, 0) < 0) { /* the socket is full of signals already */ }
  errno = kept;
}

static int handle(void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGTERM, &action, NULL) < 0 || sigaction(SIGINT, &action, NULL) < 0) return -errno;
  return 0;
}

int apus_watch_signal_errno(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = hear;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(number, &action, NULL) < 0) return -errno;
  if (number > 0 && number < 32) others |= 1u << number;
  return 0;
}

int apus_watch_signals_errno(void) {
  if (ends[1] >= 0) close(ends[1]);
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) return -errno;
  apus_set_nonblocking_errno(ends[0]);
  apus_set_nonblocking_errno(ends[1]);
  int failure = handle(hear);
  return failure < 0 ? failure : ends[0];
}

void apus_restore_signals(void) {
  handle(SIG_DFL);
  // Whoever still sends one of these wants a server to do something, not to end the program.
  for (int number = 1; number < 32; number++) {
    if (others & 1u << number) signal(number, SIG_IGN);
  }
  others = 0;
}
