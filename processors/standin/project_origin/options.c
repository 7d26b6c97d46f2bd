#include "standin/project_origin/options.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "standin/project_origin/signature.h"

enum { EXIT_USAGE = 2, ED25519_BYTES = 32 };

enum key {
    KEY_LISTEN = 'l',
    KEY_LEDGER = 'f',
    KEY_LATENCY = 't',
    KEY_SEED = 's',
    KEY_PROTOCOL = 0x100,
    KEY_ADMIN,
    KEY_ANSWER_LATENCY,
    KEY_FINALIZE_AFTER,
    KEY_STREAMS_MAX,
    KEY_TLS_CERTIFICATE,
    KEY_TLS_KEY,
    KEY_TLS_CLIENT_CA,
    KEY_REGISTRY,
    KEY_ISSUER,
    KEY_CHRONICLER,
    KEY_OWNER,
    KEY_SIGNATURES,
    KEY_PROOFS,
    KEY_PERIODS,
    KEY_EXPIRE_DAYS,
    KEY_ACTION = 0x200, /* plus a mimic_action */
};

#define ACTION(name, action, text) \
    { name, KEY_ACTION + (action), "RULE", 0, text, 3 }

const struct argp_option mimic_known[] = {
    {"protocol", KEY_PROTOCOL, "NAME", 0, "project-origin", 1},
    {"listen", KEY_LISTEN, "ADDRESS", 0, "unix:/path, host:port or [ipv6]:port", 1},
    {"admin", KEY_ADMIN, "ADDRESS", 0, "Where faults can be changed by HTTP; default: nowhere", 1},
    {"tls-certificate", KEY_TLS_CERTIFICATE, "FILE", 0,
     "Speak TLS, and show this certificate (PEM); default: HTTP/2 in the open", 1},
    {"tls-key", KEY_TLS_KEY, "FILE", 0, "Its key (PEM)", 1},
    {"tls-client-ca", KEY_TLS_CLIENT_CA, "FILE", 0,
     "Clients must show a certificate of these authorities (PEM); default: anybody", 1},
    {"ledger", KEY_LEDGER, "FILE", 0,
     "Append every request and execution to FILE, and begin with what it says was executed", 1},
    {"latency", KEY_LATENCY, "SHAPE", 0,
     "How long after the one before it a transaction of a stream is executed: fixed:500ms (default "
     "fixed:0), uniform:1s..3s, exponential:2s",
     1},
    {"answer-latency", KEY_ANSWER_LATENCY, "SHAPE", 0, "How long each call takes", 1},
    {"finalize-after", KEY_FINALIZE_AFTER, "TIME", 0,
     "How long after COMMITTED a transaction is FINALIZED (default 30s)", 1},
    {"max-streams", KEY_STREAMS_MAX, "NUMBER", 0, "Calls of a connection at once (default 100)", 1},
    {"seed", KEY_SEED, "NUMBER", 0, "Of all chance (default 1)", 1},
    {"registry", KEY_REGISTRY, "NAME", 0, "By which it knows itself", 2},
    {"issuer", KEY_ISSUER, "AREA=KEY", 0,
     "Who may issue in a grid area: 32 bytes of Ed25519 or 33 of secp256k1, in hexadecimal", 2},
    {"chronicler", KEY_CHRONICLER, "AREA=KEY", 0, "Who must sign allocations in a grid area", 2},
    {"owner", KEY_OWNER, "NAME=KEY", 0,
     "What rules and the ledger call a key: transfer:newOwner=NAME", 2},
    {"signatures", KEY_SIGNATURES, "WHICH", 0, "check (default) or off", 2},
    {"proofs", KEY_PROOFS, "WHICH", 0,
     "off (default), sum-and-equality, or all: range proofs too, by a program that was built with "
     "PROVER=bulletproofs",
     2},
    {"periods", KEY_PERIODS, "WHICH", 0,
     "Of two certificates that are matched: enclosing (default) or any", 2},
    {"expire-days", KEY_EXPIRE_DAYS, "NUMBER", 0,
     "So many days after its period a certificate has expired (default 0: never)", 2},
    ACTION("refuse", MIMIC_ACTION_REFUSE, "Queue, and then fail"),
    ACTION("lose", MIMIC_ACTION_LOSE, "Queue, and then lose"),
    ACTION("poison", MIMIC_ACTION_POISON, "Queue, and leave pending for ever"),
    ACTION("ignore", MIMIC_ACTION_IGNORE, "Do not queue, and never answer"),
    ACTION("lose-answer", MIMIC_ACTION_LOSE_ANSWER, "Execute, and never answer"),
    ACTION("unavailable", MIMIC_ACTION_UNAVAILABLE,
           "Do not queue, and answer UNAVAILABLE in trailers only"),
    ACTION("unavailable-after", MIMIC_ACTION_UNAVAILABLE_AFTER,
           "Execute, and answer UNAVAILABLE in trailers only"),
    ACTION("fail", MIMIC_ACTION_FAIL, "Do not queue, and answer UNKNOWN behind headers"),
    ACTION("fail-executed", MIMIC_ACTION_FAIL_EXECUTED, "Execute, and answer UNKNOWN"),
    ACTION("reset", MIMIC_ACTION_RESET, "Do not queue, and reset the stream"),
    ACTION("reset-after", MIMIC_ACTION_RESET_AFTER, "Execute, and reset the stream"),
    ACTION("hang-up", MIMIC_ACTION_HANG_UP, "Do not queue, and hang up"),
    ACTION("hang-up-after", MIMIC_ACTION_HANG_UP_AFTER, "Execute, and hang up"),
    ACTION("half-reply", MIMIC_ACTION_HALF_REPLY, "Execute, send half of the answer and hang up"),
    ACTION("refuse-stream", MIMIC_ACTION_REFUSE_STREAM, "Do not queue, and say so: REFUSED_STREAM"),
    ACTION("goaway", MIMIC_ACTION_GOAWAY, "Do not queue, and say so: GOAWAY below the stream"),
    ACTION("goaway-after", MIMIC_ACTION_GOAWAY_AFTER, "Execute, say GOAWAY and hang up"),
    {0},
};

