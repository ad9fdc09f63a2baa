// io_uring as Swift sees it: what liburing has as macros, packed unions or out-parameters. Inline, so that a call
// from Swift costs what it costs from C. Functions that end in `_errno` return -errno.
#ifndef APUS_CURING_SHIM_H
#define APUS_CURING_SHIM_H

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

/// The one group of provided buffers that a ring has.
#define APUS_URING_GROUP 0

/// POLLRDHUP, which the C library shows to _GNU_SOURCE only.
#define APUS_POLLRDHUP 0x2000

/// A completion, copied out of the ring.
struct apus_uring_completion {
  uint64_t data;
  int32_t result;
  uint32_t flags;
};

/// The operation is still armed: more completions follow.
static inline bool apus_uring_has_more(struct apus_uring_completion completion) {
  return completion.flags & IORING_CQE_F_MORE;
}

/// Which provided buffer the completion filled; -1 for none.
static inline int apus_uring_buffer(struct apus_uring_completion completion) {
  return completion.flags & IORING_CQE_F_BUFFER ? (int)(completion.flags >> IORING_CQE_BUFFER_SHIFT) : -1;
}

/// Makes a ring for one thread, disabled until that thread enables it. Prefers completions that run only when the
/// thread waits (Linux 6.1); Linux 6.0 has the next best. -EINVAL: older than that.
static inline int apus_uring_create_errno(struct io_uring *_Nonnull ring, unsigned entries, unsigned completions) {
  static const unsigned kinds[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
                                   IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG};
  int made = -EINVAL;
  for (unsigned kind = 0; kind < 2 && made == -EINVAL; kind++) {
    struct io_uring_params parameters;
    memset(&parameters, 0, sizeof parameters);
    parameters.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL |
                       kinds[kind];
    parameters.cq_entries = completions;
    made = io_uring_queue_init_params(entries, ring, &parameters);
  }
  if (made < 0) return made;
  // Without NODROP a full ring loses completions; without SUBMIT_STABLE the kernel reads vectors after submission.
  const unsigned needed = IORING_FEAT_NODROP | IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_EXT_ARG | IORING_FEAT_CQE_SKIP;
  if ((ring->features & needed) == needed) return 0;
  io_uring_queue_exit(ring);
  return -EINVAL;
}

