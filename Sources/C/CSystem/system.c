#define _GNU_SOURCE
#include "CSystem.h"

static __thread void *current_loop __attribute__((tls_model("initial-exec")));

void *apus_thread_loop(void) { return current_loop; }
void apus_set_thread_loop(void *loop) { current_loop = loop; }
