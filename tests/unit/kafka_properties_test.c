/* What each kind of client is configured with: who wins, and what nobody can change. */
#include <criterion/criterion.h>
#include <librdkafka/rdkafka.h>
#include <openssl/x509_vfy.h>
#include <string.h>

#include "outside/kafka/failure.h"
#include "outside/kafka/properties.h"
#include "outside/kafka/trust.h"

enum { PROPERTIES_MAX = 16 };

static struct options options;
static struct kafka_property properties[PROPERTIES_MAX];
static struct kafka_config config;

static void setup(void) {
    options = options_default();
    config = (struct kafka_config){
        .properties = properties,
        .topic_prefix = "",
        .application = "app",
        .instance = "host-1",
        .options = &options,
    };
}

TestSuite(kafka_properties, .init = setup);

static void give(const char *name, const char *value, enum kafka_property_scope scope) {
    cr_assert_lt(config.properties_count, PROPERTIES_MAX);
    properties[config.properties_count++] = (struct kafka_property){name, value, scope};
}

static struct kafka_client_plan plan_of(enum kafka_role role) {
    return (struct kafka_client_plan){
        .role = role,
        .partition = 3,
        .processor = "certificates",
        .transactional_id = role == KAFKA_ROLE_TRANSACTOR ? "app.certificates-3" : NULL,
    };
}

static void expect(enum kafka_role role, const char *name, const char *expected) {
    const struct kafka_client_plan plan = plan_of(role);
    rd_kafka_conf_t *conf;
    struct error error;
    char value[256] = "";
    size_t size = sizeof value;
    cr_assert_eq(kafka_properties_build(&config, &plan, "client", &conf, &error), RESULT_OK, "%s",
                 error.text);
    if (rd_kafka_conf_get(conf, name, value, &size) != RD_KAFKA_CONF_OK) {
        value[0] = '\0'; /* it has no value */
    }
    rd_kafka_conf_destroy(conf);
    cr_expect_str_eq(value, expected, "%s of role %d: '%s'", name, role, value);
}

