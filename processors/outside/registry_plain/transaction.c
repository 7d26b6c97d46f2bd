#include "outside/registry_plain/transaction.h"

/* The functions of EVP, which are to take the place of these, allocate and lock for each hash. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <assert.h>
#include <openssl/sha.h>
#include <string.h>

#include "domain/decimal.h"
#include "domain/uuid.h"

/* The text as it grows. All of it counts; what fits stays. */
struct lines {
    char *data;
    size_t capacity; /* bytes */
    size_t length;   /* bytes so far, kept or not */
};

static void add_bytes(struct lines *lines, const char *data, size_t length) {
    if (length > 0 && lines->length <= lines->capacity &&
        length <= lines->capacity - lines->length) {
        memcpy(lines->data + lines->length, data, length);
    }
    lines->length += length;
}

static void add_name(struct lines *lines, const char *name) {
    add_bytes(lines, name, strlen(name));
}

static void add_value(struct lines *lines, struct text value) {
    static const char hex[] = "0123456789ABCDEF";
    add_bytes(lines, " ", 1);
    uint32_t clean = 0; /* the first byte that is not added yet */
    for (uint32_t i = 0; i < value.length; i++) {
        const uint8_t byte = (uint8_t)value.data[i];
        if (byte <= 0x20 || byte == 0x7f || byte == '%') {
            const char escaped[] = {'%', hex[byte >> 4], hex[byte & 0x0f]};
            add_bytes(lines, value.data + clean, i - clean);
            add_bytes(lines, escaped, sizeof escaped);
            clean = i + 1;
        }
    }
    if (clean < value.length) {
        add_bytes(lines, value.data + clean, value.length - clean);
    }
}

static void add_uuid_value(struct lines *lines, const struct uuid *value) {
    char text[UUID_CHARACTERS];
    uuid_to_text(value, text);
    add_value(lines, (struct text){.data = text, .length = sizeof text});
}

static void add_number_value(struct lines *lines, int64_t value) {
    char characters[DECIMAL_CHARACTERS_MAX];
    add_value(lines, decimal_of(value, characters));
}

static void end_line(struct lines *lines) {
    add_bytes(lines, "\n", 1);
}

static void add_text(struct lines *lines, const char *name, struct text value) {
    add_name(lines, name);
    add_value(lines, value);
    end_line(lines);
}

static void add_uuid(struct lines *lines, const char *name, const struct uuid *value) {
    add_name(lines, name);
    add_uuid_value(lines, value);
    end_line(lines);
}

static void add_number(struct lines *lines, const char *name, int64_t value) {
    add_name(lines, name);
    add_number_value(lines, value);
    end_line(lines);
}

static struct text name_of_type(enum millrace_certificate_type type) {
    assert(type != MILLRACE_CERTIFICATE_TYPE_OTHER);
    return text_of(type == MILLRACE_CERTIFICATE_TYPE_PRODUCTION ? "Production" : "Consumption");
}

static void add_issue(struct lines *lines, const struct millrace_issue_operation *issue) {
    add_text(lines, "certificateType", name_of_type(issue->certificate_type));
    add_text(lines, "gridArea", issue->grid_area);
    add_number(lines, "periodStart", issue->period_start);
    add_number(lines, "periodEnd", issue->period_end);
    add_number(lines, "quantity", issue->quantity);
    if (issue->has_asset_id) {
        add_text(lines, "assetId", issue->asset_id);
    }
    for (uint32_t i = 0; i < issue->attributes_count; i++) {
        const struct millrace_attribute *attribute = &issue->attributes[i];
        assert(attribute->kind != MILLRACE_ATTRIBUTE_KIND_OTHER);
        add_name(lines, "attribute");
        add_value(lines, text_of(attribute->kind == MILLRACE_ATTRIBUTE_KIND_HASHED ? "Hashed"
                                                                                   : "ClearText"));
        add_value(lines, attribute->key);
        add_value(lines, attribute->value);
        end_line(lines);
    }
    add_uuid(lines, "sliceId", &issue->slice_id);
    add_text(lines, "owner", issue->owner);
}

static void add_slice(struct lines *lines, const struct millrace_slice_operation *slice) {
    add_uuid(lines, "sliceId", &slice->slice_id);
    add_number(lines, "quantity", slice->quantity);
    add_text(lines, "owner", slice->owner);
    for (uint32_t i = 0; i < slice->parts_count; i++) {
        const struct millrace_operation_part *part = &slice->parts[i];
        add_name(lines, "part");
        add_uuid_value(lines, &part->slice_id);
        add_number_value(lines, part->quantity);
        add_value(lines, part->owner);
        end_line(lines);
    }
}

static void add_transfer(struct lines *lines, const struct millrace_transfer_operation *transfer) {
    add_uuid(lines, "sliceId", &transfer->slice_id);
    add_number(lines, "quantity", transfer->quantity);
    add_text(lines, "owner", transfer->owner);
    add_text(lines, "newOwner", transfer->new_owner);
}

