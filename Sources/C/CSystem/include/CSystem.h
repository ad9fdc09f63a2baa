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

/// Starts a thread with a name (its first 15 bytes) and a stack of a size in bytes, a multiple of 64 KiB. Writes what
/// apus_thread_join needs, and returns 0 or an error number.
int apus_thread_start(uintptr_t *thread, const char *name, size_t stack_size, void (*body)(void *), void *argument);
/// Waits for the thread's end; each thread that was started is joined or detached exactly once.
void apus_thread_join(uintptr_t thread);
/// Instead of joining: the thread's memory is given back when it ends.
void apus_thread_detach(uintptr_t thread);
/// The pool worker that this thread is, or NULL.
void *apus_thread_worker(void);
void apus_set_thread_worker(void *worker);
/// A small number of this thread's own, in the order in which threads first asked; spreads threads over stripes.
unsigned apus_thread_number(void);
/// How many processors this process may run on, at least 1.
int apus_processor_count(void);

#endif
