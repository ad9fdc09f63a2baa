// System calls as Swift sees them: what Glibc's module hides behind _GNU_SOURCE or a macro, and the
// thread-local word that says which loop this thread runs. Everything returns the system's own result;
// functions that end in `_errno` return -errno instead of setting it.
#ifndef APUS_CSYSTEM_H
#define APUS_CSYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "CChildren.h"
#include "CFiles.h"
#include "CProcess.h"

/// iovec by a name that one module owns: the compiler takes the other for that of whichever module it loads first.
typedef struct iovec apus_iovec;

/// The loop that runs on this thread, or NULL.
void *_Nullable apus_thread_loop(void);
void apus_set_thread_loop(void *_Nullable loop);

/// A counter that rises at a constant rate and costs a few nanoseconds to read.
static inline uint64_t apus_ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
  return 0;
#endif
}

/// CLOCK_MONOTONIC in nanoseconds.
uint64_t apus_monotonic_nanoseconds(void);
/// CLOCK_REALTIME in nanoseconds since 1970.
uint64_t apus_realtime_nanoseconds(void);
/// What the calling thread has taken of a processor, in nanoseconds.
uint64_t apus_thread_processor_nanoseconds(void);

/// What the system knows of a TCP connection; -1 where it does not tell.
struct apus_tcp {
  /// Smoothed round trip time, in microseconds.
  int64_t round_trip;
  /// Bytes that the peer has acknowledged, and that came from it.
  int64_t sent, received;
  /// Segments that were sent again.
  int64_t sent_again;
};

/// Fills `figures`; all -1 for what is no TCP connection.
void apus_read_tcp(int descriptor, struct apus_tcp *_Nonnull figures);

/// The most that the kernel is told of the keys of one direction (kernel TLS).
#define APUS_KTLS_SIZE 64

/// What it is told, for a version of TLS (0x0303 or 0x0304) and the cipher of a suite of TLS 1.3 by its number; the bytes of
/// it, 0 for what is not known to it.
size_t apus_ktls_describe(uint16_t version, uint16_t suite, const unsigned char *_Nonnull key,
                          const unsigned char *_Nonnull iv, uint64_t sequence, unsigned char *_Nonnull into);

/// Has the kernel make records of all that is sent from now on, the first with this number; -errno where it can't, and then
/// the socket is as it was.
int apus_ktls_seal_errno(int socket, uint16_t version, uint16_t suite, const unsigned char *_Nonnull key,
                         const unsigned char *_Nonnull iv, uint64_t sequence);

/// Sends an alert on such a socket.
int apus_ktls_send_alert_errno(int socket, unsigned char level, unsigned char alert);

/// A moment as calendars and clocks show it in UTC.
struct apus_civil_time {
  int year, month, day, hour, minute, second;
};
struct apus_civil_time apus_civil_time(int64_t seconds_since_1970);

/// accept4 with SOCK_NONBLOCK|SOCK_CLOEXEC (accept and two fcntl where there is no accept4).
int apus_accept_errno(int listener, struct sockaddr *_Nullable address, socklen_t *_Nullable length);
/// socket with the non-blocking and close-on-exec flags set.
int apus_socket_errno(int domain, int type, int protocol);
/// Whether a socket has bytes that can be received now, which are left there.
bool apus_has_unread(int descriptor);
/// The bytes given to a socket that the peer's system has not taken; -1 where this one does not tell.
int apus_unsent_count(int descriptor);
ssize_t apus_receive_errno(int descriptor, void *_Nonnull into, size_t count);
/// send without SIGPIPE.
ssize_t apus_send_errno(int descriptor, const void *_Nonnull from, size_t count, bool more);
/// sendmsg of several pieces without SIGPIPE.
ssize_t apus_send_vector_errno(int descriptor, const struct iovec *_Nonnull pieces, size_t count, bool more);
int apus_set_nonblocking_errno(int descriptor);
/// Returns what malloc holds and nobody uses to the system, where there is a way to ask for it.
void apus_trim_memory(void);
/// /dev/null, open for reading; -1 when even that fails.
int apus_open_null(void);
/// Sends a part of a file to a socket without a copy through this process.
ssize_t apus_sendfile_errno(int socket, int file, int64_t offset, size_t count);
/// Has the calling thread not be ended by a send to a peer that is gone, where a call has no flag for that (sendfile,
/// splice): the signal stays blocked, and the call fails with EPIPE.
void apus_block_broken_pipe_signal(void);
/// setsockopt with an int value.
int apus_set_option_errno(int descriptor, int level, int option, int value);