Test(kafka_properties, what_promises_rest_on_cannot_be_changed) {
    static const struct {
        enum kafka_role role;
        const char *name;
        const char *wrong;
        const char *right;
    } rows[] = {
        {KAFKA_ROLE_TRANSACTOR, "acks", "1", "-1"},
        {KAFKA_ROLE_TRANSACTOR, "enable.idempotence", "false", "true"},
        {KAFKA_ROLE_TRANSACTOR, "transactional.id", "mine", "app.certificates-3"},
        {KAFKA_ROLE_TRANSACTOR, "transaction.timeout.ms", "1000", "30000"},
        {KAFKA_ROLE_TRANSACTOR, "message.timeout.ms", "900000", "30000"},
        {KAFKA_ROLE_PRODUCER, "acks", "0", "-1"},
        {KAFKA_ROLE_PRODUCER, "enable.idempotence", "false", "true"},
        {KAFKA_ROLE_EVIDENCE, "enable.idempotence", "false", "true"},
        {KAFKA_ROLE_EVIDENCE, "message.timeout.ms", "1000", "0"},
        {KAFKA_ROLE_PROBER, "acks", "all", "2"},
        {KAFKA_ROLE_PROBER, "enable.idempotence", "true", "false"},
        {KAFKA_ROLE_MEMBER, "group.id", "mine", "app.certificates"},
        {KAFKA_ROLE_MEMBER, "group.instance.id", "mine", "app.certificates.host-1"},
        {KAFKA_ROLE_MEMBER, "partition.assignment.strategy", "cooperative-sticky", "range"},
        {KAFKA_ROLE_MEMBER, "enable.auto.commit", "true", "false"},
        {KAFKA_ROLE_MEMBER, "enable.auto.offset.store", "true", "false"},
        {KAFKA_ROLE_MEMBER, "auto.offset.reset", "latest", "error"},
        {KAFKA_ROLE_MEMBER, "isolation.level", "read_uncommitted", "read_committed"},
        {KAFKA_ROLE_MEMBER, "check.crcs", "false", "true"},
        {KAFKA_ROLE_MEMBER, "session.timeout.ms", "45000", "6000"},
        {KAFKA_ROLE_MEMBER, "heartbeat.interval.ms", "5000", "1000"},
        {KAFKA_ROLE_MEMBER, "max.poll.interval.ms", "6000", "300000"},
        {KAFKA_ROLE_RESTORER, "isolation.level", "read_uncommitted", "read_committed"},
        {KAFKA_ROLE_READER, "isolation.level", "read_uncommitted", "read_committed"},
        {KAFKA_ROLE_ASKER, "isolation.level", "read_committed", "read_uncommitted"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setup();
        give(rows[i].name, rows[i].wrong, KAFKA_PROPERTY_ALL);
        give(rows[i].name, rows[i].wrong, KAFKA_PROPERTY_CONSUMER);
        give(rows[i].name, rows[i].wrong, KAFKA_PROPERTY_PRODUCER);
        expect(rows[i].role, rows[i].name, rows[i].right);
    }
}

Test(kafka_properties, a_user_may_know_better_than_our_defaults) {
    expect(KAFKA_ROLE_TRANSACTOR, "retry.backoff.ms", "10");
    give("retry.backoff.ms", "7", KAFKA_PROPERTY_PRODUCER);
    give("retry.backoff.ms", "250", KAFKA_PROPERTY_ALL);
    expect(KAFKA_ROLE_TRANSACTOR, "retry.backoff.ms", "7");
    expect(KAFKA_ROLE_MEMBER, "retry.backoff.ms", "250");
}

Test(kafka_properties, a_process_without_a_name_is_a_dynamic_member) {
    config.instance = NULL;
    expect(KAFKA_ROLE_MEMBER, "group.instance.id", "");
}

Test(kafka_properties, a_wrong_property_is_named_with_its_setting) {
    const struct kafka_client_plan plan = plan_of(KAFKA_ROLE_PRODUCER);
    rd_kafka_conf_t *conf;
    struct error error;
    give("linger.mss", "5", KAFKA_PROPERTY_PRODUCER);
    cr_expect_eq(kafka_properties_build(&config, &plan, "client", &conf, &error), RESULT_INVALID);
    cr_expect_null(conf);
    cr_expect_not_null(strstr(error.text, "kafka.linger.mss"), "%s", error.text);
}

Test(kafka_failure, codes_mean_fenced_denied_again_or_failed) {
    static const struct {
        rd_kafka_resp_err_t code;
        enum result result;
    } rows[] = {
        {RD_KAFKA_RESP_ERR__FENCED, RESULT_FENCED},
        {RD_KAFKA_RESP_ERR_PRODUCER_FENCED, RESULT_FENCED},
        {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, RESULT_FENCED},
        {RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, RESULT_FENCED},
        {RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RESULT_FENCED},
        {RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, RESULT_FENCED},
        {RD_KAFKA_RESP_ERR__TIMED_OUT, RESULT_AGAIN},
        {RD_KAFKA_RESP_ERR__TRANSPORT, RESULT_AGAIN},
        {RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RESULT_AGAIN},
        {RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, RESULT_AGAIN},
        {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, RESULT_DENIED},
        {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, RESULT_DENIED},
        {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, RESULT_DENIED},
        {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, RESULT_DENIED},
        {RD_KAFKA_RESP_ERR_DELEGATION_TOKEN_AUTHORIZATION_FAILED, RESULT_DENIED},
        {RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, RESULT_DENIED},
        {RD_KAFKA_RESP_ERR__AUTHENTICATION, RESULT_DENIED},
        {RD_KAFKA_RESP_ERR__SSL, RESULT_AGAIN},
        {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, RESULT_FAILED},
        {RD_KAFKA_RESP_ERR_UNKNOWN, RESULT_FAILED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error;
        cr_expect_eq(kafka_failed(rows[i].code, &error, "doing it", "Read"), rows[i].result, "%s",
                     rd_kafka_err2name(rows[i].code));
        cr_expect_eq(strncmp(error.text, "doing it: ", strlen("doing it: ")), 0, "%s", error.text);
    }
}

Test(kafka_trust, says_who_must_do_something_about_a_certificate) {
    static const struct {
        int code; /* OpenSSL's */
        const char *words;
    } rows[] = {
        {X509_V_OK, "kafka.security.protocol"},
        {X509_V_ERR_CERT_HAS_EXPIRED, "whoever runs Kafka must renew it"},
        {X509_V_ERR_CERT_NOT_YET_VALID, "check the clocks"},
        {X509_V_ERR_HOSTNAME_MISMATCH, "kafka.bootstrap.servers"},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, "kafka.bootstrap.servers"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "kafka.ssl.ca.location"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "kafka.ssl.ca.location"},
        {X509_V_ERR_CERT_REVOKED, "revoked"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *advice = kafka_trust_advice(rows[i].code);
        cr_expect_not_null(strstr(advice, rows[i].words), "%d: %s", rows[i].code, advice);
    }
}

Test(kafka_failure, a_missing_right_is_named) {
    struct error error;
    (void)kafka_failed(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, &error, "a.b", "Read");
    cr_expect_not_null(strstr(error.text, "grant this principal Read on the topic"), "%s",
                       error.text);
}
