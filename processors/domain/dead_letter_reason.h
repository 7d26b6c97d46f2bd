/* Why a record is dead-lettered: the closed list, with the words that stand in `millrace.reason`.
 */
#ifndef MILLRACE_DOMAIN_DEAD_LETTER_REASON_H
#define MILLRACE_DOMAIN_DEAD_LETTER_REASON_H

/* Member, word, and what a person should know. */
#define DEAD_LETTER_REASONS(X)                                                                    \
    X(DEAD_LETTER_EMPTY, "empty", "the record has no value")                                      \
    X(DEAD_LETTER_NOT_CONFLUENT_FRAMED, "not-confluent-framed",                                   \
      "the value does not begin with 0x00 and a 4-byte schema id: serialise with a schema "       \
      "registry, in the Confluent wire format")                                                   \
    X(DEAD_LETTER_SCHEMA_ID_IN_HEADER, "schema-id-in-header",                                     \
      "the schema id is in a header, which is not supported: set the serialiser to put it in "    \
      "front of the value")                                                                       \
    X(DEAD_LETTER_SINGLE_OBJECT_ENCODING, "single-object-encoding",                               \
      "the value is in Avro's single-object encoding, which is not supported: serialise in the "  \
      "Confluent wire format")                                                                    \
    X(DEAD_LETTER_UNKNOWN_SCHEMA_ID, "unknown-schema-id",                                         \
      "the schema registry does not have this schema id")                                         \
    X(DEAD_LETTER_TYPE_NOT_ALLOWED, "type-not-allowed",                                           \
      "this record type may not travel on this topic: the namespace of a type is its topic")      \
    X(DEAD_LETTER_UNREADABLE_SCHEMA, "unreadable-schema",                                         \
      "the schema that the record was written with cannot be read as ours")                       \
    X(DEAD_LETTER_MALFORMED, "malformed", "the bytes are not what their schema says")             \
    X(DEAD_LETTER_TRAILING_BYTES, "trailing-bytes", "there are bytes behind the record")          \
    X(DEAD_LETTER_TOO_LARGE, "too-large", "the record, or a field of it, is beyond its limit")    \
    X(DEAD_LETTER_UNSUPPORTED_VALUE, "unsupported-value",                                         \
      "a field has a symbol that this version does not know")                                     \
    X(DEAD_LETTER_NOT_CANONICAL, "not-canonical",                                                 \
      "an id is not written as a UUID in lower case: 01234567-89ab-cdef-0123-456789abcdef")       \
    X(DEAD_LETTER_WRONG_KEY, "wrong-key", "the key of the record is not the certificateId in it") \
    X(DEAD_LETTER_WRONG_PARTITION, "wrong-partition",                                             \
      "the record lies in another partition than murmur2 of its key says: set "                   \
      "partitioner=murmur2_random")                                                               \
    X(DEAD_LETTER_MISSING_VALUE, "missing-value", "a field that must say something is empty")     \
    X(DEAD_LETTER_REGISTRY_NOT_READABLE, "registry-not-readable",                                 \
      "the stream of a certificate cannot be read from this registry")                            \
    X(DEAD_LETTER_COMMAND_ID_REUSED, "command-id-reused",                                         \
      "another command of this certificate has the same metadata.id")

enum dead_letter_reason {
#define DEAD_LETTER_REASON_MEMBER(name, word, sentence) name,
    DEAD_LETTER_REASONS(DEAD_LETTER_REASON_MEMBER)
#undef DEAD_LETTER_REASON_MEMBER
};

/* "not-confluent-framed" */
const char *dead_letter_reason_word(enum dead_letter_reason reason);

/* A sentence, without a capital and a full stop. */
const char *dead_letter_reason_sentence(enum dead_letter_reason reason);

#endif
