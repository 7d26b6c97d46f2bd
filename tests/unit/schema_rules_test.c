#include <criterion/criterion.h>
#include <string.h>

#include "cli/schema_rules.h"
#include "generated/c/message_types.h"

#define RECORD(fields) "{'type':'record','name':'R','namespace':'n','fields':[" fields "]}"
#define FIELD(name, rest) "{'name':'" name "'," rest "}"
#define ENUM(rest) FIELD("e", "'type':{'type':'enum','name':'E','symbols':['Other','A']" rest "}")

/* JSON with its quotes; a static buffer for each of two sides. */
static const char *quoted(const char *text, int side) {
    static char buffers[2][4096];
    char *to = buffers[side];
    for (; *text != '\0'; text++) {
        *to++ = (char)(*text == '\'' ? '"' : *text);
    }
    *to = '\0';
    return buffers[side];
}

static const struct {
    const char *name;
    const char *older;
    const char *newer;
    const char *refused; /* part of the message; NULL: allowed */
} changes[] = {
    {"same", RECORD(FIELD("a", "'type':'int','default':1")),
     RECORD(FIELD("a", "'type':'int','default':1")), NULL},
    {"default lost", RECORD(FIELD("a", "'type':'int','default':1")),
     RECORD(FIELD("a", "'type':'int'")), "n.R, field a: the default was 1 and is nothing"},
    {"default changed", RECORD(FIELD("a", "'type':'int','default':1")),
     RECORD(FIELD("a", "'type':'int','default':2")), "the default was 1 and is 2"},
    {"null default lost", RECORD(FIELD("a", "'type':['null','int'],'default':null")),
     RECORD(FIELD("a", "'type':['null','int']")), "the default was null"},
    {"default added", RECORD(FIELD("a", "'type':'int'")),
     RECORD(FIELD("a", "'type':'int','default':2")), NULL},
    {"field added", RECORD(FIELD("a", "'type':'int'")),
     RECORD(FIELD("a", "'type':'int'") "," FIELD("b", "'type':'int','default':2")), NULL},
    {"field removed", RECORD(FIELD("a", "'type':'int','default':2")), RECORD(""), NULL},
    {"enum default lost", RECORD(ENUM(",'default':'Other'")), RECORD(ENUM("")),
     "n.E: the enum default was \"Other\" and is nothing"},
    {"enum default changed", RECORD(ENUM(",'default':'Other'")), RECORD(ENUM(",'default':'A'")),
     "the enum default was \"Other\" and is \"A\""},
    {"enum default kept", RECORD(ENUM(",'default':'Other'")), RECORD(ENUM(",'default':'Other'")),
     NULL},
    {"logical type lost", RECORD(FIELD("a", "'type':{'type':'string','logicalType':'uuid'}")),
     RECORD(FIELD("a", "'type':'string'")), "the logicalType was \"uuid\" and is nothing"},
    {"logical type added", RECORD(FIELD("a", "'type':'string'")),
     RECORD(FIELD("a", "'type':{'type':'string','logicalType':'uuid'}")),
     "the logicalType was nothing"},
    {"logical type changed", RECORD(FIELD("a", "'type':{'type':'long','logicalType':'x'}")),
     RECORD(FIELD("a", "'type':{'type':'long','logicalType':'y'}")), "\"x\" and is \"y\""},
    {"logical type lost in a union",
     RECORD(FIELD("a", "'type':['null',{'type':'string','logicalType':'uuid'}]")),
     RECORD(FIELD("a", "'type':['null','string']")), "logicalType"},
    {"logical type lost on the way into a union",
     RECORD(FIELD("a", "'type':{'type':'string','logicalType':'uuid'}")),
     RECORD(FIELD("a", "'type':['null','string']")), "logicalType"},
    {"logical type lost in an array",
     RECORD(FIELD("a", "'type':{'type':'array','items':{'type':'string','logicalType':'uuid'}}")),
     RECORD(FIELD("a", "'type':{'type':'array','items':'string'}")), "logicalType"},
    {"in a nested record",
     RECORD(FIELD("a",
                  "'type':{'type':'record','name':'I','fields':["
                  "{'name':'x','type':'int','default':1}]}")),
     RECORD(FIELD("a",
                  "'type':{'type':'record','name':'I','fields':["
                  "{'name':'x','type':'int'}]}")),
     "n.I, field x: the default"},
    {"a renamed field is found by its alias", RECORD(FIELD("a", "'type':'int','default':1")),
     RECORD(FIELD("b", "'aliases':['a'],'type':'int','default':2")), "the default was 1"},
    {"a renamed enum is found by its alias", RECORD(ENUM(",'default':'Other'")),
     RECORD(FIELD("e", "'type':{'type':'enum','name':'F','aliases':['E'],'symbols':['Other']}")),
     "enum default"},
    {"no schema", RECORD(""), "{", "the new text is no Avro schema"},
};

