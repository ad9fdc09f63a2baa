#define _GNU_SOURCE
#include "CSystem.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <mach/mach.h>
#endif

#if defined(__linux__)
// Field numbers of /proc/self/stat as in proc(5), counted behind the name, whose bytes may be anything.
static void read_stat(struct apus_process *process) {
  char text[2048];
  int file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ssize_t got = read(file, text, sizeof text - 1);
  close(file);
  if (got <= 0) return;
  text[got] = 0;
  char *field = strrchr(text, ')');
  if (!field) return;
  field += 1;
  unsigned long long began = 0;
  for (int number = 3; number <= 24 && *field; number++) {
    char *end;
    while (*field == ' ') field++;
    if (number == 3) { // the state, a letter
      field++;
      continue;
    }
    long long value = strtoll(field, &end, 10);
    if (end == field) return;
    if (number == 20) process->threads = value;
    if (number == 22) began = (unsigned long long)value;
    if (number == 23) process->mapped = value;
    if (number == 24) process->resident = value * sysconf(_SC_PAGESIZE);
    field = end;
  }
  struct timespec boot, now;
  if (clock_gettime(CLOCK_BOOTTIME, &boot) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0) {
    double age = boot.tv_sec + boot.tv_nsec / 1e9 - (double)began / (double)sysconf(_SC_CLK_TCK);
    process->began = now.tv_sec + now.tv_nsec / 1e9 - age;
  }
}
#endif

static int64_t count_descriptors(void) {
#if defined(__linux__)
  DIR *folder = opendir("/proc/self/fd");
#else
  DIR *folder = opendir("/dev/fd");
#endif
  if (!folder) return -1;
  int64_t count = 0;
  struct dirent *entry;
  while ((entry = readdir(folder))) count += entry->d_name[0] != '.';
  closedir(folder);
  // The folder itself was open.
  return count - 1;
}

void apus_read_process(struct apus_process *process) {
  *process = (struct apus_process){-1, -1, -1, -1, -1, -1, -1};
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    process->processor = ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
                         ((int64_t)usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
  }
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
    process->most_descriptors = (int64_t)limit.rlim_cur;
  }
  process->descriptors = count_descriptors();
#if defined(__linux__)
  read_stat(process);
#elif defined(__APPLE__)
  struct mach_task_basic_info info;
  mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
  if (task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&info, &count) == KERN_SUCCESS) {
    process->resident = (int64_t)info.resident_size;
    process->mapped = (int64_t)info.virtual_size;
  }
#endif
}
