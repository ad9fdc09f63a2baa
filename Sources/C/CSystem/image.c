#define _GNU_SOURCE
#include "CSystem.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void apus_release_image(void) {
#if defined(__linux__)
  char program[4096];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0) return;
  program[length] = 0;
  FILE *mappings = fopen("/proc/self/smaps", "re");
  if (!mappings) return;
  char line[4608];
  unsigned long start = 0, end = 0, page, stop;
  while (fgets(line, sizeof line, mappings)) {
    char rights[5];
    int path = 0;
    if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", &page, &stop, rights, &path) == 3) {
      line[strcspn(line, "\n")] = 0;
      bool is_ours = rights[1] == '-' && path > 0 && strcmp(line + path, program) == 0;
      start = is_ours ? page : 0;
      end = is_ours ? stop : 0;
    } else if (start && strcmp(line, "Anonymous:             0 kB\n") == 0) {
      // Pages that differ from the file, as those with a debugger's breakpoints, would be lost.
      madvise((void *)start, end - start, MADV_DONTNEED);
      start = 0;
    }
  }
  fclose(mappings);
#endif
}
