/* Preloaded, it makes the time of day of a process wrong by as many seconds as a file says
 * (WRONG_CLOCK names it), at once when that changes. The monotonic clock stays as it is, and so
 * does gettimeofday, by which librdkafka reckons when a wait is to end: the kernel, which does the
 * waiting, would not know of the jump. Under libfaketime all such waits end at once or never. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile char *text; /* a number and a newline */

__attribute__((constructor)) static void look(void) {
    const int file = open(getenv("WRONG_CLOCK"), O_RDONLY | O_CLOEXEC);
    void *mapped = file < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) {
        _exit(EXIT_FAILURE);
    }
    text = mapped;
}

static long wrong_by(void) {
    return text == NULL ? 0 : strtol((const char *)text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    const int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        now->tv_sec += wrong_by();
    }
    return failed;
}

time_t time(time_t *now) {
    struct timespec exact;
    (void)clock_gettime(CLOCK_REALTIME, &exact);
    if (now != NULL) {
        *now = exact.tv_sec;
    }
    return exact.tv_sec;
}
