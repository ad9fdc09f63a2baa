// Counts the heap allocations of a program that it is preloaded into, in a file
// that another process can read while it runs:
//
//   cc -O2 -fPIC -shared malloc_count.c -o malloc_count.so
//   MALLOC_COUNT_FILE=counts LD_PRELOAD=./malloc_count.so program
//
// The file holds four 64-bit numbers of the machine's byte order: allocations,
// their bytes, releases, and how many of the next allocations to write a
// backtrace of to standard error (set by the reader; counts down to zero).
// glibc only: it calls the allocator by its inner names.
#define _GNU_SOURCE
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t),
    *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

struct counts {
  atomic_long allocations, bytes, releases, traces;
};
static struct counts unmapped, *counts = &unmapped;
static _Thread_local int tracing;

__attribute__((constructor)) static void map_counts(void) {
  const char *path = getenv("MALLOC_COUNT_FILE");
  int fd = path ? open(path, O_RDWR | O_CREAT, 0644) : -1;
  if (fd < 0 || ftruncate(fd, sizeof *counts)) return;
  void *at = mmap(0, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) counts = at;
}

static void *counted(void *block, size_t size) {
  if (!block) return block;
  atomic_fetch_add_explicit(&counts->allocations, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&counts->bytes, size, memory_order_relaxed);
  if (atomic_load_explicit(&counts->traces, memory_order_relaxed) > 0 && !tracing &&
      atomic_fetch_sub(&counts->traces, 1) > 0) {
    tracing = 1;  // backtrace itself may allocate
    void *frames[24];
    backtrace_symbols_fd(frames, backtrace(frames, 24), 2);
    ssize_t written = write(2, "--\n", 3);
    (void)written;
    tracing = 0;
  }
  return block;
}

void *malloc(size_t size) { return counted(__libc_malloc(size), size); }
void *calloc(size_t n, size_t size) { return counted(__libc_calloc(n, size), n * size); }
void *realloc(void *old, size_t size) { return counted(__libc_realloc(old, size), size); }
void *memalign(size_t align, size_t size) { return counted(__libc_memalign(align, size), size); }
void *aligned_alloc(size_t align, size_t size) { return memalign(align, size); }

int posix_memalign(void **block, size_t align, size_t size) {
  *block = memalign(align, size);
  return *block ? 0 : ENOMEM;
}

void free(void *block) {
  if (block) atomic_fetch_add_explicit(&counts->releases, 1, memory_order_relaxed);
  __libc_free(block);
}
