/* Placement must be what the Java clients do: their published vectors, and librdkafka's murmur2. */
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>

#include "domain/placement.h"

static struct bytes key_of(const char *string) {
    return (struct bytes){.data = (const uint8_t *)string, .length = (uint32_t)strlen(string)};
}

Test(placement, has_the_java_vectors) {
    static const struct {
        const char *key;
        int32_t hash;
    } rows[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq((int32_t)placement_murmur2(key_of(rows[i].key)), rows[i].hash, "row %s",
                     rows[i].key);
    }
}

Test(placement, agrees_with_librdkafka) {
    for (int32_t i = 0; i < 1000; i++) {
        char key[48];
        snprintf(key, sizeof key, "%.*s%d", i % 7, "abcdefg", i);
        for (int32_t partitions = 1; partitions <= 13; partitions += 6) {
            const int32_t theirs =
                rd_kafka_msg_partitioner_murmur2(NULL, key, strlen(key), partitions, NULL, NULL);
            cr_assert_eq(placement_partition(key_of(key), partitions), theirs, "key %s", key);
            cr_assert_eq(
                placement_partition_crc32(key_of(key), partitions),
                rd_kafka_msg_partitioner_consistent(NULL, key, strlen(key), partitions, NULL, NULL),
                "key %s by CRC32", key);
        }
    }
}

Test(placement, takes_an_empty_key) {
    cr_expect_eq(placement_partition((struct bytes){.data = NULL, .length = 0}, 1), 0);
}
