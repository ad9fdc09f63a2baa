// Other processes as Swift sees them: starting one, giving it descriptors, and hearing of its end.
#ifndef CCHILDREN_H
#define CCHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/// The most descriptors that one message can carry.
#define APUS_MOST_DESCRIPTORS 128
/// The descriptor by which a child that was started talks to its parent.
#define APUS_CHANNEL 3

/// Two sockets that are connected, blocking, closed at exec; 0 or -errno.
int apus_channel_errno(int ends[_Nonnull 2]);
/// Sends bytes, and with the first of them descriptors, which stay the caller's; how many bytes, or -errno.
ssize_t apus_send_descriptors_errno(int channel, const void *_Nonnull bytes, size_t count,
                                    const int *_Nullable descriptors, size_t number);
/// Receives bytes, and the descriptors that came with them, closed at exec, which are the caller's; there is room for
/// APUS_MOST_DESCRIPTORS. How many bytes (0 at the end), or -errno.
ssize_t apus_receive_descriptors_errno(int channel, void *_Nonnull bytes, size_t count, int *_Nonnull descriptors,
                                       size_t *_Nonnull number);

/// The process that has made a pair of sockets, by its end of them; -errno when it is none.
int apus_peer_process_errno(int channel);

/// Starts a program, looked for in PATH when its name has no slash, with the standard descriptors and `descriptor` as
/// APUS_CHANNEL; all signals as a fresh process has them. 0 or -errno.
int apus_spawn_errno(pid_t *_Nonnull process, const char *_Nonnull program, char *_Nullable const *_Nonnull arguments,
                     char *_Nullable const *_Nonnull environment, int descriptor);
/// The end of a child: its number, 0 when it still runs (and `may_wait` is false), or -errno.
int apus_wait_errno(pid_t process, int *_Nonnull status, bool may_wait);
/// The code that a child exited with, or -1.
int apus_exit_code(int status);
/// The signal that ended a child, or -1.
int apus_exit_signal(int status);
/// Has this process get a signal when the thread that started it ends, as it does with its process; -ENOTSUP where the
/// system can't.
int apus_end_with_parent_errno(int number);

/// Tells systemd (sd_notify(3)) at the socket `place`; 0 or -errno.
int apus_tell_service_manager_errno(const char *_Nonnull place, const char *_Nonnull text);

#endif
