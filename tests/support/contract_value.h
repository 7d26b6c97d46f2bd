/* A message of the registry's contract from JSON, by the descriptors that protoc-c generates. */
#ifndef MILLRACE_TESTS_SUPPORT_CONTRACT_VALUE_H
#define MILLRACE_TESTS_SUPPORT_CONTRACT_VALUE_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "domain/arena.h"

/* Bytes are hex, enums numbers, a member that is there is set (an empty message or list too). The
 * message and all in it lie in the arena. What is not a value of the message fails the test. */
ProtobufCMessage *contract_value(const ProtobufCMessageDescriptor *descriptor, const json_t *value,
                                 struct arena *arena);

/* The descriptor of a message by its full name; NULL for a name that the contract has not. */
const ProtobufCMessageDescriptor *contract_descriptor(const char *full_name);

/* How many there are. */
uint32_t contract_descriptors_count(void);

#endif
