#include "standin/ledger_lines.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum result standin_ledger_lines(const char *path,
                                 const char *(*take)(void *self, const json_t *entry), void *self,
                                 struct error *error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT ? RESULT_OK
                               : error_set(error, RESULT_FAILED, "%s: %s", path, strerror(errno));
    }
    char *line = NULL;
    size_t size = 0;
    long long number = 0;
    const char *wrong = NULL;
    while (wrong == NULL && getline(&line, &size, file) > 0) {
        json_t *entry = json_loads(line, 0, NULL);
        wrong = take(self, entry);
        json_decref(entry);
        number++;
    }
    free(line);
    (void)fclose(file);
    return wrong == NULL ? RESULT_OK
                         : error_set(error, RESULT_INVALID,
                                     "%s: line %lld %s; give another file, or move this one away",
                                     path, number, wrong);
}
