/* Every verb has one file, named like it, with one function that the table of commands names. */
#ifndef MILLRACE_CLI_VERBS_H
#define MILLRACE_CLI_VERBS_H

#include <argp.h>

struct invocation;

/* Each reads its options from the command line, does its work and returns the exit code. */
int verb_completion(struct invocation *invocation, int argc, char **argv);
int verb_config_check(struct invocation *invocation, int argc, char **argv);
int verb_config_keys(struct invocation *invocation, int argc, char **argv);
int verb_config_show(struct invocation *invocation, int argc, char **argv);
int verb_dead_letters_ls(struct invocation *invocation, int argc, char **argv);
int verb_dead_letters_show(struct invocation *invocation, int argc, char **argv);
int verb_dead_letters_release(struct invocation *invocation, int argc, char **argv);
int verb_keys_generate(struct invocation *invocation, int argc, char **argv);
int verb_keys_import(struct invocation *invocation, int argc, char **argv);
int verb_keys_list(struct invocation *invocation, int argc, char **argv);
int verb_manual(struct invocation *invocation, int argc, char **argv);
int verb_run(struct invocation *invocation, int argc, char **argv);
int verb_schemas_apply(struct invocation *invocation, int argc, char **argv);
int verb_schemas_check(struct invocation *invocation, int argc, char **argv);
int verb_schemas_plan(struct invocation *invocation, int argc, char **argv);
int verb_send(struct invocation *invocation, int argc, char **argv);
int verb_show(struct invocation *invocation, int argc, char **argv);
int verb_standin(struct invocation *invocation, int argc, char **argv);
int verb_tail(struct invocation *invocation, int argc, char **argv);
int verb_topics_apply(struct invocation *invocation, int argc, char **argv);
int verb_topics_check(struct invocation *invocation, int argc, char **argv);
int verb_topics_plan(struct invocation *invocation, int argc, char **argv);
int verb_trace(struct invocation *invocation, int argc, char **argv);
int verb_unknown_ls(struct invocation *invocation, int argc, char **argv);
int verb_unknown_resolve(struct invocation *invocation, int argc, char **argv);
int verb_unknown_show(struct invocation *invocation, int argc, char **argv);
int verb_verify(struct invocation *invocation, int argc, char **argv);

/* The options of those that have some of their own; each table ends with an empty one. */
extern const struct argp_option verb_config_check_options[];
extern const struct argp_option verb_dead_letters_ls_options[];
extern const struct argp_option verb_dead_letters_release_options[];
extern const struct argp_option verb_send_options[];
extern const struct argp_option verb_tail_options[];
extern const struct argp_option verb_topics_plan_options[];
extern const struct argp_option verb_unknown_resolve_options[];
extern const struct argp_option verb_verify_options[];

#endif
