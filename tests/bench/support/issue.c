#include "tests/bench/support/issue.h"

#include "generated/c/certificates_commands.h"
#include "tests/bench/support/metered.h"
#include "wire/message.h"

uint32_t issue_write(uint32_t number, struct uuid *key, uint8_t *value, uint32_t capacity) {
    enum { PERIOD_MS = 3600000 };
    static const enum message_type type = MESSAGE_CERTIFICATES_COMMANDS_ISSUE_CERTIFICATE;
    const int64_t period_start_ms = 1750000000000 / PERIOD_MS * PERIOD_MS;
    const struct certificates_commands_issue_certificate command = {
        .metadata = {.id = metered_id("message", number),
                     .timestamp = period_start_ms + PERIOD_MS,
                     .source = {.name = text_of("meters"), .version = text_of("1.0.0")}},
        .certificate_id = metered_id("certificate", number),
        .requested_by = text_of("issuer-dk1"),
        .certificate_type = MILLRACE_CERTIFICATE_TYPE_PRODUCTION,
        .grid_area = text_of("DK1"),
        .period_start = period_start_ms,
        .period_end = period_start_ms + PERIOD_MS,
        .quantity = 1000,
        .owner = text_of("alice"),
        .registry = text_of("main"),
    };
    *key = command.certificate_id;
    return (uint32_t)wire_encode(type, &command, metered_emitter()->schema_ids[type], value,
                                 capacity);
}

struct certificates_config issue_config(const struct kafka_cluster *cluster) {
    static const struct rules_issuer issuer = {.grid_area = {"DK1", 3}, .name = {"issuer-dk1", 10}};
    static const struct rules_registry registry = {.name = {"main", 4}};
    static const struct rules rules = {.issuers = &issuer,
                                       .issuers_count = 1,
                                       .registries = &registry,
                                       .registries_count = 1,
                                       .owners_any = true};
    return (struct certificates_config){
        .rules = &rules,
        .emitter = metered_emitter(),
        .source = {.name = text_of("bench"), .version = text_of("1")},
        .state_format = CERTIFICATES_FORMAT_VERSION,
        .schemas_open = metered_schemas_open,
        .logger = cluster->config.logger,
    };
}
