/* What a process holds does not grow with the threads that take and give back. */
#include "outside/process_os/heap.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sanitizer brings its own heap. */
#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#include <malloc.h>

enum { THREADS = 32 };

static pthread_barrier_t all_have_some;

static void *take_and_give(void *context) {
    (void)context;
    char *volatile taken = malloc(1000);
    (void)pthread_barrier_wait(&all_have_some);
    free(taken);
    return NULL;
}

static uint32_t arenas(void) {
    char *text = NULL;
    size_t length;
    uint32_t count = 0;
    FILE *file = open_memstream(&text, &length);
    cr_assert(file != NULL && malloc_info(0, file) == 0 && fclose(file) == 0);
    for (const char *next = text; (next = strstr(next, "<heap nr=")) != NULL; next++) {
        count++;
    }
    free(text);
    return count;
}

Test(heap, is_shared_by_all_threads) {
    pthread_t threads[THREADS];
    heap_keep_small();
    cr_assert_eq(pthread_barrier_init(&all_have_some, NULL, THREADS), 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, take_and_give, NULL), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    cr_expect_leq(arenas(), HEAP_ARENAS);
}

Test(heap, has_no_large_block_although_one_was_freed) {
    heap_keep_small();
    for (uint32_t i = 0; i < 2; i++) {
        const size_t before = mallinfo2().hblks;
        char *volatile block = malloc(4 * HEAP_BLOCK_BYTES);
        cr_expect_eq(mallinfo2().hblks, before + 1, "not a mapping of its own");
        free(block);
    }
}
#endif
