// System calls as Swift sees them: what Glibc's module hides behind _GNU_SOURCE or a macro, and the
// thread-local word that says which loop this thread runs.
#ifndef APUS_CSYSTEM_H
#define APUS_CSYSTEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/// The loop that runs on this thread, or NULL.
void *apus_thread_loop(void);
void apus_set_thread_loop(void *loop);

#endif