static void add_allocate(struct lines *lines, const struct millrace_allocate_operation *allocate) {
    add_uuid(lines, "allocationId", &allocate->allocation_id);
    add_text(lines, "certificateType", name_of_type(allocate->certificate_type));
    add_text(lines, "gridArea", allocate->grid_area);
    add_uuid(lines, "sliceId", &allocate->slice_id);
    add_number(lines, "quantity", allocate->quantity);
    add_text(lines, "owner", allocate->owner);
    add_uuid(lines, "counterpartCertificateId", &allocate->counterpart_certificate_id);
    add_text(lines, "counterpartRegistry", allocate->counterpart_registry);
    add_uuid(lines, "counterpartSliceId", &allocate->counterpart_slice_id);
}

static void add_claim(struct lines *lines, const struct millrace_claim_operation *claim) {
    add_uuid(lines, "allocationId", &claim->allocation_id);
    add_uuid(lines, "sliceId", &claim->slice_id);
    add_number(lines, "quantity", claim->quantity);
    add_text(lines, "owner", claim->owner);
    add_uuid(lines, "counterpartCertificateId", &claim->counterpart_certificate_id);
}

static void add_unclaim(struct lines *lines, const struct millrace_unclaim_operation *unclaim) {
    add_uuid(lines, "allocationId", &unclaim->allocation_id);
    add_uuid(lines, "sliceId", &unclaim->slice_id);
    add_number(lines, "quantity", unclaim->quantity);
    add_text(lines, "owner", unclaim->owner);
    add_uuid(lines, "counterpartCertificateId", &unclaim->counterpart_certificate_id);
}

static void add_operation(struct lines *lines, const struct millrace_operation *operation) {
    if (operation->issue != NULL) {
        add_text(lines, "operation", text_of("issue"));
        add_issue(lines, operation->issue);
    } else if (operation->slice != NULL) {
        add_text(lines, "operation", text_of("slice"));
        add_slice(lines, operation->slice);
    } else if (operation->transfer != NULL) {
        add_text(lines, "operation", text_of("transfer"));
        add_transfer(lines, operation->transfer);
    } else if (operation->allocate != NULL) {
        add_text(lines, "operation", text_of("allocate"));
        add_allocate(lines, operation->allocate);
    } else if (operation->claim != NULL) {
        add_text(lines, "operation", text_of("claim"));
        add_claim(lines, operation->claim);
    } else if (operation->unclaim != NULL) {
        add_text(lines, "operation", text_of("unclaim"));
        add_unclaim(lines, operation->unclaim);
    } else {
        assert(operation->withdraw != NULL);
        add_text(lines, "operation", text_of("withdraw"));
        add_text(lines, "gridArea", operation->withdraw->grid_area);
        add_text(lines, "reason", operation->withdraw->reason);
    }
}

static void add_all(struct lines *lines, const struct uuid *submission_id,
                    const struct uuid *certificate_id, const struct millrace_operation *operation) {
    add_text(lines, "millrace-plain", text_of("1"));
    add_uuid(lines, "nonce", submission_id);
    add_uuid(lines, "certificate", certificate_id);
    add_operation(lines, operation);
}

static struct text id_of(struct bytes transaction, struct arena *arena) {
    static const char hex[] = "0123456789abcdef";
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256_CTX sha256;
    const bool hashed = SHA256_Init(&sha256) == 1 &&
                        SHA256_Update(&sha256, transaction.data, transaction.length) == 1 &&
                        SHA256_Final(digest, &sha256) == 1;
    assert(hashed);
    char *id = arena_take(arena, PLAIN_TRANSACTION_ID_CHARACTERS);
    for (size_t i = 0; i < sizeof digest; i++) {
        id[2 * i] = hex[digest[i] >> 4];
        id[2 * i + 1] = hex[digest[i] & 0x0f];
    }
    return (struct text){.data = id, .length = PLAIN_TRANSACTION_ID_CHARACTERS};
}

enum result plain_transaction_make(const struct uuid *submission_id,
                                   const struct uuid *certificate_id,
                                   const struct millrace_operation *operation, struct arena *arena,
                                   struct registry_transaction *transaction, struct error *error) {
    assert(submission_id != NULL && certificate_id != NULL && operation != NULL);
    struct lines lines = {.length = 0};
    lines.data = arena_rest(arena, &lines.capacity);
    add_all(&lines, submission_id, certificate_id, operation);
    if (lines.length > PLAIN_TRANSACTION_BYTES_MAX) {
        return error_set(error, RESULT_INVALID, "the transaction has %zu bytes; at most %d",
                         lines.length, PLAIN_TRANSACTION_BYTES_MAX);
    }
    assert(lines.length <= lines.capacity);
    arena_keep(arena, lines.length);
    transaction->bytes =
        (struct bytes){.data = (const uint8_t *)lines.data, .length = (uint32_t)lines.length};
    transaction->id = id_of(transaction->bytes, arena);
    return RESULT_OK;
}
