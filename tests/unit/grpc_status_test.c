/* The words and numbers of gRPC's headers, beyond what a server in a test says. */
#include "outside/grpc/status.h"

#include <criterion/criterion.h>
#include <string.h>

Test(grpc_status, a_time_out_has_at_most_eight_digits_and_is_never_zero) {
    static const struct {
        int64_t ms;
        const char *text;
    } rows[] = {{-5, "1m"},
                {0, "1m"},
                {1, "1m"},
                {99999999, "99999999m"},
                {100000000, "100000S"},
                {INT64_MAX, "99999999S"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[GRPC_TIMEOUT_CHARACTERS];
        grpc_timeout_write(rows[i].ms, text);
        cr_expect_str_eq(text, rows[i].text);
    }
}

Test(grpc_status, codes_have_names) {
    cr_expect_str_eq(grpc_status_name(GRPC_STATUS_OK), "OK");
    cr_expect_str_eq(grpc_status_name(GRPC_STATUS_UNAUTHENTICATED), "UNAUTHENTICATED");
    cr_expect_str_eq(grpc_status_name(17), "a code of its own");
}

Test(grpc_status, a_status_is_a_number) {
    static const char *const wrong[] = {"", "-1", "1 ", " 1", "0x1", "1000", "a"};
    uint32_t status = 0;
    cr_expect(grpc_status_from_text(text_of("14"), &status) && status == 14);
    cr_expect(grpc_status_from_text(text_of("999"), &status) && status == 999);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_not(grpc_status_from_text(text_of(wrong[i]), &status), "row %s", wrong[i]);
    }
}

Test(grpc_status, other_content_types_are_not_ours) {
    static const char *const wrong[] = {"",
                                        "application/grp",
                                        "application/grpc-web",
                                        "application/grpcx",
                                        "application/grpc+json",
                                        "application/json"};
    cr_expect(grpc_content_type_is_ours(text_of("application/grpc+proto; a=b")));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_not(grpc_content_type_is_ours(text_of(wrong[i])), "row %s", wrong[i]);
    }
}

Test(grpc_status, words_are_cut_within_their_room) {
    char words[4];
    cr_expect_eq(grpc_words_decode(text_of("%41%42%43%44%45"), words, sizeof words), 4);
    cr_expect_eq(memcmp(words, "ABCD", 4), 0);
    cr_expect_eq(grpc_words_decode(text_of("ab\u20ac"), words, sizeof words), 4);
    cr_expect_eq(memcmp(words, "ab??", 4), 0, "half a character is none");
    cr_expect_eq(grpc_words_clean((struct text){.data = NULL}, words, sizeof words), 0);
    cr_expect_eq(grpc_words_clean(text_of("a\nb"), words, sizeof words), 3);
    cr_expect_eq(memcmp(words, "a b", 3), 0);
}
