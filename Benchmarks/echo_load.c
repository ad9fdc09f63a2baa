// Load for a TCP echo server: a number of connections, one message in flight on
// each, for a fixed time. Checks every echo, and prints the messages echoed.
//
//   cc -O3 echo_load.c -o echo_load && ./echo_load PORT CONNECTIONS SECONDS [BYTES]
//
// Exit status: 0 measured; 1 an echo was wrong or a connection broke; 2 usage.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int fail(const char *what) {
  perror(what);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int connections = atoi(argv[2]), size = argc > 4 ? atoi(argv[4]) : 64, one = 1;
  double seconds = atof(argv[3]);
  if (connections < 1 || size < 1 || size > 1 << 16) return 2;
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons(atoi(argv[1])),
                           .sin_addr.s_addr = inet_addr("127.0.0.1")};
  static char message[1 << 16], bytes[1 << 16];
  for (int i = 0; i < size; i++) message[i] = 'a' + i % 26;
  int *pending = calloc(1 << 20, sizeof *pending), poller = epoll_create1(0);
  for (int i = 0; i < connections; i++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || fd >= 1 << 20) return fail("socket");
    if (connect(fd, (void *)&at, sizeof at)) return fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event want = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &want);
    if (write(fd, message, size) != size) return fail("write");
    pending[fd] = size;
  }
  struct epoll_event ready[1024];
  long messages = 0;
  double start = now(), end = start + seconds;
  do {
    int n = epoll_wait(poller, ready, 1024, 1000);
    if (n <= 0) return fail("no echo came for a second");
    for (int i = 0; i < n; i++) {
      int fd = ready[i].data.fd;
      ssize_t got = read(fd, bytes, pending[fd]);
      if (got <= 0) return fail("read");
      if (memcmp(bytes, message + size - pending[fd], got)) return fail("not what was sent");
      if ((pending[fd] -= got)) continue;
      messages++;
      if (write(fd, message, size) != size) return fail("write");
      pending[fd] = size;
    }
  } while (now() < end);
  printf("%ld messages in %.6f seconds\n", messages, now() - start);
  return 0;
}
