// Of its own, for the C library's header of TCP knows less than the kernel's, and no file can have both.
#include "CSystem.h"

#include <netinet/in.h>

#if defined(__linux__)
#include <linux/tcp.h>
#endif

void apus_read_tcp(int descriptor, struct apus_tcp *figures) {
  *figures = (struct apus_tcp){-1, -1, -1, -1};
#if defined(__linux__)
  struct tcp_info info;
  socklen_t length = sizeof info;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return;
  // An older kernel fills less.
  if (length >= offsetof(struct tcp_info, tcpi_total_retrans) + sizeof info.tcpi_total_retrans) {
    figures->round_trip = info.tcpi_rtt;
    figures->sent_again = info.tcpi_total_retrans;
  }
  if (length >= offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received) {
    figures->sent = (int64_t)info.tcpi_bytes_acked;
    figures->received = (int64_t)info.tcpi_bytes_received;
  }
#endif
}
