#include "outside/process_os/usage.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static double seconds(const struct timeval *time) {
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static int64_t resident_bytes(void) {
    long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return -1;
    }
    const int read = fscanf(file, "%*s %lld", &pages);
    (void)fclose(file);
    return read == 1 ? pages * sysconf(_SC_PAGESIZE) : -1;
}

static int64_t entries_of(const char *path) {
    DIR *directory = opendir(path);
    int64_t count = 0;
    if (directory == NULL) {
        return -1;
    }
    for (const struct dirent *entry = readdir(directory); entry != NULL;
         entry = readdir(directory)) {
        count += entry->d_name[0] == '.' ? 0 : 1;
    }
    (void)closedir(directory);
    return count;
}

void process_usage(struct process_usage *usage) {
    struct rusage taken;
    const int failed = getrusage(RUSAGE_SELF, &taken);
    assert(failed == 0);
    (void)failed;
    *usage = (struct process_usage){
        .cpu_s = seconds(&taken.ru_utime) + seconds(&taken.ru_stime),
        .resident_bytes = resident_bytes(),
        .descriptors = entries_of("/proc/self/fd"),
        .threads = entries_of("/proc/self/task"),
    };
}
