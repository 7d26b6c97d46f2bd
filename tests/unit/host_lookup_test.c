/* The hosts behind a name: digits at once, names without waiting. */
#include "outside/host_lookup/host_lookup.h"

#include <criterion/criterion.h>

#include "outside/clock_os/clock_os.h"

enum { PATIENCE_MS = 20000 };

Test(host_lookup, digits_need_no_resolver) {
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        struct error error;
        const struct addrinfo *found = NULL;
        struct host_lookup *lookup = host_lookup_open(hosts[i], "7");
        cr_assert_not_null(lookup);
        cr_expect_eq(host_lookup_poll(lookup, &found, &error), RESULT_OK, "row %s", hosts[i]);
        cr_expect_not_null(found, "row %s", hosts[i]);
        host_lookup_close(lookup);
    }
}

/* The resolver's thread is libc's own: ThreadSanitizer does not know it, and crashes in it. */
#ifdef __SANITIZE_THREAD__
enum { RESOLVER_DISABLED = true };
#else
enum { RESOLVER_DISABLED = false };
#endif

Test(host_lookup, a_name_that_is_not_there_has_words, .disabled = RESOLVER_DISABLED) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;
    const struct addrinfo *found = NULL;
    struct error error;
    struct host_lookup *lookup = host_lookup_open("no-such-host.invalid", "7");
    cr_assert_not_null(lookup);
    enum result result = RESULT_AGAIN;
    while (result == RESULT_AGAIN) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms);
        result = host_lookup_poll(lookup, &found, &error);
    }
    cr_expect_eq(result, RESULT_FAILED);
    cr_expect_not_null(strstr(error.text, "no-such-host.invalid: "), "%s", error.text);
    host_lookup_close(lookup);
}

/* What the resolver still works on is left to it, but never without bound. */
Test(host_lookup, closing_waits_for_nobody, .disabled = RESOLVER_DISABLED) {
    const struct clock os = clock_os();
    const int64_t end_ms = os.monotonic_ms(os.self) + PATIENCE_MS;
    uint32_t given_up = 0;
    while (given_up < 4 * HOST_LOOKUP_LEFT_MAX) {
        cr_assert_lt(os.monotonic_ms(os.self), end_ms, "only %u were answered", given_up);
        struct host_lookup *lookup = host_lookup_open("no-such-host.invalid", "7");
        given_up += lookup != NULL ? 1 : 0;
        host_lookup_close(lookup);
    }
}