Test(schema_rules, refuse_what_servers_let_pass) {
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        struct error error = {.text = ""};
        const enum result result =
            schema_change_check(quoted(changes[i].older, 0), quoted(changes[i].newer, 1), &error);
        cr_expect_eq(result, changes[i].refused == NULL ? RESULT_OK : RESULT_INVALID, "%s: %s",
                     changes[i].name, error.text);
        cr_expect(changes[i].refused == NULL || strstr(error.text, changes[i].refused) != NULL,
                  "%s: %s", changes[i].name, error.text);
    }
}

static const struct {
    const char *name;
    const char *a;
    const char *b;
    bool same;
} pairs[] = {
    {"white space", "{ 'type' : 'string' }", "{'type':'string'}", true},
    {"needless object", "{'type':'string'}", "'string'", true},
    {"order of members", "{'type':'fixed','name':'F','size':1}",
     "{'size':1,'name':'F','type':'fixed'}", true},
    {"docs", RECORD(FIELD("a", "'doc':'x','type':'int'")), RECORD(FIELD("a", "'type':'int'")),
     true},
    {"names in full", RECORD(FIELD("a", "'type':'int'")),
     "{'type':'record','name':'n.R','fields':[{'name':'a','type':'int'}]}", true},
    {"a name by reference",
     "{'type':'record','name':'n.R','fields':[{'name':'a','type':['null','R'],'default':null}]}",
     "{'type':'record','name':'R','namespace':'n','fields':[{'name':'a','type':['null','n.R'],"
     "'default':null}]}",
     true},
    {"default", RECORD(FIELD("a", "'type':'int','default':1")), RECORD(FIELD("a", "'type':'int'")),
     false},
    {"enum default", RECORD(ENUM("")), RECORD(ENUM(",'default':'Other'")), false},
    {"logical type", "'string'", "{'type':'string','logicalType':'uuid'}", false},
    {"aliases", RECORD(FIELD("a", "'type':'int','aliases':['b']")),
     RECORD(FIELD("a", "'type':'int'")), false},
    {"order of fields", RECORD(FIELD("a", "'type':'int'") "," FIELD("b", "'type':'int'")),
     RECORD(FIELD("b", "'type':'int'") "," FIELD("a", "'type':'int'")), false},
    {"no schema", "7", "7", false},
};

Test(schema_rules, two_texts_are_the_same_when_they_mean_the_same) {
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        cr_expect_eq(schema_same(quoted(pairs[i].a, 0), quoted(pairs[i].b, 1)), pairs[i].same, "%s",
                     pairs[i].name);
    }
}

Test(schema_rules, every_schema_of_ours_may_follow_itself) {
    for (uint32_t i = 0; i < MESSAGE_TYPES_COUNT; i++) {
        struct error error = {.text = ""};
        const char *schema = message_types[i].schema;
        cr_expect_eq(schema_change_check(schema, schema, &error), RESULT_OK, "%s", error.text);
        cr_expect(schema_same(schema, schema), "%s", message_types[i].full_name);
    }
}
