#include <assert.h>

#include "outside/registry_project_origin/connection.h"

enum result registry_project_origin_reach(const struct origin_settings *settings,
                                          const char *address, const struct clock *clock,
                                          const struct logger *logger, struct error *error) {
    assert(settings != NULL && address != NULL && clock != NULL && error != NULL);
    const struct grpc_options options = {
        .address = address,
        .tls_ca_file = settings->tls_ca_file,
        .tls_certificate_file = settings->tls_certificate_file,
        .tls_key_file = settings->tls_key_file,
        .connections_max = 1,
        .reply_bytes_max = ORIGIN_REPLY_BYTES_MAX,
        .seed = 1, /* it is tried once, so there is no back-off */
        .clock = clock,
        .logger = *logger,
    };
    return grpc_reach(&options, error);
}
