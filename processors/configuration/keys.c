#include "configuration/keys.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "configuration/nearest.h"

enum { HOUR_MS = 3600 * 1000, DAY_MS = 24 * HOUR_MS };

/* The unit and bounds of a time-out. */
#define MS(from, to) .unit = "ms", .minimum = (from), .maximum = (to)

const struct setting_key setting_keys[] = {
    {.name = "application",
     .type = SETTING_TEXT,
     .fallback = "millrace",
     .doc = "Opens the names of consumer groups and transactional ids: one deployment, one name."},
    {.name = "instance",
     .type = SETTING_TEXT,
     .doc = "Names this process among its like: a restart within the session time-out then moves "
            "no partitions. Each process needs its own."},
    {.name = "topics.file",
     .type = SETTING_TEXT,
     .fallback = "topics.yaml",
     .doc = "The file that says which topics there are."},
    {.name = "topics.prefix",
     .type = SETTING_TEXT,
     .fallback = "",
     .doc = "Put before every topic's name, for a Kafka that is shared with others."},
    {.name = "topics.replication.factor",
     .type = SETTING_INTEGER,
     .fallback = "-1",
     .minimum = -1,
     .maximum = 15,
     .doc = "Copies of each topic that `topics apply` creates; -1: the cluster's own default."},
    {.name = "topics.min.insync.replicas",
     .type = SETTING_INTEGER,
     .fallback = "-1",
     .minimum = -1,
     .maximum = 15,
     .doc = "Copies that must have a record before it counts; -1: the cluster's own default."},
    {.name = "kafka.bootstrap.servers",
     .type = SETTING_TEXT,
     .unit = "host:port,...",
     .doc = "Where Kafka is."},
    {.name = "kafka.consumer.*",
     .type = SETTING_TEXT,
     .doc = "Any property of librdkafka, for consumers only."},
    {.name = "kafka.producer.*",
     .type = SETTING_TEXT,
     .doc = "Any property of librdkafka, for producers only."},
    {.name = "kafka.*",
     .type = SETTING_TEXT,
     .doc = "Any property of librdkafka, such as kafka.security.protocol or kafka.sasl.username."},
    {.name = "schema.registry.url",
     .type = SETTING_TEXT,
     .unit = "URL",
     .doc = "Where the schema registry is; its Confluent-compatible interface."},
    {.name = "schema.registry.basic.auth.user.info",
     .type = SETTING_TEXT,
     .unit = "user:password",
     .doc = "Credentials for the schema registry."},
    {.name = "schema.registry.ssl.ca.location",
     .type = SETTING_TEXT,
     .unit = "file",
     .doc = "Certificates of those who may vouch for the schema registry; else the system's."},
    {.name = "schema.registry.cache.directory",
     .type = SETTING_TEXT,
     .unit = "directory",
     .doc = "Where schemas that were fetched are kept, for times when the registry is away."},
    {.name = "state.dir",
     .type = SETTING_TEXT,
     .unit = "directory",
     .doc = "Where processors keep their state between two starts, on a local disk; each process "
            "needs its own. Not set: in memory, read from the topics at each start."},
    {.name = "state.memory.mb",
     .type = SETTING_INTEGER,
     .fallback = "64",
     .unit = "MiB",
     .minimum = 8,
     .maximum = 65536,
     .doc = "With state.dir: memory of one processor for state that was read (half of it) and for "
            "state that is not in a file yet (half of it, at most 8 MiB a partition)."},
    {.name = "keys.file",
     .type = SETTING_TEXT,
     .unit = "file",
     .doc = "The keys of owners and issuers (`millrace keys`); with secret ones in it only its "
            "owner may read it."},
    {.name = "blinding.file",
     .type = SETTING_TEXT,
     .unit = "file",
     .doc =
         "The secrets that quantities are hidden with at a project-origin registry, a line each: "
         "NAME SECRET-IN-HEX; the first is that of new slices. Only its owner may read it."},
    {.name = "log.level",
     .type = SETTING_CHOICE,
     .fallback = "info",
     .choices = "error|warning|info|debug",
     .doc = "The least important messages that are logged."},
    {.name = "log.format",
     .type = SETTING_CHOICE,
     .fallback = "auto",
     .choices = "auto|text|json",
     .doc = "How log lines look; auto: text on a terminal, else one JSON object a line."},
    {.name = "http.listen",
     .type = SETTING_TEXT,
     .fallback = "127.0.0.1:9464",
     .unit = "host:port",
     .doc = "Where `run` answers /metrics, /livez and /readyz: each process of a host needs its "
            "own, port 0 is any that is free, empty is nowhere."},
    {.name = "loop.session.timeout.ms",
     .type = SETTING_INTEGER,
     .fallback = "6000",
     MS(1000, HOUR_MS),
     .doc = "A process that Kafka has not heard of for this long has lost its partitions."},
    {.name = "loop.transaction.timeout.ms",
     .type = SETTING_INTEGER,
     .fallback = "30000",
     MS(1000, HOUR_MS),
     .doc = "Kafka ends and fences a transaction that is open for longer."},
    {.name = "loop.max.poll.interval.ms",
     .type = SETTING_INTEGER,
     .fallback = "300000",
     MS(1000, DAY_MS),
     .doc = "A process that has not polled for this long has lost its partitions."},
    {.name = "loop.revoke.drain.ms",
     .type = SETTING_INTEGER,
     .fallback = "20000",
     MS(0, HOUR_MS),
     .doc =
         "How long registry calls that are out are waited for before a partition is handed over."},
    {.name = "loop.call.timeout.ms",
     .type = SETTING_INTEGER,
     .fallback = "30000",
     MS(1, HOUR_MS),
     .doc = "A registry call without a reply for this long has an unknown outcome."},
    {.name = "loop.unknown.after.ms",
     .type = SETTING_INTEGER,
     .fallback = "60000",
     MS(1, DAY_MS),
     .doc = "How long another owner's call is held open for late evidence before it is unknown."},
    {.name = "loop.quarantine.ms",
     .type = SETTING_INTEGER,
     .fallback = "0",
     MS(0, 7 * (int64_t)DAY_MS),
     .doc = "No verdict \"not executed\" before this has passed since the process that sent it was "
            "found dead (with --may-execute-twice: since the outcome became unknown), anew with "
            "each owner of the partition; 0: no such verdict."},
    {.name = "loop.commit.slow.ms",
     .type = SETTING_INTEGER,
     .fallback = "5000",
     MS(1, HOUR_MS),
     .doc = "After a commit that took longer, the producer is made anew."},
    {.name = "loop.batch.quiet.ms",
     .type = SETTING_INTEGER,
     .fallback = "3",
     MS(0, 1000),
     .doc = "A transaction is closed when nothing more has come for this long."},
    {.name = "loop.batch.max.ms",
     .type = SETTING_INTEGER,
     .fallback = "100",
     MS(1, 10000),
     .doc = "A transaction is closed after this even while more is coming."},
    {.name = "loop.batch.records.max",
     .type = SETTING_INTEGER,
     .fallback = "1000",
     .unit = "records",
     .minimum = 1,
     .maximum = 100000,
     .doc = "Input records a transaction."},
    {.name = "loop.lane.silent.ms",
     .type = SETTING_INTEGER,
     .fallback = "30000",
     MS(11000, HOUR_MS),
     .doc = "A partition's thread that has not moved for this long is taken for dead."},
    {.name = "loop.in.flight.max",
     .type = SETTING_INTEGER,
     .fallback = "10000",
     .unit = "calls",
     .minimum = 1,
     .maximum = 1000000,
     .doc = "Calls out to one registry at a time, by all partitions of a deployment together."},
    {.name = "registries.*.adapter",
     .type = SETTING_CHOICE,
     .choices = "plain|project-origin",
     .doc = "How this registry is spoken to."},
    {.name = "registries.*.address",
     .type = SETTING_TEXT,
     .unit = "host:port or unix:path; http(s)://host:port",
     .doc = "Where this registry is; with http:// or https:// where it is a project-origin one."},
    {.name = "registries.*.in.flight.max",
     .type = SETTING_INTEGER,
     .unit = "calls",
     .minimum = 1,
     .maximum = 1000000,
     .doc = "Calls out to this registry at a time; else loop.in.flight.max."},
    {.name = "registries.*.own.name",
     .type = SETTING_TEXT,
     .doc = "How this project-origin registry names itself in transactions; else NAME."},
    {.name = "registries.*.tls.ca.file",
     .type = SETTING_TEXT,
     .unit = "file",
     .doc = "Certificates of those who may vouch for this project-origin registry; else the "
            "system's."},
    {.name = "registries.*.tls.certificate.file",
     .type = SETTING_TEXT,
     .unit = "file",
     .doc = "Our certificate for this project-origin registry, if it asks for one (PEM, with those "
            "that vouch for it)."},
    {.name = "registries.*.tls.key.file",
     .type = SETTING_TEXT,
     .unit = "file",
     .doc = "The key of that certificate (PEM, without a password)."},
    {.name = "registries.*.connections.max",
     .type = SETTING_INTEGER,
     .unit = "connections",
     .minimum = 1,
     .maximum = 16,
     .doc = "Connections of each partition to this project-origin registry; else 2."},
    {.name = "registries.*.poll.first.ms",
     .type = SETTING_INTEGER,
     MS(1, HOUR_MS),
     .doc = "How long after this project-origin registry took a transaction it is asked for the "
            "first time what became of it; else 500. Then each time half as long again."},
    {.name = "registries.*.poll.longest.ms",
     .type = SETTING_INTEGER,
     MS(1, HOUR_MS),
     .doc = "The longest time between two such questions; else 10000."},
    {.name = "rules.issuers.*",
     .type = SETTING_LIST,
     .doc = "Who may issue and withdraw certificates of this grid area."},
    {.name = "rules.owners",
     .type = SETTING_LIST,
     .fallback = "",
     .doc = "Who may own slices; empty: anybody with a well-formed name."},
    {.name = "rules.owner.keys.*",
     .type = SETTING_TEXT,
     .unit = "hex",
     .doc = "This owner's public key, as registries show it."},
    {.name = "rules.expiry.days",
     .type = SETTING_INTEGER,
     .unit = "days",
     .minimum = 1,
     .maximum = 36500,
     .doc = "How long after its period a certificate takes commands; not set: for ever."},
};

