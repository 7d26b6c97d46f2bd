/* A certificate's slices beside those of its stream. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "cli/beside.h"

static json_t *json_of(const char *text) {
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    cr_assert(json != NULL, "%s", error.text);
    return json;
}

static void expect(const char *slices_text, const char *stream_text, const char *expected_text) {
    json_t *slices = json_of(slices_text);
    json_t *stream = json_of(stream_text);
    json_t *expected = json_of(expected_text);
    json_t *beside = beside_of(slices, stream);
    char *text = json_dumps(beside, 0);
    cr_expect(json_equal(beside, expected) == 1, "%s", text);
    free(text);
    json_decref(beside);
    json_decref(expected);
    json_decref(stream);
    json_decref(slices);
}

Test(beside, each_slice_stands_beside_the_one_of_its_name) {
    expect(
        "[{\"sliceId\": \"s1\", \"registryHash\": \"h1\", \"owner\": \"alice\","
        "  \"state\": \"Available\"},"
        " {\"sliceId\": \"s2\", \"registryHash\": null, \"owner\": \"bob\","
        "  \"state\": \"Available\"}]",
        "{\"slices\": [{\"registryHash\": \"h9\", \"ownerKey\": \"k9\", \"state\": \"Claimed\","
        "  \"allocationId\": \"a9\"},"
        " {\"registryHash\": \"h1\", \"ownerKey\": \"k1\", \"state\": \"Allocated\","
        "  \"allocationId\": \"a1\"}]}",
        "[{\"registryHash\": \"h1\", \"sliceId\": \"s1\", \"here\": \"Available\","
        "  \"there\": \"Allocated\", \"owner\": \"alice\", \"ownerKey\": \"k1\","
        "  \"allocationId\": \"a1\"},"
        " {\"registryHash\": null, \"sliceId\": \"s2\", \"here\": \"Available\","
        "  \"there\": null, \"owner\": \"bob\", \"ownerKey\": null, \"allocationId\": null},"
        " {\"registryHash\": \"h9\", \"sliceId\": null, \"here\": null, \"there\": \"Claimed\","
        "  \"owner\": null, \"ownerKey\": \"k9\", \"allocationId\": \"a9\"}]");
}

Test(beside, without_a_reading_there_is_nothing_to_compare_with) {
    json_t *slices = json_of("[{\"sliceId\": \"s1\"}]");
    json_t *beside = beside_of(slices, NULL);
    cr_expect(json_is_null(beside));
    json_decref(beside);
    json_decref(slices);
}
