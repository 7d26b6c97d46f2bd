#include "tests/support/mimic_adapter.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>

#include "outside/clock_os/clock_os.h"

static void connect_to(struct mimic_adapter *it) {
    struct error error;
    (void)snprintf(it->address, sizeof it->address, "http://%.40s", it->standin.address);
    const struct registry_adapter port = registry_project_origin(&it->adapter);
    const struct registry_config config = {
        .name = "narnia", .adapter = "project-origin", .address = it->address, .in_flight_max = 1};
    cr_assert_eq(port.open(port.self, &config, &it->clock, &it->registry, &error), RESULT_OK, "%s",
                 error.text);
}

void mimic_adapter_open(struct mimic_adapter *it, const struct mimic_adapter_setup *setup) {
    static const struct origin_settings settings = {
        .name = "narnia",
        .own_name = "narnia",
        .connections_max = 1,
        .schedule = {.first_ms = 10, .longest_ms = 40},
    };
    static const uint8_t secret[BLINDING_SECRET_MIN] = {1};
    const char *const arguments[] = {"--protocol=project-origin", "--registry=narnia",
                                     "--signatures=off", setup->option, NULL};
    struct error error;
    *it = (struct mimic_adapter){
        .clock = clock_os(), .option = setup->option, .prover = setup->prover};
    standin_process_open_tcp(&it->standin);
    standin_process_start(&it->standin, arguments);
    if (setup->keys != NULL) {
        cr_assert_eq(keyring_parse("keys", text_of(setup->keys), &it->keyring, &error), RESULT_OK,
                     "%s", error.text);
    }
    cr_assert_eq(blinding_secrets_add(&it->secrets, text_of("first"),
                                      (struct bytes){secret, sizeof secret}, &error),
                 RESULT_OK, "%s", error.text);
    it->adapter = (struct registry_project_origin_adapter){
        .logger = logger_silent(),
        .settings = &settings,
        .settings_count = 1,
        .rules = setup->rules,
        .keyring = setup->keys != NULL ? &it->keyring : NULL,
        .secrets = &it->secrets,
        .prover = &it->prover,
    };
    connect_to(it);
}

void mimic_adapter_close(struct mimic_adapter *it) {
    it->registry.close(it->registry.self);
    blinding_secrets_deinit(&it->secrets);
    if (it->adapter.keyring != NULL) {
        keyring_close(&it->keyring);
    }
    cr_expect_eq(standin_process_stop(&it->standin), 0);
    standin_process_close(&it->standin);
}

struct registry_reply mimic_adapter_end(struct mimic_adapter *it, int64_t patience_ms) {
    struct registry_reply reply = {.kind = REGISTRY_REPLY_ACCEPTED};
    const int64_t end_ms = it->clock.monotonic_ms(it->clock.self) + patience_ms;
    while (reply.kind == REGISTRY_REPLY_ACCEPTED) {
        cr_assert_lt(it->clock.monotonic_ms(it->clock.self), end_ms, "%s: no reply came",
                     it->option);
        if (it->registry.poll(it->registry.self, &reply, 1) == 0) {
            struct pollfd wait = {.fd = it->registry.wait_fd(it->registry.self), .events = POLLIN};
            (void)poll(&wait, 1, 5);
        }
    }
    return reply;
}