const uint32_t setting_keys_count = sizeof setting_keys / sizeof setting_keys[0];

/* Properties of librdkafka, without `kafka.`, that let their reader in somewhere. */
static const char *const secret_properties[] = {
    "sasl.password",         "ssl.key.password",        "ssl.key.pem",
    "ssl.keystore.password", "sasl.oauthbearer.config", "sasl.oauthbearer.client.secret",
};

/* Properties that a promise rests on, or that have a setting of their own. */
static const struct {
    const char *property;
    const char *because;
} forbidden_properties[] = {
    {"acks", "all copies must have a record before it counts"},
    {"request.required.acks", "all copies must have a record before it counts"},
    {"enable.idempotence", "a repeated request must not write twice"},
    {"transactional.id", "it names the partition's owner and is derived from `application`"},
    {"transaction.timeout.ms", "it is set by loop.transaction.timeout.ms"},
    {"partitioner", "keys are placed by murmur2, as everybody's are"},
    {"group.id", "it is derived from `application`"},
    {"group.instance.id", "it is derived from the process"},
    {"partition.assignment.strategy", "a partition of all inputs must come to one owner"},
    {"session.timeout.ms", "it is set by loop.session.timeout.ms"},
    {"max.poll.interval.ms", "it is set by loop.max.poll.interval.ms"},
    {"enable.auto.commit", "offsets are committed with what was made of the records"},
    {"enable.auto.offset.store", "offsets are committed with what was made of the records"},
    {"auto.commit.enable", "offsets are committed with what was made of the records"},
    {"auto.offset.reset", "nothing may be skipped in silence"},
    {"isolation.level", "what was aborted must not be read"},
    {"check.crcs", "what was damaged must not be read"},
};

