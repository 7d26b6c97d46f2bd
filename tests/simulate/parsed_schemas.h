/* Our schemas parsed once for all lives of all seeds: a lane that opens would parse them anew. */
#ifndef MILLRACE_SIMULATE_PARSED_SCHEMAS_H
#define MILLRACE_SIMULATE_PARSED_SCHEMAS_H

/* Parses each terse schema. From then on libavro answers these texts with what is parsed. */
void parsed_schemas_fill(void);

#endif
