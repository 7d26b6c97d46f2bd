#include "domain/rules.h"

#include <assert.h>

#include "domain/limits.h"

static const int64_t day_ms = INT64_C(24) * 60 * 60 * 1000;

bool rules_is_issuer(const struct rules *rules, struct text grid_area, struct text name) {
    for (uint32_t i = 0; i < rules->issuers_count; i++) {
        const struct rules_issuer *issuer = &rules->issuers[i];
        if (text_equal(issuer->grid_area, grid_area) && text_equal(issuer->name, name)) {
            return true;
        }
    }
    return false;
}

const struct rules_registry *rules_registry_find(const struct rules *rules, struct text name) {
    for (uint32_t i = 0; i < rules->registries_count; i++) {
        if (text_equal(rules->registries[i].name, name)) {
            return &rules->registries[i];
        }
    }
    return NULL;
}

bool rules_is_name(struct text name) {
    if (name.length == 0 || name.length > LIMIT_OWNER_BYTES_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < name.length; i++) {
        const char c = name.data[i];
        const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        const bool digit = c >= '0' && c <= '9';
        if (!letter && !digit && c != '.' && c != '_' && c != ':' && c != '-') {
            return false;
        }
    }
    return true;
}

bool rules_is_owner(const struct rules *rules, struct text name) {
    if (!rules_is_name(name)) {
        return false;
    }
    if (rules->owners_any) {
        return true;
    }
    for (uint32_t i = 0; i < rules->owners_count; i++) {
        if (text_equal(rules->owners[i].name, name)) {
            return true;
        }
    }
    return false;
}

const struct rules_owner *rules_owner_by_key(const struct rules *rules, struct bytes key) {
    for (uint32_t i = 0; key.length > 0 && i < rules->owners_count; i++) {
        if (bytes_equal(rules->owners[i].key, key)) {
            return &rules->owners[i];
        }
    }
    return NULL;
}

bool rules_is_expired(const struct rules *rules, int64_t period_end_ms, int64_t now_ms) {
    assert(!rules->has_expiry || rules->expiry_days >= 0);
    return rules->has_expiry && now_ms - period_end_ms > rules->expiry_days * day_ms;
}