static const char doc[] =
    "A registry to test against that speaks gRPC as Project Origin's does, with its habits.\v"
    "A RULE is KIND[:FIELD=VALUE[,FIELD>VALUE...]][@nth=N|@every=N|@next=N|@p=X]; KIND is issue, "
    "transfer, slice, allocate, claim, unclaim, withdraw, other, `*` for any of these, or status "
    "or stream for the methods that read. The first rule that applies decides. SIGUSR1 begins an "
    "outage, SIGUSR2 ends it.\n\nExample:\n"
    "  millrace standin --protocol project-origin --listen localhost:5000 --ledger standin.ledger "
    "--registry narnia --signatures off --latency uniform:100ms..2s --lose-answer '*@p=0.01'";

static bool parse_number(const char *text, uint64_t max, uint64_t *number) {
    char *end;
    *number = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *number <= max;
}

/* One of two words. */
static bool parse_word(const char *text, const char *yes, const char *no, bool *value) {
    *value = strcmp(text, yes) == 0;
    return *value || strcmp(text, no) == 0;
}

/* Hexadecimal; of Ed25519 only the 32 bytes that differ from key to key. */
static bool parse_key(const char *text, struct mimic_area_key *key) {
    uint8_t bytes[MIMIC_KEY_BYTES_MAX];
    size_t length = 0;
    if (sodium_hex2bin(bytes, sizeof bytes, text, strlen(text), NULL, &length, NULL) != 0) {
        return false;
    }
    const bool edwards = length == ED25519_BYTES;
    const size_t before = edwards ? sizeof mimic_ed25519_prefix : 0;
    memcpy(key->bytes, mimic_ed25519_prefix, before);
    memcpy(key->bytes + before, bytes, length); /* 12 and 32, or 33, or 65 */
    key->key = (ProjectOrigin__Electricity__V1__PublicKey)
        PROJECT_ORIGIN__ELECTRICITY__V1__PUBLIC_KEY__INIT;
    key->key.type = edwards ? PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__ED25519
                            : PROJECT_ORIGIN__ELECTRICITY__V1__KEY_TYPE__Secp256k1;
    key->key.content = (ProtobufCBinaryData){before + length, key->bytes};
    return mimic_key_is_valid(&key->key);
}

/* The area of this name, made if it was not there. NULL: there are too many. */
static struct mimic_area *area_of(struct mimic_network *network, const char *name) {
    for (uint32_t i = 0; i < network->areas_count; i++) {
        if (strcmp(network->areas[i].name, name) == 0) {
            return &network->areas[i];
        }
    }
    if (network->areas_count == MIMIC_AREAS_MAX) {
        return NULL;
    }
    struct mimic_area *area = &network->areas[network->areas_count++];
    *area = (struct mimic_area){.name = name};
    return area;
}

/* Cut NAME=KEY in two. NULL: it is not that. */
static char *cut_at_equals(char *text) {
    char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return NULL;
    }
    *equals = '\0';
    return equals + 1;
}

static bool parse_area_key(char *text, bool issuer, struct mimic_network *network) {
    const char *hexadecimal = cut_at_equals(text);
    struct mimic_area *area = hexadecimal == NULL ? NULL : area_of(network, text);
    if (area == NULL) {
        return false;
    }
    uint32_t *count = issuer ? &area->issuers_count : &area->chroniclers_count;
    struct mimic_area_key *keys = issuer ? area->issuers : area->chroniclers;
    return *count < MIMIC_AREA_KEYS_MAX && parse_key(hexadecimal, &keys[(*count)++]);
}

static bool parse_name(char *text, struct mimic_names *names) {
    const char *hexadecimal = cut_at_equals(text);
    if (hexadecimal == NULL || names->count == MIMIC_NAMES_MAX) {
        return false;
    }
    names->each[names->count].name = text;
    return parse_key(hexadecimal, &names->each[names->count++].key);
}

