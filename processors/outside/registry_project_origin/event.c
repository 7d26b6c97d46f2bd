#include "outside/registry_project_origin/event.h"

#include <assert.h>

#include "domain/uuid.h"
#include "outside/registry_project_origin/event_building.h"

static enum result make(const struct building *building, const struct millrace_operation *operation,
                        struct origin_event *event) {
    if (operation->issue != NULL) {
        return building_issued(building, operation->issue, event);
    }
    if (operation->slice != NULL) {
        return building_sliced(building, operation->slice, event);
    }
    if (operation->transfer != NULL) {
        return building_transferred(building, operation->transfer, event);
    }
    if (operation->allocate != NULL) {
        return building_allocated(building, operation->allocate, event);
    }
    if (operation->claim != NULL) {
        return building_claimed(building, operation->claim, event);
    }
    if (operation->unclaim != NULL) {
        return building_unclaimed(building, operation->unclaim, event);
    }
    assert(operation->withdraw != NULL);
    return building_withdrawn(building, operation->withdraw, event);
}

enum result origin_event_make(const struct origin_means *means, const struct uuid *certificate_id,
                              const struct millrace_operation *operation, struct arena *arena,
                              struct origin_event *event, struct error *error) {
    assert(means->names_count > 0 && means->names[0].own[0] != '\0');
    char *certificate_text = arena_take(arena, UUID_CHARACTERS + 1);
    uuid_to_text(certificate_id, certificate_text);
    const struct building building = {
        .means = means,
        .certificate_id = certificate_id,
        .certificate_text = certificate_text,
        .arena = arena,
        .error = error,
    };
    *event = (struct origin_event){.message = NULL};
    return make(&building, operation, event);
}
