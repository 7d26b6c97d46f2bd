#include "outside/registry_project_origin/readings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "outside/registry_project_origin/projection.h"
#include "outside/registry_project_origin/questions.h"

struct origin_reading {
    struct uuid certificate_id;
    bool forgotten;    /* nobody waits for it */
    bool is_answer;    /* `said` is the registry's answer, else words about what went wrong */
    struct bytes said; /* from malloc, once it is answered */
    struct origin_reading *next;
};

static void release(struct origin_reading *reading) {
    free((void *)reading->said.data);
    free(reading);
}

void origin_readings_begin(struct origin_readings *readings, struct grpc_client *client,
                           const struct uuid *certificate_id, struct bytes question,
                           int64_t deadline_ms) {
    for (const struct origin_reading *other = readings->out; other != NULL; other = other->next) {
        assert(other->forgotten || !uuid_equal(&other->certificate_id, certificate_id));
    }
    struct origin_reading *reading = calloc(1, sizeof *reading);
    assert(reading != NULL);
    *reading = (struct origin_reading){.certificate_id = *certificate_id, .next = readings->out};
    readings->out = reading;
    (void)grpc_call_start(client, question_path_stream, question, deadline_ms, reading);
}

static void say(struct origin_reading *reading, const void *data, uint32_t length) {
    uint8_t *said = malloc((size_t)length + 1);
    assert(said != NULL && reading->said.data == NULL);
    if (length > 0) {
        memcpy(said, data, length);
    }
    reading->said = (struct bytes){.data = said, .length = length};
}

bool origin_readings_hear(struct origin_readings *readings,
                          const struct grpc_completion *completion) {
    struct origin_reading **link = &readings->out;
    while (*link != NULL && *link != completion->context) {
        link = &(*link)->next;
    }
    struct origin_reading *reading = *link;
    if (reading == NULL) {
        return false;
    }
    *link = reading->next;
    reading->next = NULL;
    if (reading->forgotten) {
        release(reading);
        return true;
    }
    reading->is_answer = completion->outcome == GRPC_OUTCOME_REPLY;
    if (reading->is_answer) {
        say(reading, completion->reply.data, completion->reply.length);
    } else {
        const uint32_t length = completion->words.length;
        say(reading, completion->words.data,
            length < REGISTRY_TEXT_MAX ? length : REGISTRY_TEXT_MAX);
    }
    *(readings->answered_first == NULL ? &readings->answered_first
                                       : &readings->answered_last->next) = reading;
    readings->answered_last = reading;
    return true;
}

static struct text words_in(struct arena *arena, const void *data, uint32_t length) {
    char *words = arena_take(arena, (size_t)length + 1);
    if (length > 0) {
        memcpy(words, data, length);
    }
    return (struct text){.data = words, .length = length};
}

bool origin_readings_take(struct origin_readings *readings, struct arena *arena,
                          struct registry_stream *stream) {
    struct origin_reading *reading = readings->answered_first;
    if (reading == NULL) {
        return false;
    }
    readings->answered_first = reading->next;
    struct error error = {.text = ""};
    struct text words = {.data = NULL};
    if (!reading->is_answer) {
        *stream = (struct registry_stream){.certificate_id = reading->certificate_id};
        words = words_in(arena, reading->said.data, reading->said.length);
    } else if (projection_make(reading->said, &reading->certificate_id, arena, stream, &error) ==
               RESULT_OK) {
        stream->is_read = true;
    } else {
        words = words_in(arena, error.text, (uint32_t)strlen(error.text));
    }
    stream->words = words;
    release(reading);
    return true;
}

void origin_readings_forget(struct origin_readings *readings) {
    while (readings->answered_first != NULL) {
        struct origin_reading *reading = readings->answered_first;
        readings->answered_first = reading->next;
        release(reading);
    }
    for (struct origin_reading *reading = readings->out; reading != NULL; reading = reading->next) {
        reading->forgotten = true;
    }
}

void origin_readings_deinit(struct origin_readings *readings) {
    origin_readings_forget(readings);
    while (readings->out != NULL) {
        struct origin_reading *reading = readings->out;
        readings->out = reading->next;
        release(reading);
    }
}