static bool parse_proofs(const char *value, struct mimic_network *network) {
    network->range_proofs = strcmp(value, "all") == 0;
    network->proofs = network->range_proofs || strcmp(value, "sum-and-equality") == 0;
    return network->proofs || strcmp(value, "off") == 0;
}

static bool parse_network(int key, char *value, struct mimic_network *network) {
    uint64_t number = 0;
    switch (key) {
    case KEY_REGISTRY:
        network->registry = value;
        return true;
    case KEY_ISSUER:
    case KEY_CHRONICLER:
        return parse_area_key(value, key == KEY_ISSUER, network);
    case KEY_SIGNATURES:
        return parse_word(value, "check", "off", &network->signatures);
    case KEY_PROOFS:
        return parse_proofs(value, network);
    case KEY_PERIODS:
        return parse_word(value, "enclosing", "any", &network->enclosing);
    default:
        assert(key == KEY_EXPIRE_DAYS);
        if (!parse_number(value, 36500, &number)) {
            return false;
        }
        network->expire_days = (int64_t)number;
        return true;
    }
}

static bool parse_value(int key, char *value, struct mimic_options *options) {
    uint64_t number = 0;
    switch (key) {
    case KEY_PROTOCOL:
        return strcmp(value, "project-origin") == 0;
    case KEY_LISTEN:
        options->listen = value;
        return true;
    case KEY_ADMIN:
        options->admin = value;
        return true;
    case KEY_LEDGER:
        options->ledger = value;
        return true;
    case KEY_OWNER:
        return parse_name(value, &options->names);
    case KEY_TLS_CERTIFICATE:
        options->tls.certificate_file = value;
        return true;
    case KEY_TLS_KEY:
        options->tls.key_file = value;
        return true;
    case KEY_TLS_CLIENT_CA:
        options->tls.client_ca_file = value;
        return true;
    case KEY_LATENCY:
        return standin_latency_parse(value, &options->latency);
    case KEY_ANSWER_LATENCY:
        return standin_latency_parse(value, &options->answering);
    case KEY_FINALIZE_AFTER:
        return standin_duration_parse(value, &options->finalize_after_ms);
    case KEY_STREAMS_MAX:
        if (!parse_number(value, INT32_MAX, &number)) {
            return false;
        }
        options->streams_max = (uint32_t)number;
        return true;
    case KEY_SEED:
        return parse_number(value, UINT64_MAX, &options->seed);
    default:
        return key < KEY_ACTION ? parse_network(key, value, &options->network)
                                : mimic_fault_add(&options->faults,
                                                  (enum mimic_action)(key - KEY_ACTION), value);
    }
}

static bool is_known(int key) {
    for (const struct argp_option *option = mimic_known; option->name != NULL; option++) {
        if (option->key == key) {
            return true;
        }
    }
    return false;
}

static error_t parse_one(int key, char *value, struct argp_state *state) {
    struct mimic_options *options = state->input;
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "\"%s\" is not expected", value);
    }
    if (key == ARGP_KEY_END &&
        (options->listen == NULL || options->ledger == NULL || options->network.registry == NULL)) {
        argp_error(state, "--listen, --ledger and --registry are needed");
    }
    const struct mimic_tls_options *tls = &options->tls;
    if (key == ARGP_KEY_END && ((tls->certificate_file == NULL) != (tls->key_file == NULL) ||
                                (tls->client_ca_file != NULL && tls->key_file == NULL))) {
        argp_error(state, "--tls-certificate needs --tls-key, and the others need both");
    }
    if (key == ARGP_KEY_END && options->network.range_proofs &&
        options->network.prover.verify == NULL) {
        argp_error(state, "--proofs all needs a program that was built with PROVER=bulletproofs");
    }
    if (!is_known(key)) {
        return ARGP_ERR_UNKNOWN;
    }
    if (!parse_value(key, value, options)) {
        argp_error(state, "\"%s\" cannot be understood", value);
    }
    return 0;
}

void mimic_options_parse(int argc, char **argv, struct mimic_options *options) {
    for (const struct argp_option *option = mimic_known; option->name != NULL; option++) {
        /* The word is also what the ledger says of a rule that was applied. */
        assert(option->key < KEY_ACTION ||
               strcmp(option->name,
                      mimic_action_name((enum mimic_action)(option->key - KEY_ACTION))) == 0);
    }
    const struct argp argp = {.options = mimic_known, .parser = parse_one, .doc = doc};
    *options = (struct mimic_options){
        .seed = 1,
        .streams_max = 100,
        .finalize_after_ms = 30000,
        .network = {.signatures = true, .enclosing = true, .prover = prover_chosen()},
    };
    argp_err_exit_status = EXIT_USAGE;
    (void)argp_parse(&argp, argc, argv, 0, NULL, options);
}
