#include "configuration/deployment.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "configuration/deployment_inside.h"

#define OPTION(member) \
    { offsetof(struct options, member), sizeof((struct options){0}.member) }

/* Which member each setting of the loop is. */
static const struct {
    const char *name;
    struct {
        size_t offset;
        size_t size; /* all are four bytes wide and hold what the table of settings allows */
    } member;
} options_table[] = {
    {"loop.session.timeout.ms", OPTION(session_timeout_ms)},
    {"loop.transaction.timeout.ms", OPTION(transaction_timeout_ms)},
    {"loop.max.poll.interval.ms", OPTION(max_poll_interval_ms)},
    {"loop.revoke.drain.ms", OPTION(revoke_drain_ms)},
    {"loop.call.timeout.ms", OPTION(call_timeout_ms)},
    {"loop.unknown.after.ms", OPTION(unknown_after_ms)},
    {"loop.quarantine.ms", OPTION(quarantine_ms)},
    {"loop.commit.slow.ms", OPTION(commit_slow_ms)},
    {"loop.batch.quiet.ms", OPTION(batch_quiet_ms)},
    {"loop.batch.max.ms", OPTION(batch_max_ms)},
    {"loop.batch.records.max", OPTION(batch_records_max)},
    {"loop.lane.silent.ms", OPTION(lane_silent_ms)},
    {"loop.in.flight.max", OPTION(in_flight_max)},
};

struct options deployment_options(const struct settings *settings) {
    assert(settings != NULL);
    struct options options = options_default();
    for (size_t i = 0; i < sizeof options_table / sizeof options_table[0]; i++) {
        const int64_t value = settings_integer(settings, options_table[i].name);
        const int32_t number = (int32_t)value;
        assert(options_table[i].member.size == sizeof number && number == value);
        memcpy((char *)&options + options_table[i].member.offset, &number, sizeof number);
    }
    return options;
}

static enum result check_name(const struct setting *setting, struct text name,
                              struct error *error) {
    static const struct rules anybody = {.owners_any = true};
    assert(setting != NULL && error != NULL);
    if (rules_is_owner(&anybody, name)) {
        return RESULT_OK;
    }
    return error_set(error, RESULT_INVALID,
                     "%s (%s): \"%.*s\" is no name of an owner: 1 to 128 of [A-Za-z0-9._:-]",
                     setting->name, setting->origin, (int)(name.length > 140 ? 140 : name.length),
                     name.data);
}

const char *deployment_rest_of(const struct setting *setting, const char *prefix) {
    const size_t length = strlen(prefix);
    return strncmp(setting->name, prefix, length) == 0 && setting->value != NULL
               ? setting->name + length
               : NULL;
}

static uint32_t items_of(const char *list) {
    uint32_t count = 0;
    struct text item;
    while (setting_list_next(&list, &item)) {
        count++;
    }
    return count;
}

static enum result read_issuers(const struct settings *settings, struct arena *arena,
                                struct rules *rules, struct error *error) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < settings->count; i++) {
        if (deployment_rest_of(&settings->items[i], "rules.issuers.") != NULL) {
            count += items_of(settings->items[i].value);
        }
    }
    struct rules_issuer *issuers = arena_take(arena, (count + 1) * sizeof *issuers);
    for (uint32_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->items[i];
        const char *area = deployment_rest_of(setting, "rules.issuers.");
        const char *list = area == NULL ? NULL : setting->value;
        struct text name;
        while (setting_list_next(&list, &name)) {
            if (check_name(setting, name, error) != RESULT_OK) {
                return RESULT_INVALID;
            }
            issuers[rules->issuers_count++] =
                (struct rules_issuer){.grid_area = text_of(area), .name = name};
        }
    }
    rules->issuers = issuers;
    return RESULT_OK;
}

static int digit_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum result read_key(const struct setting *setting, struct arena *arena, struct bytes *key,
                            struct error *error) {
    const size_t digits = strlen(setting->value);
    uint8_t *bytes = arena_take(arena, digits / 2 + 1);
    bool valid = digits > 0 && digits % 2 == 0;
    for (size_t i = 0; valid && i < digits; i += 2) {
        const int high = digit_of(setting->value[i]);
        const int low = digit_of(setting->value[i + 1]);
        valid = high >= 0 && low >= 0;
        bytes[i / 2] = (uint8_t)(high * 16 + low);
    }
    if (!valid) {
        return error_set(error, RESULT_INVALID,
                         "%s (%s): a public key is written in lower-case hex", setting->name,
                         setting->origin);
    }
    *key = (struct bytes){.data = bytes, .length = (uint32_t)(digits / 2)};
    return RESULT_OK;
}

static struct rules_owner *owner_of(struct rules_owner *owners, uint32_t *count, struct text name) {
    for (uint32_t i = 0; i < *count; i++) {
        if (text_equal(owners[i].name, name)) {
            return &owners[i];
        }
    }
    owners[*count] = (struct rules_owner){.name = name};
    return &owners[(*count)++];
}

static enum result read_owners(const struct settings *settings, struct arena *arena,
                               struct rules *rules, struct error *error) {
    const struct setting *known = settings_find(settings, "rules.owners");
    const char *list = known == NULL ? NULL : known->value;
    const uint32_t named = items_of(list);
    struct rules_owner *owners = arena_take(arena, (named + settings->count + 1) * sizeof *owners);
    struct text name;
    while (setting_list_next(&list, &name)) {
        if (check_name(known, name, error) != RESULT_OK) {
            return RESULT_INVALID;
        }
        (void)owner_of(owners, &rules->owners_count, name);
    }
    rules->owners_any = named == 0;
    rules->owners = owners;
    for (uint32_t i = 0; i < settings->count; i++) {
        const struct setting *setting = &settings->items[i];
        const char *owner = deployment_rest_of(setting, "rules.owner.keys.");
        if (owner == NULL) {
            continue;
        }
        if (!rules->owners_any && !rules_is_owner(rules, text_of(owner))) {
            return error_set(error, RESULT_INVALID, "%s (%s): %s is none of rules.owners",
                             setting->name, setting->origin, owner);
        }
        if (check_name(setting, text_of(owner), error) != RESULT_OK ||
            read_key(setting, arena, &owner_of(owners, &rules->owners_count, text_of(owner))->key,
                     error) != RESULT_OK) {
            return RESULT_INVALID;
        }
    }
    return RESULT_OK;
}

enum result deployment_read(const struct settings *settings, struct arena *arena,
                            struct deployment *deployment, struct error *error) {
    assert(settings != NULL && arena != NULL && deployment != NULL);
    *deployment = (struct deployment){.options = deployment_options(settings)};
    const struct setting *expiry = settings_find(settings, "rules.expiry.days");
    if (expiry != NULL) {
        deployment->rules.has_expiry = true;
        deployment->rules.expiry_days = (int32_t)settings_integer(settings, expiry->name);
    }
    enum result result = read_issuers(settings, arena, &deployment->rules, error);
    if (result == RESULT_OK) {
        result = read_owners(settings, arena, &deployment->rules, error);
    }
    return result == RESULT_OK ? deployment_read_registries(settings, arena, deployment, error)
                               : result;
}