/// Makes a ring the calling thread's. (liburing 2.3 declares io_uring_enable_rings and does not export it.)
static inline int apus_uring_enable_errno(struct io_uring *_Nonnull ring) {
  return io_uring_register((unsigned)ring->ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

/// Registers memory for `entries` (a power of two) provided buffers.
static inline int apus_uring_register_buffers_errno(struct io_uring *_Nonnull ring, void *_Nonnull memory,
                                                    unsigned entries) {
  struct io_uring_buf_reg registration;
  memset(&registration, 0, sizeof registration);
  registration.ring_addr = (uintptr_t)memory;
  registration.ring_entries = entries;
  registration.bgid = APUS_URING_GROUP;
  return io_uring_register_buf_ring(ring, &registration, 0);
}

/// Gives the kernel one more buffer to fill.
static inline void apus_uring_provide(void *_Nonnull memory, unsigned entries, void *_Nonnull buffer, unsigned size,
                                      unsigned index) {
  struct io_uring_buf_ring *buffers = (struct io_uring_buf_ring *)memory;
  io_uring_buf_ring_add(buffers, buffer, size, (unsigned short)index, io_uring_buf_ring_mask(entries), 0);
  io_uring_buf_ring_advance(buffers, 1);
}

/// Submits what was prepared and waits for a completion, at most so long (negative: without end; 0: only looks).
static inline int apus_uring_wait_errno(struct io_uring *_Nonnull ring, int64_t nanoseconds) {
  if (nanoseconds == 0) return io_uring_submit_and_get_events(ring);
  struct __kernel_timespec limit = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  struct io_uring_cqe *first;
  return io_uring_submit_and_wait_timeout(ring, &first, 1, nanoseconds < 0 ? NULL : &limit, NULL);
}

/// The number of completions that can be looked at.
static inline unsigned apus_uring_ready(const struct io_uring *_Nonnull ring) { return io_uring_cq_ready(ring); }

/// The completion so many places behind the first.
static inline struct apus_uring_completion apus_uring_completion_at(const struct io_uring *_Nonnull ring,
                                                                    unsigned index) {
  const struct io_uring_cqe *entry = &ring->cq.cqes[(*ring->cq.khead + index) & ring->cq.ring_mask];
  return (struct apus_uring_completion){.data = entry->user_data, .result = entry->res, .flags = entry->flags};
}

/// Gives the places of `count` completions back to the kernel.
static inline void apus_uring_advance(struct io_uring *_Nonnull ring, unsigned count) {
  io_uring_cq_advance(ring, count);
}

/// A free place for an operation; NULL when the submission queue is full.
static inline struct io_uring_sqe *_Nullable apus_uring_entry(struct io_uring *_Nonnull ring) {
  return io_uring_get_sqe(ring);
}

/// The number of operations prepared and not yet submitted.
static inline unsigned apus_uring_unsubmitted(const struct io_uring *_Nonnull ring) { return io_uring_sq_ready(ring); }

static inline void apus_uring_prepare_accept(struct io_uring_sqe *_Nonnull entry, int listener, uint64_t data) {
  io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  entry->user_data = data;
}

static inline void apus_uring_prepare_receive(struct io_uring_sqe *_Nonnull entry, int socket, uint64_t data) {
  io_uring_prep_recv_multishot(entry, socket, NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = APUS_URING_GROUP;
  entry->user_data = data;
}

static inline void apus_uring_prepare_send(struct io_uring_sqe *_Nonnull entry, int socket,
                                           const void *_Nonnull bytes, size_t count, bool more, uint64_t data) {
  io_uring_prep_send(entry, socket, bytes, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  entry->user_data = data;
}

static inline void apus_uring_prepare_send_vector(struct io_uring_sqe *_Nonnull entry, int socket,
                                                  const struct msghdr *_Nonnull message, bool more, uint64_t data) {
  io_uring_prep_sendmsg(entry, socket, message, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  entry->user_data = data;
}

/// Completes once, when there is room to write or the connection broke.
static inline void apus_uring_prepare_writable(struct io_uring_sqe *_Nonnull entry, int descriptor, uint64_t data) {
  io_uring_prep_poll_add(entry, descriptor, POLLOUT);
  entry->user_data = data;
}

/// Completes once, when the peer has sent its end or the connection broke.
static inline void apus_uring_prepare_hang_up(struct io_uring_sqe *_Nonnull entry, int descriptor, uint64_t data) {
  io_uring_prep_poll_add(entry, descriptor, APUS_POLLRDHUP);
  entry->user_data = data;
}

/// Completes each time that something was written to an eventfd, which need not be read for that.
static inline void apus_uring_prepare_waker(struct io_uring_sqe *_Nonnull entry, int waker, uint64_t data) {
  io_uring_prep_poll_multishot(entry, waker, POLLIN);
  entry->user_data = data;
}

/// Ends the operation that carries `target`. Completes only if it fails.
static inline void apus_uring_prepare_cancel(struct io_uring_sqe *_Nonnull entry, uint64_t target, uint64_t data) {
  io_uring_prep_cancel64(entry, target, 0);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry->user_data = data;
}

/// Ends every operation on a descriptor. Completes only if it fails.
static inline void apus_uring_prepare_cancel_all(struct io_uring_sqe *_Nonnull entry, int descriptor, uint64_t data) {
  io_uring_prep_cancel_fd(entry, descriptor, IORING_ASYNC_CANCEL_ALL);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  entry->user_data = data;
}

#endif
