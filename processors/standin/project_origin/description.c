#include "standin/project_origin/description.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static char *room(struct mimic_description *description, size_t size) {
    if (description->request.fields_count == REQUEST_FIELDS_MAX ||
        size > sizeof description->text - description->used) {
        return NULL;
    }
    char *text = description->text + description->used;
    description->used += size;
    return text;
}

static void add(struct mimic_description *description, const char *name, const char *value) {
    if (description->request.fields_count < REQUEST_FIELDS_MAX) {
        description->fields[description->request.fields_count++] =
            (struct standin_request_field){name, value};
    }
}

static void add_hex(struct mimic_description *description, const char *name,
                    const ProtobufCBinaryData *bytes) {
    const size_t size = bytes->len * 2 + 1;
    char *text = room(description, size);
    if (text != NULL) {
        (void)sodium_bin2hex(text, size, bytes->data, bytes->len);
        add(description, name, text);
    }
}

/* NULL: it is called nothing. */
static const char *name_of(const struct mimic_names *names,
                           const ProjectOrigin__Electricity__V1__PublicKey *key) {
    for (uint32_t i = 0; names != NULL && i < names->count; i++) {
        const ProjectOrigin__Electricity__V1__PublicKey *each = &names->each[i].key.key;
        if (each->type == key->type && each->content.len == key->content.len &&
            memcmp(each->content.data, key->content.data, key->content.len) == 0) {
            return names->each[i].name;
        }
    }
    return NULL;
}

static void add_key(struct mimic_description *description, const char *field,
                    const ProjectOrigin__Electricity__V1__PublicKey *key) {
    const char *name = key == NULL ? NULL : name_of(description->names, key);
    if (name != NULL) {
        add(description, field, name);
    } else if (key != NULL) {
        add_hex(description, field, &key->content);
    }
}

static void add_stream(struct mimic_description *description, const char *name,
                       const ProjectOrigin__Common__V1__FederatedStreamId *stream) {
    if (stream != NULL && stream->stream_id != NULL) {
        add(description, name, stream->stream_id->value);
    }
}

static void add_allocation(struct mimic_description *description,
                           const ProjectOrigin__Common__V1__Uuid *id) {
    if (id != NULL) {
        add(description, "allocationId", id->value);
    }
}

static void add_issued(struct mimic_description *description,
                       const ProjectOrigin__Electricity__V1__IssuedEvent *event) {
    static const char *const types[] = {"Invalid", "Consumption", "Production"};
    static const char prefix[] = "attribute.";
    add(description, "gridArea", event->grid_area);
    add(description, "certificateType", (unsigned)event->type < 3 ? types[event->type] : "Other");
    add_key(description, "owner", event->owner_public_key);
    for (size_t i = 0; i < event->n_attributes; i++) {
        const size_t size = sizeof prefix + strlen(event->attributes[i]->key);
        char *name = room(description, size);
        if (name != NULL) {
            (void)snprintf(name, size, "%s%s", prefix, event->attributes[i]->key);
            add(description, name, event->attributes[i]->value);
        }
    }
}

static void add_sliced(struct mimic_description *description,
                       const ProjectOrigin__Electricity__V1__SlicedEvent *event) {
    add_hex(description, "sliceHash", &event->source_slice_hash);
    for (size_t i = 0; i < event->n_new_slices; i++) {
        if (event->new_slices[i]->quantity != NULL) {
            add_hex(description, "part.commitment", &event->new_slices[i]->quantity->content);
        }
        add_key(description, "part.owner", event->new_slices[i]->new_owner);
    }
}

static void add_event(struct mimic_description *description, const struct mimic_event *event) {
    switch (event->kind) {
    case MIMIC_EVENT_ISSUED:
        add_issued(description, event->issued);
        return;
    case MIMIC_EVENT_TRANSFERRED:
        add_hex(description, "sliceHash", &event->transferred->source_slice_hash);
        add_key(description, "newOwner", event->transferred->new_owner);
        return;
    case MIMIC_EVENT_SLICED:
        add_sliced(description, event->sliced);
        return;
    case MIMIC_EVENT_ALLOCATED:
        add_allocation(description, event->allocated->allocation_id);
        add_stream(description, "production", event->allocated->production_certificate_id);
        add_stream(description, "consumption", event->allocated->consumption_certificate_id);
        add_hex(description, "productionSliceHash",
                &event->allocated->production_source_slice_hash);
        add_hex(description, "consumptionSliceHash",
                &event->allocated->consumption_source_slice_hash);
        return;
    case MIMIC_EVENT_CLAIMED:
        add_allocation(description, event->claimed->allocation_id);
        return;
    case MIMIC_EVENT_UNCLAIMED:
        add_allocation(description, event->unclaimed->allocation_id);
        return;
    case MIMIC_EVENT_WITHDRAWN:
    case MIMIC_EVENT_OTHER:
        return;
    }
}

static const char *or_nothing(const char *text) {
    return text == NULL ? "" : text;
}

void mimic_describe_briefly(const struct mimic_transaction *transaction,
                            struct mimic_description *description) {
    const ProjectOrigin__Registry__V1__TransactionHeader *header = transaction->message->header;
    (void)snprintf(description->nonce, sizeof description->nonce, "%s",
                   header == NULL ? "" : header->nonce);
    description->used = 0;
    description->names = NULL;
    description->event = (struct mimic_event){.kind = MIMIC_EVENT_OTHER};
    description->request = (struct standin_request){
        .submission_id = description->nonce,
        .attempt = "",
        .transaction_id = transaction->id_text,
        .certificate_id = or_nothing(mimic_transaction_stream(transaction)),
        .operation = mimic_event_operation(
            header == NULL ? MIMIC_EVENT_OTHER : mimic_event_kind_of(header->payload_type)),
        .fields = description->fields,
    };
}

void mimic_describe(const struct mimic_transaction *transaction, const struct mimic_names *names,
                    struct mimic_description *description) {
    mimic_describe_briefly(transaction, description);
    description->names = names;
    const ProjectOrigin__Registry__V1__TransactionHeader *header = transaction->message->header;
    if (header == NULL) {
        return;
    }
    add(description, "registry", or_nothing(mimic_transaction_registry(transaction)));
    add(description, "payloadType", header->payload_type);
    if (mimic_event_open(transaction, &description->event) == MIMIC_EVENT_READ) {
        add_event(description, &description->event);
    }
}

void mimic_description_close(struct mimic_description *description) {
    if (description->event.message != NULL) {
        mimic_event_close(&description->event);
    }
}
