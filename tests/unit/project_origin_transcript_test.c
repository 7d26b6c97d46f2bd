/* Transcripts of proofs and the permutation below them, against their published answers and
 * against what merlin 3.0.0 (Rust) makes of the same. */
#include "outside/registry_project_origin/transcript.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>

#include "tests/support/vectors.h"

TestSuite(project_origin_transcript);

static struct bytes bytes_of(const char *text) {
    return (struct bytes){.data = (const uint8_t *)text, .length = (uint32_t)strlen(text)};
}

/* The two that the Keccak team publishes: the permutation of zeros, and of what that gives. */
Test(project_origin_transcript, permutation_gives_the_published_states) {
    static const uint64_t once[KECCAK_LANES] = {
        0xf1258f7940e1dde7u, 0x84d5ccf933c0478au, 0xd598261ea65aa9eeu, 0xbd1547306f80494du,
        0x8b284e056253d057u, 0xff97a42d7f8e6fd4u, 0x90fee5a0a44647c4u, 0x8c5bda0cd6192e76u,
        0xad30a6f71b19059cu, 0x30935ab7d08ffc64u, 0xeb5aa93f2317d635u, 0xa9a6e6260d712103u,
        0x81a57c16dbcf555fu, 0x43b831cd0347c826u, 0x01f22f1a11a5569fu, 0x05e5635a21d9ae61u,
        0x64befef28cc970f2u, 0x613670957bc46611u, 0xb87c5a554fd00ecbu, 0x8c3ee88a1ccf32c8u,
        0x940c7922ae3a2614u, 0x1841f924a2c509e4u, 0x16f53526e70465c2u, 0x75f644e97f30a13bu,
        0xeaf1ff7b5ceca249u,
    };
    static const uint64_t twice[KECCAK_LANES] = {
        0x2d5c954df96ecb3cu, 0x6a332cd07057b56du, 0x093d8d1270d76b6cu, 0x8a20d9b25569d094u,
        0x4f9c4f99e5e7f156u, 0xf957b9a2da65fb38u, 0x85773dae1275af0du, 0xfaf4f247c3d810f7u,
        0x1f1b9ee6f79a8759u, 0xe4fecc0fee98b425u, 0x68ce61b6b9ce68a1u, 0xdeea66c4ba8f974fu,
        0x33c43d836eafb1f5u, 0xe00654042719dbd9u, 0x7cf8a9f009831265u, 0xfd5449a6bf174743u,
        0x97ddad33d8994b40u, 0x48ead5fc5d0be774u, 0xe3b8c8ee55b7b03cu, 0x91a0226e649e42e9u,
        0x900e3129e7badd7bu, 0x202a9ec5faa3cce8u, 0x5b3402464e1c3db6u, 0x609f4e62a44c1059u,
        0x20d06cd26a8fbf5cu,
    };
    uint64_t lanes[KECCAK_LANES] = {0};
    keccak_permute(lanes);
    cr_expect_arr_eq(lanes, once, sizeof once);
    keccak_permute(lanes);
    cr_expect_arr_eq(lanes, twice, sizeof twice);
}

/* SHA3-256 (FIPS 202, 6.1) of one block is the permutation once, and OpenSSL knows SHA3-256. */
Test(project_origin_transcript, permutation_makes_sha3) {
    enum { SHA3_256_RATE = 136, DIGEST_BYTES = 32 };
    for (uint32_t length = 0; length < SHA3_256_RATE; length++) {
        uint8_t message[SHA3_256_RATE] = {0};
        uint8_t block[SHA3_256_RATE] = {0};
        for (uint32_t i = 0; i < length; i++) {
            message[i] = block[i] = (uint8_t)(i * 31 + length);
        }
        block[length] = 0x06;
        block[SHA3_256_RATE - 1] |= 0x80;
        uint64_t lanes[KECCAK_LANES] = {0};
        for (uint32_t i = 0; i < SHA3_256_RATE; i++) {
            lanes[i / 8] |= (uint64_t)block[i] << i % 8 * 8;
        }
        keccak_permute(lanes);
        uint8_t digest[DIGEST_BYTES];
        for (uint32_t i = 0; i < DIGEST_BYTES; i++) {
            digest[i] = (uint8_t)(lanes[i / 8] >> i % 8 * 8);
        }
        uint8_t expected[DIGEST_BYTES];
        cr_assert_eq(EVP_Digest(message, length, expected, NULL, EVP_sha3_256(), NULL), 1);
        cr_expect_arr_eq(digest, expected, sizeof digest, "%u bytes", length);
    }
}

