#include "cli/commands.h"
#include "cli/verbs.h"
#include "standin/standin.h"

const struct command commands[] = {
    {.words = "completion",
     .arguments = "bash|zsh",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Print what a shell needs to complete verbs and options.",
     .details = "",
     .example = "millrace completion bash >/etc/bash_completion.d/millrace",
     .run = verb_completion},
    {.words = "config check",
     .arguments = "[ROLE...]",
     .arguments_max = 8,
     .summary = "Connect, and check that everything is there which the configuration speaks of.",
     .details =
         "Topics (partitions, copies, min.insync.replicas, settings), schemas and their "
         "compatibility, the addresses of registries (connects, sends nothing), and the rights of "
         "each ROLE of topics.yaml; without one, of all processors. Changes nothing: rights are "
         "asked for with requests that brokers refuse for another reason. A line for each thing: "
         "ok, wrong or unknown, and what to do. Exit codes: 0 nothing is wrong, 77 a right is "
         "missing, 3 something else is wrong, 1 somebody does not answer.",
     .example = "millrace config check certificates registry-connector --config "
                "/etc/millrace.yaml",
     .options = verb_config_check_options,
     .run = verb_config_check},
    {.words = "config keys",
     .arguments = "",
     .summary = "List every setting there is, with its default and what it is for.",
     .details = "",
     .example = "millrace config keys",
     .run = verb_config_keys},
    {.words = "config show",
     .arguments = "",
     .summary = "Show the settings as they are, and where each comes from.",
     .details = "Secrets are not shown.",
     .example = "millrace config show -o json",
     .run = verb_config_show},
    {.words = "keys generate",
     .arguments = "owner|issuer NAME",
     .arguments_min = 2,
     .arguments_max = 2,
     .summary = "Make a new key, keep it in the file of keys, and print its public half.",
     .details = "Owners have keys of Secp256k1, issuers of Ed25519; keys.file says where they are "
                "kept. Exit code 4: the name has a key; nothing is ever overwritten.",
     .example = "millrace keys generate owner wind-farm-7 --set keys.file=/etc/millrace/keys",
     .run = verb_keys_generate},
    {.words = "keys import",
     .arguments = "owner|issuer NAME secret|public [FILE]",
     .arguments_min = 3,
     .arguments_max = 4,
     .summary =
         "Take a key that others made into the file of keys: from a file, or standard input.",
     .details = "In hex; keys of Ed25519 also as PEM. Of a name with a public key only, somebody "
                "to give to, the secret can be taken in later, if it is that key's. Exit code 4: "
                "it is no such key, the name has another one, or the key another name.",
     .example = "millrace keys import issuer grid-dk1 secret issuer.pem --set "
                "keys.file=/etc/millrace/keys",
     .run = verb_keys_import},
    {.words = "keys list",
     .arguments = "",
     .summary = "List whose keys there are, and their public halves as registries show them.",
     .details = "Secrets are not shown. Where only the public half is there, others can be given "
                "to, and nothing can be signed.",
     .example = "millrace keys list -o json --set keys.file=/etc/millrace/keys",
     .run = verb_keys_list},
    {.words = "manual",
     .arguments = "DIRECTORY",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Write the manual pages, one of each verb and one of all.",
     .details = "",
     .example = "millrace manual /usr/local/share/man/man1",
     .run = verb_manual},
    {.words = "run",
     .arguments = "PROCESSOR...",
     .arguments_min = 1,
     .arguments_max = 2,
     .summary = "Run processors until SIGTERM: certificates, registry-connector, or both.",
     .details = "Refuses to start when topics, partitions or schemas are not as they must be, and "
                "says what to do. Waits for servers that are away. SIGTERM drains: no new work, "
                "calls that are out are waited for, everything is committed; a second signal ends "
                "at once.",
     .example = "millrace run certificates registry-connector",
     .run = verb_run},
    {.words = "schemas plan",
     .arguments = "",
     .summary = "Show what the schema registry lacks to know our schemas.",
     .details = "Changes nothing. Exit code 3: there is something to do.",
     .example = "millrace schemas plan",
     .run = verb_schemas_plan},
    {.words = "schemas apply",
     .arguments = "",
     .summary = "Register our schemas, and prove that incompatible ones are refused.",
     .details = "Deletes nothing, and does nothing at all when one of our schemas may not follow "
                "what is registered. The proof is made with the subject "
                "millrace.CompatibilityProbe, which has no other use.",
     .example = "millrace schemas apply",
     .run = verb_schemas_apply},
    {.words = "schemas check",
     .arguments = "",
     .summary = "Check that our schemas are registered and their compatibility is enforced.",
     .details = "Refuses a lost or changed enum default, field default or logicalType, which "
                "servers let pass. Changes nothing. Exit code 3: something is not as it should "
                "be.",
     .example = "millrace schemas check -o json",
     .run = verb_schemas_check},
    {.words = "send",
     .arguments = "[TYPE] [FIELD=VALUE...]",
     .arguments_max = 60,
     .summary = "Send a command or an operation, and wait for its answer.",
     .details =
         "What is left out is filled in where it can be: metadata always, the certificate's "
         "id of an issue. Everything is checked against the schema first. Prints the ids, "
         "also those of the slices that will be. Exit codes: 0 applied, 4 rejected, 5 "
         "outcome unknown, 6 no answer in time or perhaps not sent, 1 dead-lettered or not sent, "
         "77 not allowed.",
     .example = "millrace send TransferSlice certificateId=34fa59ed-476f-5ced-b30b-a7181683827c "
                "sliceId=6af9ba78-100c-59e9-b55d-48583838c46e requestedBy=nordwind newOwner=acme",
     .options = verb_send_options,
     .run = verb_send},
    {.words = "show",
     .arguments = "CERTIFICATE|COMMAND",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Show a certificate, or where a command stands.",
     .details =
         "A certificate: its state and version, its slices, what is at the registry and what "
         "waits. A command: Applied, Rejected, Unknown, DeadLettered, AtRegistry, Queued, "
         "Waiting (behind how many) or NotRead. Exit code 7: there is no such thing.",
     .example = "millrace show 34fa59ed-476f-5ced-b30b-a7181683827c",
     .run = verb_show},
    {.words = "trace",
     .arguments = "COMMAND",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Show everything that a command has caused, as a tree.",
     .details = "",
     .example = "millrace trace f5057fee-4c3e-4459-82dd-21250b729601",
     .run = verb_trace},
    {.words = "dead-letters ls",
     .arguments = "",
     .summary = "List messages that could not be worked on.",
     .details = "",
     .example = "millrace dead-letters ls --from 1h",
     .options = verb_dead_letters_ls_options,
     .run = verb_dead_letters_ls},
    {.words = "dead-letters show",
     .arguments = "PLACE|COMMAND",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Show a dead letter whole: its headers, its reason, its content.",
     .details = "PLACE is as `dead-letters ls` lists it: partition@offset.",
     .example = "millrace dead-letters show 3@0",
     .run = verb_dead_letters_show},
    {.words = "dead-letters release",
     .arguments = "[PLACE|COMMAND...]",
     .arguments_max = 60,
     .summary = "Write dead letters again to where they came from, once their cause is mended.",
     .details = "Says first what would be written (exit code 3), and does it with --yes, at a "
                "limited rate. What is released is a new arrival: same key, value and headers, "
                "placed anew by murmur2; nothing else remembers that it was dead. Of a copy that "
                "was cut the original is written. Exit codes: 0 all written, 4 some cannot be, "
                "7 none was chosen.",
     .example = "millrace dead-letters release --reason wrong-partition --from 1h --yes",
     .options = verb_dead_letters_release_options,
     .run = verb_dead_letters_release},
    {.words = "standin",
     .arguments = "",
     .summary = "Be a registry to test against, as slow and unreliable as it is told to be.",
     .details = STANDIN_DETAILS,
     .example = "millrace standin --listen 127.0.0.1:7070 --ledger standin.ledger",
     .options = standin_known,
     .knows_no_settings = true,
     .run = verb_standin},
    {.words = "tail",
     .arguments = "TOPIC",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Print the records of a topic, decoded, one JSON object a line.",
     .details = "TOPIC is written without the deployment's prefix. What cannot be decoded is shown "
                "with the reason. Without --follow it ends with what is there now.",
     .example = "millrace tail certificates.events -f",
     .options = verb_tail_options,
     .run = verb_tail},
    {.words = "topics plan",
     .arguments = "",
     .summary = "Show what would make the topics in Kafka as topics.yaml wants them.",
     .details = "Changes nothing. Also lists what is there and stands in no file. Exit code 3: "
                "there is something to do. With --rights: the access-control entries of each role.",
     .example = "millrace topics plan",
     .options = verb_topics_plan_options,
     .run = verb_topics_plan},
    {.words = "topics apply",
     .arguments = "",
     .summary = "Make the topics in Kafka as topics.yaml wants them.",
     .details = "Deletes nothing, and changes neither partitions nor copies of a topic that is "
                "there: those are shown as conflicts (exit code 3).",
     .example = "millrace topics apply --set topics.replication.factor=3",
     .run = verb_topics_apply},
    {.words = "topics check",
     .arguments = "",
     .summary = "Check that the topics in Kafka are as topics.yaml wants them.",
     .details = "Exit code 3: they are not.",
     .example = "millrace topics check -o json",
     .run = verb_topics_check},
    {.words = "unknown ls",
     .arguments = "",
     .summary = "List submissions of which nobody knows whether the registry executed them.",
     .details = "They are never sent again; evidence or an operator settles them. Their "
                "certificates take no commands meanwhile.",
     .example = "millrace unknown ls -o json",
     .run = verb_unknown_ls},
    {.words = "unknown show",
     .arguments = "SUBMISSION|CERTIFICATE|COMMAND",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Show an unknown submission: who sent it, when, and all that is known about it.",
     .details = "",
     .example = "millrace unknown show 74707cdc-d4ce-5024-84c5-672b061855ed",
     .run = verb_unknown_show},
    {.words = "unknown resolve",
     .arguments = "SUBMISSION|CERTIFICATE|COMMAND",
     .arguments_min = 1,
     .arguments_max = 1,
     .summary = "Settle an unknown submission with what you have seen in the registry.",
     .details =
         "The ledger's owner checks the verdict and writes it down; it is never changed "
         "again. \"Not executed\" needs the proof that the process which sent it is dead, and a "
         "quarantine since its death (loop.quarantine.ms, not set by default); or "
         "--may-execute-twice, and a quarantine since the outcome became unknown. Look at the "
         "registry when it is over: what was said before is refused, also when it is read later. "
         "Exit codes: 0 resolved, 4 refused, 6 no verdict in time, 7 it is not unknown.",
     .example = "millrace unknown resolve 74707cdc-d4ce-5024-84c5-672b061855ed --executed "
                "--evidence 'transaction 17 in the list of 3 May'",
     .options = verb_unknown_resolve_options,
     .run = verb_unknown_resolve},
    {.words = "verify",
     .arguments = "",
     .summary = "Rebuild everything from the topics, and check that they agree with each other.",
     .details =
         "The certificates from their events and the ledger from its own, byte for byte; "
         "each command answered by rule, waiting, at the registry, unknown or dead-lettered; "
         "every submission intended and settled once, by whom it may; every verdict resting "
         "on what it must; every transaction whole. May run while processors work. Reads "
         "each topic once, and remembers about 270 bytes of a command and 330 of a "
         "certificate, of one partition at a time. Exit code 1: something does not agree, "
         "told with its topic, partition and offset.",
     .example = "millrace verify --ledger standin.ledger",
     .options = verb_verify_options,
     .run = verb_verify},
};

const uint32_t commands_count = sizeof commands / sizeof commands[0];
