// The ceiling for any one-thread epoll echo server: read what came, write it
// back. Measure a real server as a ratio to it, in one run, on one machine.
//
//   cc -O3 limit_echo.c -o limit_echo && ./limit_echo PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int one = 1, poller = epoll_create1(0);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons(atoi(argv[1])),
                           .sin_addr.s_addr = inet_addr("127.0.0.1")};
  if (bind(listener, (void *)&at, sizeof at) || listen(listener, 4096)) return 1;
  struct epoll_event want = {.events = EPOLLIN, .data.fd = listener}, ready[1024];
  epoll_ctl(poller, EPOLL_CTL_ADD, listener, &want);
  static char bytes[1 << 16];
  for (;;) {
    int n = epoll_wait(poller, ready, 1024, -1);
    for (int i = 0; i < n; i++) {
      int fd = ready[i].data.fd;
      if (fd == listener) {
        int peer;
        while ((peer = accept4(listener, 0, 0, SOCK_NONBLOCK)) >= 0) {
          setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          want.events = EPOLLIN | EPOLLET;
          want.data.fd = peer;
          epoll_ctl(poller, EPOLL_CTL_ADD, peer, &want);
        }
        continue;
      }
      ssize_t got = read(fd, bytes, sizeof bytes);
      if (got <= 0 || write(fd, bytes, got) != got) close(fd);
    }
  }
}
