#include "domain/ids.h"

#include <assert.h>

#include "domain/metadata.h"

/* dc8178f1-b184-4603-bb7a-ae7a5a3b310d, the space of recommended certificate ids; never changes. */
static const struct uuid certificate_space = {{0xdc, 0x81, 0x78, 0xf1, 0xb1, 0x84, 0x46, 0x03, 0xbb,
                                               0x7a, 0xae, 0x7a, 0x5a, 0x3b, 0x31, 0x0d}};

struct uuid id_of_slice(const struct uuid *certificate_id, const struct uuid *command_id,
                        uint32_t index) {
    struct id_name name;
    id_name_begin(&name);
    id_name_add_uuid(&name, command_id);
    id_name_add_text(&name, text_of("slice"));
    id_name_add_number(&name, index);
    return uuid_v5(certificate_id, &name);
}

struct uuid id_of_submission(const struct uuid *certificate_id, const struct uuid *command_id) {
    struct id_name name;
    id_name_begin(&name);
    id_name_add_uuid(&name, command_id);
    return uuid_v5(certificate_id, &name);
}

struct uuid id_of_allocation(const struct uuid *claim_id, const struct uuid *production_slice_id,
                             const struct uuid *consumption_slice_id) {
    struct id_name name;
    id_name_begin(&name);
    id_name_add_uuid(&name, production_slice_id);
    id_name_add_uuid(&name, consumption_slice_id);
    return uuid_v5(claim_id, &name);
}

struct uuid id_of_certificate(struct text grid_area, struct text asset_id, int64_t period_start_ms,
                              int64_t period_end_ms, enum millrace_certificate_type type) {
    assert(type == MILLRACE_CERTIFICATE_TYPE_PRODUCTION ||
           type == MILLRACE_CERTIFICATE_TYPE_CONSUMPTION);
    struct id_name name;
    id_name_begin(&name);
    id_name_add_text(&name, grid_area);
    id_name_add_text(&name, asset_id);
    id_name_add_number(&name, period_start_ms);
    id_name_add_number(&name, period_end_ms);
    id_name_add_text(&name, text_of(type == MILLRACE_CERTIFICATE_TYPE_PRODUCTION ? "Production"
                                                                                 : "Consumption"));
    return uuid_v5(&certificate_space, &name);
}
