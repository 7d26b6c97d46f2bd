/* Blindings that follow from a secret, a certificate and a slice. */
#include "outside/registry_project_origin/blinding.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "domain/uuid.h"
#include "outside/registry_project_origin/commitment.h"
#include "tests/support/vectors.h"

static struct blinding_secrets secrets;
static struct error error;

static struct bytes secret_of(const char *text) {
    return (struct bytes){.data = (const uint8_t *)text, .length = (uint32_t)strlen(text)};
}

static const char old_secret[] = "00112233445566778899aabbccddeeff";
static const char new_secret[] = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

static void begin(void) {
    ristretto_init();
    blinding_secrets_init(&secrets);
    cr_assert_eq(blinding_secrets_add(&secrets, text_of("2026"), secret_of(old_secret), &error),
                 RESULT_OK, "%s", error.text);
    cr_assert_eq(blinding_secrets_add(&secrets, text_of("2027"), secret_of(new_secret), &error),
                 RESULT_OK, "%s", error.text);
}

TestSuite(project_origin_blinding, .init = begin);

static struct uuid uuid_of(const char *text) {
    struct uuid uuid;
    cr_assert(uuid_from_text(text_of(text), &uuid), "%s", text);
    return uuid;
}

static struct scalar derived(const char *name, const struct uuid *certificate_id,
                             const struct uuid *slice_id) {
    struct scalar blinding;
    cr_assert_eq(
        blinding_derive(&secrets, text_of(name), certificate_id, slice_id, &blinding, &error),
        RESULT_OK, "%s", error.text);
    return blinding;
}

/* From Python: int.from_bytes(hashlib.blake2b(b"millrace slice blinding 1\0" + certificate.bytes +
 * slice.bytes, key=secret).digest(), "little") modulo the group's order.
 * What is derived must stay the same for as long as there are slices of it. */
Test(project_origin_blinding, stays_what_it_is) {
    const struct uuid certificate_id = uuid_of("01234567-89ab-4cde-8f01-23456789abcd");
    const struct uuid slice_id = uuid_of("7d444840-9dc0-11d1-b245-5ffdce74fad2");
    struct scalar blinding = derived("2026", &certificate_id, &slice_id);
    vectors_expect("old", blinding.bytes, sizeof blinding.bytes,
                   "90d3c4db69b3ab6cd84524e66f32a30fc07e86829a6b01039604436160107d0b");
    blinding = derived("2027", &certificate_id, &slice_id);
    vectors_expect("new", blinding.bytes, sizeof blinding.bytes,
                   "8b94bbbdb2305e9bc6f18d22b3c9585a74fa181ed35c529d19685f9667d6f100");
}

static int by_bytes(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct scalar));
}

/* Ids that differ in one bit, that are each other's, and counted ones. */
Test(project_origin_blinding, no_two_slices_share_one) {
    enum { COUNTED = 4096, BITS = 256, ALL = 2 * (COUNTED + BITS + 2) };
    struct scalar *blindings = calloc(ALL, sizeof *blindings);
    const char *const names[] = {"2026", "2027"};
    uint32_t count = 0;
    for (size_t name = 0; name < 2; name++) {
        struct uuid ids[2] = {uuid_of("01234567-89ab-4cde-8f01-23456789abcd"),
                              uuid_of("7d444840-9dc0-11d1-b245-5ffdce74fad2")};
        blindings[count++] = derived(names[name], &ids[0], &ids[1]);
        blindings[count++] = derived(names[name], &ids[1], &ids[0]);
        for (uint32_t bit = 0; bit < BITS; bit++) {
            struct uuid changed[2] = {ids[0], ids[1]};
            changed[bit / 128].bytes[bit % 128 / 8] ^= (uint8_t)(1u << bit % 8);
            blindings[count++] = derived(names[name], &changed[0], &changed[1]);
        }
        const struct uuid certificate_id = {.bytes = {0}};
        for (uint32_t i = 0; i < COUNTED; i++) {
            const struct uuid slice_id = {.bytes = {(uint8_t)i, (uint8_t)(i >> 8)}};
            blindings[count++] = derived(names[name], &certificate_id, &slice_id);
        }
    }
    cr_assert_eq(count, ALL);
    qsort(blindings, count, sizeof *blindings, by_bytes);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert(scalar_is_valid(&blindings[i]));
        cr_assert(i == 0 || by_bytes(&blindings[i - 1], &blindings[i]) != 0, "%u of %u", i, count);
    }
    free(blindings);
}

Test(project_origin_blinding, a_secret_that_is_not_there_is_named) {
    const struct uuid id = {.bytes = {0}};
    struct scalar blinding;
    cr_expect_eq(blinding_derive(&secrets, text_of("2025"), &id, &id, &blinding, &error),
                 RESULT_NOT_FOUND);
    cr_expect(strstr(error.text, "\"2025\" is not there") != NULL, "%s", error.text);
    cr_expect_eq(blinding_derive(&secrets, text_of("202"), &id, &id, &blinding, &error),
                 RESULT_NOT_FOUND, "the beginning of a name is another name");
    cr_expect_eq(blinding_derive(&secrets, text_of(""), &id, &id, &blinding, &error),
                 RESULT_NOT_FOUND);
    blinding_secrets_deinit(&secrets);
    cr_expect_eq(blinding_derive(&secrets, text_of("2026"), &id, &id, &blinding, &error),
                 RESULT_NOT_FOUND, "none is left");
}

Test(project_origin_blinding, what_is_no_secret_is_refused_and_not_shown) {
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    const struct {
        const char *name;
        const char *secret;
        const char *words;
    } rows[] = {
        {"", old_secret, "has no name"},
        {"with space", old_secret, "has no name"},
        {"0123456789012345678901234567890123456789012345678901234567890123x", old_secret,
         "has no name"},
        {"2026", new_secret, "two blinding secrets named \"2026\""},
        {"short", "00112233445566778899aabbccddeef", "is 31 bytes long"},
        {"empty", "", "is 0 bytes long"},
        {"long", "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100!",
         "is 65 bytes long"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct blinding_secrets before = secrets;
        cr_expect_eq(blinding_secrets_add(&secrets, text_of(rows[i].name),
                                          secret_of(rows[i].secret), &error),
                     RESULT_INVALID, "row %zu", i);
        cr_expect(strstr(error.text, rows[i].words) != NULL, "%s", error.text);
        cr_expect(strstr(error.text, "aabbcc") == NULL, "%s", error.text);
        cr_expect(memcmp(&before, &secrets, sizeof before) == 0, "row %zu", i);
    }
    cr_expect_eq(blinding_secrets_add(&secrets, text_of(longest), secret_of(longest), &error),
                 RESULT_OK, "%s", error.text);
    for (char name = 'a'; secrets.count < BLINDING_SECRETS_MAX; name++) {
        const struct text text = {.data = &name, .length = 1};
        cr_assert_eq(blinding_secrets_add(&secrets, text, secret_of(old_secret), &error), RESULT_OK,
                     "%s", error.text);
    }
    cr_expect_eq(blinding_secrets_add(&secrets, text_of("more"), secret_of(old_secret), &error),
                 RESULT_INVALID);
    cr_expect(strstr(error.text, "one too many") != NULL, "%s", error.text);
}

Test(project_origin_blinding, secrets_are_overwritten_at_the_end) {
    blinding_secrets_deinit(&secrets);
    const struct blinding_secrets empty = {.count = 0};
    cr_expect(memcmp(&empty, &secrets, sizeof empty) == 0);
}