/// From now on SIGTERM and SIGINT are bytes that arrive at the returned socket, which the caller owns; or -errno. The
/// value of a byte is the signal's number.
int apus_watch_signals_errno(void);
/// From now on this signal is heard in the same way; after apus_watch_signals_errno. 0 or -errno.
int apus_watch_signal_errno(int number);
/// Gives SIGTERM and SIGINT their default meaning back, and has the others ignored.
void apus_restore_signals(void);
/// Has close() reset the connection instead of ending it in order.
int apus_reset_on_close_errno(int descriptor);

/// Binds the calling thread to one processor; -errno, -ENOTSUP where the system can't.
int apus_pin_thread_errno(int processor);
/// Names the calling thread (15 characters on Linux).
void apus_name_thread(const char *_Nonnull name);
/// The number of processors this process may run on.
int apus_available_processors(void);
/// The numbers of those processors, ascending, at most `capacity`: how many, or 0 where the system doesn't tell.
int apus_processors(int *_Nonnull numbers, int capacity);

#if defined(__linux__)
#include <sys/epoll.h>
int apus_epoll_create_errno(void);
/// EPOLL_CTL_ADD, _MOD or _DEL.
int apus_epoll_control_errno(int poller, int operation, int descriptor, uint32_t events, uint64_t data);
/// Takes the events that there are, and waits for the first when there is none and it may.
int apus_epoll_wait_errno(int poller, struct epoll_event *_Nonnull events, int capacity, bool may_wait);
/// A timer that becomes readable; see apus_timer_set.
int apus_timer_create_errno(void);
/// Has the timer fire once, when CLOCK_MONOTONIC says so many nanoseconds (more than 0), instead of when it would have.
void apus_timer_set(int timer, uint64_t nanoseconds);
int apus_eventfd_errno(void);
/// A pipe whose ends are non-blocking, with about the capacity asked for in bytes if the system grants it.
int apus_pipe_errno(int ends[_Nonnull 2], int capacity);
/// Moves bytes between two descriptors, one of them a pipe, without a copy through this process and without waiting.
ssize_t apus_splice_errno(int from, int to, size_t count);

static inline uint64_t apus_epoll_data(const struct epoll_event *_Nonnull event) { return event->data.u64; }
static inline uint32_t apus_epoll_events(const struct epoll_event *_Nonnull event) { return event->events; }
enum {
  apus_epoll_in = EPOLLIN,
  apus_epoll_out = EPOLLOUT,
  apus_epoll_error = EPOLLERR,
  apus_epoll_hangup = EPOLLHUP,
  apus_epoll_read_hangup = EPOLLRDHUP,
};
#define APUS_EPOLL_EDGE 0x80000000u
#define APUS_EPOLL_EXCLUSIVE 0x10000000u
#endif

#if defined(__APPLE__) || defined(__FreeBSD__)
#include <sys/event.h>
/// What the event of a wake carries.
#define APUS_KQUEUE_WAKE 0xffffffffffffffffull
int apus_kqueue_create_errno(void);
/// Adds or deletes a filter (EVFILT_READ, EVFILT_WRITE) of a descriptor; its events carry `data`.
int apus_kqueue_change_errno(int queue, int descriptor, int filter, uint16_t flags, uint64_t data);
/// Waits for at most the given nanoseconds (negative: without end).
int apus_kqueue_wait_errno(int queue, struct kevent *_Nonnull events, int capacity, int64_t nanoseconds);
/// Triggers the wake event. Any thread.
void apus_kqueue_wake(int queue);

static inline uint64_t apus_kqueue_data(const struct kevent *_Nonnull event) { return (uintptr_t)event->udata; }
static inline uint16_t apus_kqueue_flags(const struct kevent *_Nonnull event) { return event->flags; }
static inline bool apus_kqueue_is_write(const struct kevent *_Nonnull event) { return event->filter == EVFILT_WRITE; }
#endif

/// Starts a thread with a name (its first 15 bytes) and a stack of a size in bytes, a multiple of 64 KiB. Writes what
/// apus_thread_join needs, and returns 0 or an error number.
int apus_thread_start(uintptr_t *_Nonnull thread, const char *_Nonnull name, size_t stack_size,
                      void (*_Nonnull body)(void *_Nullable), void *_Nullable argument);
/// Waits for the thread's end; each thread that was started is joined or detached exactly once.
void apus_thread_join(uintptr_t thread);
/// Instead of joining: the thread's memory is given back when it ends.
void apus_thread_detach(uintptr_t thread);
/// The pool worker that this thread is, or NULL.
void *_Nullable apus_thread_worker(void);
void apus_set_thread_worker(void *_Nullable worker);
/// A small number of this thread's own, in the order in which threads first asked; spreads threads over stripes.
unsigned apus_thread_number(void);

#endif
