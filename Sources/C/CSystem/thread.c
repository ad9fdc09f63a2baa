#define _GNU_SOURCE
#include "CSystem.h"
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#if defined(__FreeBSD__) || defined(__OpenBSD__)
#include <pthread_np.h>
#endif

struct start {
    char name[16];
    void (*body)(void *);
    void *argument;
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
#if defined(__APPLE__)
    pthread_setname_np(start.name);
#elif defined(__FreeBSD__) || defined(__OpenBSD__)
    pthread_set_name_np(pthread_self(), start.name);
#elif defined(__linux__)
    pthread_setname_np(pthread_self(), start.name);
#endif
    start.body(start.argument);
    return NULL;
}

int apus_thread_start(uintptr_t *thread, const char *name, size_t stack_size, void (*body)(void *), void *argument) {
    struct start *start = calloc(1, sizeof *start);
    if (!start) return ENOMEM;
    strncpy(start->name, name, sizeof start->name - 1);
    start->body = body;
    start->argument = argument;

    pthread_attr_t attributes;
    int code = pthread_attr_init(&attributes);
    if (!code) {
        pthread_t created;
        code = pthread_attr_setstacksize(&attributes, stack_size);
        if (!code) code = pthread_create(&created, &attributes, run, start);
        if (!code) *thread = (uintptr_t)created;
        pthread_attr_destroy(&attributes);
    }
    if (code) free(start);
    return code;
}

void apus_thread_join(uintptr_t thread) { pthread_join((pthread_t)thread, NULL); }
void apus_thread_detach(uintptr_t thread) { pthread_detach((pthread_t)thread); }

static __thread void *current_worker __attribute__((tls_model("initial-exec")));

void *apus_thread_worker(void) { return current_worker; }
void apus_set_thread_worker(void *worker) { current_worker = worker; }

unsigned apus_thread_number(void) {
    static atomic_uint next = 1;
    static __thread unsigned number __attribute__((tls_model("initial-exec")));
    if (!number) number = atomic_fetch_add_explicit(&next, 1, memory_order_relaxed);
    return number - 1;
}
