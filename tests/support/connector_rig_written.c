/* What comes of it: the records that the connector wrote, as the test reads them and as the
 * registry looks for the intent of what it is sent. */
#include <criterion/criterion.h>

#include "domain/submission.h"
#include "domain/uuid.h"
#include "registry_connector/registry_connector.h"
#include "tests/support/connector_rig_inside.h"

enum { EVENTS_KNOWN_MAX = 16384 };

const void *connector_rig_read(const struct log_record *record, enum message_type *type) {
    const struct wire_input input = {.topic = record->topic, .value = record->value};
    struct wire_failure failure;
    struct message message;
    const bool away = connector_rig.fake_schemas.away;
    connector_rig.fake_schemas.away = false; /* the test's own reading is nobody's trouble */
    cr_assert_eq(wire_decode(connector_rig.cache, &input, &connector_rig.arena,
                             connector_rig.now_ms, &message, &failure),
                 RESULT_OK, "%s/%ld: %s", record->topic, (long)record->offset, failure.text);
    connector_rig.fake_schemas.away = away;
    *type = message.type;
    return message.body;
}

/* Visible records of registry.events; to find one again costs the log a walk. */
static const struct log_record *event_at(uint32_t index) {
    static struct log_record known[EVENTS_KNOWN_MAX];
    static uint32_t count;
    for (; count <= index; count++) {
        cr_assert_lt(count, EVENTS_KNOWN_MAX);
        known[count] =
            *memory_log_read(connector_rig.log, "registry.events", connector_rig.partition, count);
    }
    return &known[index];
}

void connector_rig_watch(void *context, const struct registry_request *request) {
    (void)context;
    char key[UUID_CHARACTERS];
    uuid_to_text(&request->call.certificate_id, key);
    for (uint32_t i =
             memory_log_visible(connector_rig.log, "registry.events", connector_rig.partition);
         i > 0; i--) {
        const struct log_record *record = event_at(i - 1);
        if (!bytes_equal(record->key, (struct bytes){(const uint8_t *)key, sizeof key})) {
            continue;
        }
        const size_t mark = connector_rig.arena.used;
        enum message_type type;
        const struct registry_events_submission_intended *intended =
            connector_rig_read(record, &type);
        cr_assert_eq(type, MESSAGE_REGISTRY_EVENTS_SUBMISSION_INTENDED, "sent without intent");
        cr_assert(uuid_equal(&intended->submission_id, &request->call.submission_id));
        cr_assert_eq(intended->attempt, request->call.attempt);
        cr_assert(bytes_equal(intended->transaction, request->transaction.bytes));
        connector_rig.arena.used = mark;
        return;
    }
    cr_assert_fail("sent without a committed intent");
}

static const struct log_record *next_of(const char *topic, uint32_t *named) {
    cr_assert_lt(*named, memory_log_visible(connector_rig.log, topic, connector_rig.partition),
                 "nothing more on %s (the lane: %s)", topic,
                 connector_rig.lane != NULL ? the_connectors_lane().reason : "gone");
    return memory_log_read(connector_rig.log, topic, connector_rig.partition, (*named)++);
}

const void *then_ledger_event(enum message_type type, struct uuid certificate_id) {
    enum message_type actual;
    const void *body =
        connector_rig_read(next_of("registry.events", &connector_rig.events_named), &actual);
    cr_assert_eq(actual, type, "%s, not %s", message_types[actual].full_name,
                 message_types[type].full_name);
    /* All events but StreamRead begin alike. */
    const struct registry_events_submission_sent *head = body;
    const struct registry_events_stream_read *read = body;
    cr_assert(uuid_equal(type == MESSAGE_REGISTRY_EVENTS_STREAM_READ ? &read->certificate_id
                                                                     : &head->certificate_id,
                         &certificate_id),
              "of another certificate");
    return body;
}

void no_more_events(void) {
    cr_expect_eq(memory_log_visible(connector_rig.log, "registry.events", connector_rig.partition),
                 connector_rig.events_named, "and nothing else");
}

uint32_t events_of(enum message_type wanted) {
    uint32_t found = 0;
    const size_t mark = connector_rig.arena.used;
    const uint32_t count =
        memory_log_visible(connector_rig.log, "registry.events", connector_rig.partition);
    for (uint32_t i = 0; i < count; i++) {
        enum message_type type;
        (void)connector_rig_read(event_at(i), &type);
        connector_rig.arena.used = mark;
        found += type == wanted ? 1 : 0;
    }
    return found;
}

void then_operation_dead(const char *reason) {
    const struct log_record *record = next_of("dead-letters", &connector_rig.letters_named);
    for (uint32_t i = 0; i < record->headers_count; i++) {
        if (text_equal(record->headers[i].name, text_of("millrace.reason"))) {
            const struct bytes value = record->headers[i].value;
            cr_expect(
                text_equal((struct text){(const char *)value.data, value.length}, text_of(reason)),
                "%.*s, not %s", (int)value.length, (const char *)value.data, reason);
            return;
        }
    }
    cr_assert_fail("a dead letter without a reason");
}

const struct registry_evidence_evidence_found *then_evidence(void) {
    enum message_type type;
    const void *body =
        connector_rig_read(next_of("registry.evidence", &connector_rig.evidence_named), &type);
    cr_assert_eq(type, MESSAGE_REGISTRY_EVIDENCE_EVIDENCE_FOUND);
    return body;
}

void no_more_evidence(void) {
    cr_expect_eq(
        memory_log_visible(connector_rig.log, "registry.evidence", connector_rig.partition),
        connector_rig.evidence_named, "no more evidence");
}

struct registry_state_ledger_state ledger_of(struct uuid certificate_id) {
    char key[UUID_CHARACTERS];
    uuid_to_text(&certificate_id, key);
    for (uint32_t i =
             memory_log_visible(connector_rig.log, "registry.state", connector_rig.partition);
         i > 0; i--) {
        const struct log_record *record =
            memory_log_read(connector_rig.log, "registry.state", connector_rig.partition, i - 1);
        if (bytes_equal(record->key, (struct bytes){(const uint8_t *)key, sizeof key})) {
            enum message_type type;
            return *(const struct registry_state_ledger_state *)connector_rig_read(record, &type);
        }
    }
    struct registry_state_ledger_state empty;
    submission_init(&empty, &certificate_id);
    return empty;
}

void the_store_has_ledger(const struct registry_state_ledger_state *state) {
    const enum message_type type = MESSAGE_REGISTRY_STATE_LEDGER_STATE;
    uint8_t *value = arena_take(&connector_rig.arena, CONNECTOR_RIG_VALUE_BYTES);
    const size_t length = wire_encode(type, state, connector_rig.emitter.schema_ids[type], value,
                                      CONNECTOR_RIG_VALUE_BYTES);
    cr_assert_leq(length, CONNECTOR_RIG_VALUE_BYTES);
    const struct store_write write = {
        .table = 0,
        .key = {state->certificate_id.bytes, sizeof state->certificate_id.bytes},
        .value = {value, (uint32_t)length},
    };
    int64_t positions[LOG_TOPICS_MAX];
    struct error error;
    cr_assert_eq(connector_rig.store.positions(connector_rig.store.self, positions, &error),
                 RESULT_OK);
    cr_assert_eq(connector_rig.store.apply(connector_rig.store.self, &write, 1, positions, &error),
                 RESULT_OK);
}

int64_t commands_committed(void) {
    return memory_log_committed(connector_rig.log, registry_connector_topology.processor,
                                "registry.commands", connector_rig.partition);
}