Test(project_origin_transcript, gives_the_published_challenge) {
    struct proof_transcript transcript;
    uint8_t challenge[32];
    proof_transcript_init(&transcript, text_of("test protocol"));
    proof_transcript_append(&transcript, "some label", bytes_of("some data"));
    proof_transcript_challenge(&transcript, "challenge", challenge, sizeof challenge);
    vectors_expect("merlin's own vector", challenge, sizeof challenge,
                   "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615");
}

Test(project_origin_transcript, goes_on_over_many_blocks) {
    struct proof_transcript transcript;
    uint8_t challenge[32];
    uint8_t data[1024];
    memset(data, 99, sizeof data);
    proof_transcript_init(&transcript, text_of("test protocol"));
    proof_transcript_append(&transcript, "step1", bytes_of("some data"));
    for (int round = 0; round < 32; round++) {
        proof_transcript_challenge(&transcript, "challenge", challenge, sizeof challenge);
        proof_transcript_append(&transcript, "bigdata",
                                (struct bytes){.data = data, .length = sizeof data});
        proof_transcript_append(&transcript, "challengedata",
                                (struct bytes){.data = challenge, .length = sizeof challenge});
    }
    vectors_expect("the 32nd challenge", challenge, sizeof challenge,
                   "a8c933f54fae76e3f9bea93648c1308e7dfa2152dd51674ff3ca438351cf003c");
}

/* Messages of 0 to 399 bytes, and a challenge as long behind each: they end and begin at every
 * place in a block. The SHA-256 of all challenges is compared. */
Test(project_origin_transcript, fits_every_length_into_its_blocks) {
    enum { LENGTHS = 400 };
    struct proof_transcript transcript;
    uint8_t message[LENGTHS] = {0};
    uint8_t challenge[LENGTHS] = {0};
    uint8_t digest[32];
    EVP_MD_CTX *sha256 = EVP_MD_CTX_new();
    cr_assert_eq(EVP_DigestInit(sha256, EVP_sha256()), 1);
    for (uint32_t length = 0; length < LENGTHS; length++) {
        for (uint32_t i = 0; i < length; i++) {
            message[i] = (uint8_t)(i * 7 + length);
        }
        proof_transcript_init(&transcript, text_of("lengths"));
        proof_transcript_append(&transcript, "message",
                                (struct bytes){.data = message, .length = length});
        proof_transcript_challenge(&transcript, "challenge", challenge, length);
        cr_assert_eq(EVP_DigestUpdate(sha256, challenge, length), 1);
    }
    cr_assert_eq(EVP_DigestFinal(sha256, digest, NULL), 1);
    EVP_MD_CTX_free(sha256);
    vectors_expect("all challenges", digest, sizeof digest,
                   "296326672d670a21aed100691bc2b36562d5efa8a4cd483c92b3d5614c417c75");
}

/* Each differs from the first in one thing. */
Test(project_origin_transcript, depends_on_all_that_went_in) {
    static const struct {
        const char *label;
        const char *name;
        const char *message;
        const char *question;
        bool twice;
    } rows[] = {
        {"label", "name", "message", "question", false},
        {"Label", "name", "message", "question", false},
        {"label", "names", "message", "question", false},
        {"label", "name", "messages", "question", false},
        {"label", "name", "message", "questions", false},
        {"label", "name", "message", "question", true},
        {"labelname", "", "message", "question", false},
        {"label", "namem", "essage", "question", false},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    uint8_t challenges[ROWS][16];
    for (size_t i = 0; i < ROWS; i++) {
        struct proof_transcript transcript;
        proof_transcript_init(&transcript, text_of(rows[i].label));
        for (int time = 0; time < (rows[i].twice ? 2 : 1); time++) {
            proof_transcript_append(&transcript, rows[i].name, bytes_of(rows[i].message));
        }
        proof_transcript_challenge(&transcript, rows[i].question, challenges[i],
                                   sizeof challenges[i]);
        for (size_t other = 0; other < i; other++) {
            cr_expect_arr_neq(challenges[i], challenges[other], sizeof challenges[i],
                              "rows %zu and %zu", i, other);
        }
    }
}