static const char *after(const char *text, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

/* The property of librdkafka that a setting passes on; NULL: it is none. */
static const char *kafka_property(const char *name) {
    const char *property = after(name, "kafka.consumer.");
    if (property == NULL) {
        property = after(name, "kafka.producer.");
    }
    return property != NULL ? property : after(name, "kafka.");
}

bool setting_key_is_pattern(const struct setting_key *key) {
    assert(key != NULL);
    return strchr(key->name, '*') != NULL;
}

static bool matches(const char *pattern, const char *name) {
    const char *star = strchr(pattern, '*');
    if (star == NULL) {
        return strcmp(pattern, name) == 0;
    }
    const size_t before = (size_t)(star - pattern);
    if (strncmp(pattern, name, before) != 0) {
        return false;
    }
    const char *rest = name + before;
    if (star[1] == '\0') {
        return *rest != '\0';
    }
    const char *dot = strchr(rest, '.');
    return dot != NULL && dot > rest && strcmp(dot, star + 1) == 0;
}

const struct setting_key *setting_key_find(const char *name) {
    assert(name != NULL);
    const struct setting_key *found = NULL;
    for (uint32_t i = 0; i < setting_keys_count; i++) {
        const struct setting_key *key = &setting_keys[i];
        if (strcmp(key->name, name) == 0) {
            return key;
        }
        /* Of two patterns the earlier one counts: kafka.consumer.* stands before kafka.*. */
        if (found == NULL && setting_key_is_pattern(key) && matches(key->name, name)) {
            found = key;
        }
    }
    return found;
}

bool setting_is_secret(const char *name) {
    assert(name != NULL);
    if (strcmp(name, "schema.registry.basic.auth.user.info") == 0) {
        return true;
    }
    const char *property = kafka_property(name);
    for (size_t i = 0; i < sizeof secret_properties / sizeof secret_properties[0]; i++) {
        if (property != NULL && strcmp(property, secret_properties[i]) == 0) {
            return true;
        }
    }
    return false;
}

const char *setting_forbidden_because(const char *name) {
    assert(name != NULL);
    const char *property = kafka_property(name);
    if (property == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof forbidden_properties / sizeof forbidden_properties[0]; i++) {
        if (strcmp(property, forbidden_properties[i].property) == 0) {
            return forbidden_properties[i].because;
        }
    }
    return NULL;
}

bool setting_environment_name(const char *name, char *variable, uint32_t size) {
    assert(name != NULL && variable != NULL);
    const int length = snprintf(variable, size, "MILLRACE_%s", name);
    if (length < 0 || (uint32_t)length >= size) {
        return false;
    }
    for (char *c = variable; *c != '\0'; c++) {
        *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
    }
    return true;
}

/* The key's name with the user's own word in place of the `*`, for registries.NAME.address. */
static const char *fill_in(const struct setting_key *key, const char *name, char *filled,
                           uint32_t size) {
    const char *star = strchr(key->name, '*');
    if (star == NULL) {
        return key->name;
    }
    const char *word = strchr(name, '.');
    if (star[1] == '\0' || word == NULL) {
        return NULL;
    }
    word++;
    const int length = snprintf(filled, size, "%.*s%.*s%s", (int)(star - key->name), key->name,
                                (int)strcspn(word, "."), word, star + 1);
    return length > 0 && (uint32_t)length < size ? filled : NULL;
}

const char *setting_suggestion(const char *name, char *suggestion, uint32_t size) {
    assert(name != NULL && suggestion != NULL);
    uint32_t best = UINT32_MAX;
    char filled[NEAREST_WORD_MAX];
    for (uint32_t i = 0; i < setting_keys_count; i++) {
        const char *candidate = fill_in(&setting_keys[i], name, filled, sizeof filled);
        const uint32_t distance = candidate == NULL ? UINT32_MAX : word_distance(name, candidate);
        if (distance < best) {
            best = distance;
            (void)snprintf(suggestion, size, "%s", candidate);
        }
    }
    return best != UINT32_MAX && word_distance_is_near(name, best) ? suggestion : NULL;
}
