/* What a program says that was built without a prover. */
#include <criterion/criterion.h>

#include "outside/registry_project_origin/commitment.h"
#include "ports/prover.h"
#include "standin/project_origin/options.h"
#include "tests/support/vectors.h"

TestSuite(prover_none);

Test(prover_none, makes_empty_proofs_and_says_what_will_not_work) {
    struct arena arena = vectors_arena();
    const struct prover prover = prover_chosen();
    struct scalar blinding;
    struct point commitment;
    struct bytes proof = {.data = NULL, .length = 1};
    struct error error;
    scalar_of(7, &blinding);
    commitment_make(250, &blinding, &commitment);
    const struct prover_statement statement = {
        .commitment = commitment.bytes,
        .quantity = 250,
        .blinding = blinding.bytes,
        .label = text_of("7d444840-9dc0-11d1-b245-5ffdce74fad2"),
    };
    cr_expect_str_eq(prover.name, "none");
    cr_assert_eq(prover.prove(prover.self, &statement, &arena, &proof, &error), RESULT_OK);
    cr_expect_eq(proof.length, 0);
    cr_expect_null(prover.verify);
    cr_assert_not_null(prover.shortcoming);
    cr_expect(strstr(prover.shortcoming, "executes no issue and no slicing") != NULL);
    cr_expect(strstr(prover.shortcoming, "PROVER=bulletproofs") != NULL);
}

/* Whoever wants range proofs to be checked must not believe that they are. */
Test(prover_none, is_no_verifier_for_the_stand_in, .exit_code = 2) {
    static struct mimic_options options;
    char *argv[] = {"standin",      "--listen=localhost:1", "--ledger=nowhere",
                    "--registry=x", "--proofs=all",         NULL};
    mimic_options_parse(5, argv, &options);
}
