#include "cli/dead_letters.h"
#include "cli/verbs.h"

/* The two verbs that only look. */
struct looking {
    struct letters_choice choice;
    json_t *found; /* rows, or whole views for `show` */
};

const struct argp_option verb_dead_letters_ls_options[] = {LETTERS_OPTIONS, {0}};

static void take(void *values, int key, const char *argument, struct argp_state *state) {
    struct looking *looking = values;
    letters_take(&looking->choice, key, argument, state);
}

static bool take_row(void *context, const struct read_record *read) {
    struct looking *looking = context;
    json_array_append_new(looking->found, letters_row(read));
    return true;
}

static bool take_view(void *context, const struct read_record *read) {
    struct looking *looking = context;
    json_array_append_new(looking->found, reading_view(read));
    return true;
}

static void collect(const struct invocation *invocation, struct looking *looking,
                    bool (*visit)(void *context, const struct read_record *read)) {
    static struct reading reading;
    looking->found = json_array();
    reading_open(invocation, &reading);
    letters_each(&reading, &looking->choice, visit, looking);
    reading_close(&reading);
}

int verb_dead_letters_ls(struct invocation *invocation, int argc, char **argv) {
    static const struct output_column columns[] = {
        {"PLACE", "place"}, {"TIME", "time"},         {"REASON", "reason"}, {"FIELD", "field"},
        {"FROM", "from"},   {"COMMAND", "commandId"}, {"DETAIL", "detail"},
    };
    struct looking looking = {.choice = {.reason = NULL}};
    const struct verb_options own = {.take = take, .values = &looking};
    invocation_begin(invocation, argc, argv, &own);
    collect(invocation, &looking, take_row);
    output_rows(stdout, invocation->format, looking.found, columns,
                sizeof columns / sizeof columns[0]);
    json_decref(looking.found);
    return EXIT_CODE_OK;
}

int verb_dead_letters_show(struct invocation *invocation, int argc, char **argv) {
    struct looking looking = {.choice = {.wanted = invocation->arguments, .wanted_count = 1}};
    invocation_begin(invocation, argc, argv, NULL);
    collect(invocation, &looking, take_view);
    size_t index;
    const json_t *view;
    json_array_foreach(looking.found, index, view) {
        /* Nested as it is, a table would hide most of it. */
        output_object(
            stdout,
            invocation->format == OUTPUT_FORMAT_TABLE ? OUTPUT_FORMAT_YAML : invocation->format,
            view);
    }
    const bool found = json_array_size(looking.found) > 0;
    json_decref(looking.found);
    if (!found) {
        complain(
            "there is no dead letter %s: give a PLACE of `millrace dead-letters ls`, or a "
            "command's id",
            invocation->arguments[0]);
        return EXIT_CODE_NOT_FOUND;
    }
    return EXIT_CODE_OK;
}
