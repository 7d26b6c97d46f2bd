#include "outside/store_rocksdb/directory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outside/store_rocksdb/trouble.h"

enum { DIRECTORY_MODE = 0750, FILE_MODE = 0640 };

static enum result failed(const char *what, const char *path, int number, struct error *error) {
    switch (trouble_of_errno(number)) {
    case TROUBLE_NO_ROOM:
        return error_set(error, RESULT_AGAIN,
                         "%s %s: %s; free space there, and it goes on by itself", what, path,
                         strerror(number));
    case TROUBLE_DENIED:
        return error_set(error, RESULT_DENIED,
                         "%s %s: %s; let this user write there, or set state.dir to another place",
                         what, path, strerror(number));
    default:
        return error_set(error, RESULT_FAILED, "%s %s: %s; see state.dir", what, path,
                         strerror(number));
    }
}

/* Like mkdir -p. */
static enum result make(const char *path, struct error *error) {
    char upto[DIRECTORY_PATH_MAX];
    const size_t length = strlen(path);
    assert(length > 0 && length < sizeof upto);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(upto, path, i);
        upto[i] = '\0';
        if (mkdir(upto, DIRECTORY_MODE) != 0 && errno != EEXIST) {
            return failed("making the directory", upto, errno, error);
        }
    }
    return RESULT_OK;
}

static enum result locked_by_other(const struct directory *directory, struct error *error) {
    char holder[32];
    const ssize_t length = pread(directory->lock_fd, holder, sizeof holder - 1, 0);
    holder[length > 0 ? length : 0] = '\0';
    return error_set(error, RESULT_FAILED,
                     "the data directory %s is used by another process (%s); give each process a "
                     "state.dir of its own",
                     directory->path, holder[0] == '\0' ? "not known which" : holder);
}

/* The lock goes with the process, however that ends; what the file says is for people only. */
static enum result lock(struct directory *directory, struct error *error) {
    char path[DIRECTORY_PATH_MAX + sizeof "/LOCK"];
    (void)snprintf(path, sizeof path, "%s/LOCK", directory->path);
    directory->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (directory->lock_fd < 0) {
        return failed("opening", path, errno, error);
    }
    if (flock(directory->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        const enum result result = errno == EWOULDBLOCK ? locked_by_other(directory, error)
                                                        : failed("locking", path, errno, error);
        (void)close(directory->lock_fd);
        return result;
    }
    char holder[32];
    const int length = snprintf(holder, sizeof holder, "pid %" PRId64, (int64_t)getpid());
    if (ftruncate(directory->lock_fd, 0) != 0 ||
        pwrite(directory->lock_fd, holder, (size_t)length, 0) != length) {
        /* Only the name of the holder is missing from a message then. */
        return RESULT_OK;
    }
    return RESULT_OK;
}

enum result directory_open(struct directory *directory, const char *root, const char *name,
                           struct error *error) {
    const int length = snprintf(directory->path, sizeof directory->path, "%s/%s", root, name);
    if (length <= 0 || (size_t)length >= sizeof directory->path - 32) {
        return error_set(error, RESULT_INVALID, "state.dir is too long: %.300s", root);
    }
    const enum result result = make(directory->path, error);
    return result == RESULT_OK ? lock(directory, error) : result;
}

void directory_close(struct directory *directory) {
    assert(directory->lock_fd >= 0);
    (void)close(directory->lock_fd);
    directory->lock_fd = -1;
}

enum result directory_lane(const struct directory *directory, int32_t partition,
                           char path[DIRECTORY_PATH_MAX], struct error *error) {
    const int length =
        snprintf(path, DIRECTORY_PATH_MAX, "%s/%" PRId32, directory->path, partition);
    assert(partition >= 0 && length > 0 && length < DIRECTORY_PATH_MAX);
    return make(path, error);
}

bool directory_is_empty(const char *path) {
    DIR *opened = opendir(path);
    bool empty = true;
    if (opened == NULL) {
        return false;
    }
    for (const struct dirent *entry = readdir(opened); entry != NULL; entry = readdir(opened)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            empty = false;
        }
    }
    (void)closedir(opened);
    return empty;
}

/* Asked by taking it: free space says nothing of quotas and limits. */
enum result directory_has_room(const struct directory *directory, int32_t partition, uint64_t bytes,
                               struct error *error) {
    char probe[DIRECTORY_PATH_MAX + sizeof "/room-.tmp" + 10];
    (void)snprintf(probe, sizeof probe, "%s/room-%" PRId32 ".tmp", directory->path, partition);
    const int fd = open(probe, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0) {
        return failed("opening", probe, errno, error);
    }
    const int number = posix_fallocate(fd, 0, (off_t)bytes);
    (void)close(fd);
    (void)unlink(probe);
    if (number == 0) {
        return RESULT_OK;
    }
    char what[64];
    (void)snprintf(what, sizeof what, "no %" PRIu64 " MiB for the state in", bytes >> 20);
    return failed(what, directory->path, number, error);
}
