/* Project Origin's commitments, against what curve25519-dalek 4.1.3 (Rust) makes of the same. */
#include "outside/registry_project_origin/commitment.h"

#include <criterion/criterion.h>
#include <sodium.h>

#include "tests/support/vectors.h"

TestSuite(project_origin_commitment, .init = ristretto_init);

static const struct scalar zero;
static const struct point identity;

/* 01 02 .. 1f 00 */
static struct scalar counted(void) {
    struct scalar scalar = {.bytes = {0}};
    for (uint8_t i = 0; i + 1 < SCALAR_BYTES; i++) {
        scalar.bytes[i] = (uint8_t)(i + 1);
    }
    return scalar;
}

/* The largest scalar: one less than the group's order. */
static struct scalar largest(void) {
    struct scalar one;
    struct scalar scalar;
    scalar_of(1, &one);
    scalar_subtract(&zero, &one, &scalar);
    return scalar;
}

static void expect_point(const char *what, const struct point *actual, const char *hex) {
    vectors_expect(what, actual->bytes, sizeof actual->bytes, hex);
}

static void expect_scalar(const char *what, const struct scalar *actual, const char *hex) {
    vectors_expect(what, actual->bytes, sizeof actual->bytes, hex);
}

Test(project_origin_commitment, generators_follow_from_their_seed) {
    static const char seed[] = "3.141592653589793238462643383279502884197169";
    uint8_t first[crypto_hash_sha512_BYTES];
    uint8_t second[crypto_hash_sha512_BYTES];
    struct point point;
    cr_assert_eq(sizeof seed - 1, 44);
    crypto_hash_sha512(first, (const uint8_t *)seed, sizeof seed - 1);
    crypto_hash_sha512(second, first, sizeof first);
    crypto_core_ristretto255_from_hash(point.bytes, first);
    cr_expect(point_equal(&point, &generator_g));
    crypto_core_ristretto255_from_hash(point.bytes, second);
    cr_expect(point_equal(&point, &generator_h));
    expect_point("G", &generator_g,
                 "86ed6ffe68ae05dc0791836f54b42b336a2214ccb6f86d2fac49492949ba9e7b");
    expect_point("H", &generator_h,
                 "e2467f81cd43cf2b5122e285f9376a87ea5c9afb9b11cad86c01d2cc71d65364");
}

Test(project_origin_commitment, agrees_with_another_library) {
    struct scalar seven;
    scalar_of(7, &seven);
    const struct {
        uint32_t quantity;
        struct scalar blinding;
        const char *commitment;
        const char *slice;
    } rows[] = {
        {250, counted(), "7a73ce35291a18b5e8e629ba9c703ba0dcf29282d44ff1a93a210f3d8be03777",
         "032fb36285d6455cedc03742e99b17bbdc7c99dc65a7e23efdf7a4e8eb7b032a"},
        {250, seven, "f6960a9fb8c4fbac08c0c18a9edc7c045021a7aef724cb19e142c2c348226236",
         "6d856170ef23227f8046b91e9f1b5246313b1d18b349e59b074f9712a3e88a6f"},
        {0, zero, "0000000000000000000000000000000000000000000000000000000000000000",
         "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"},
        {0, counted(), "d61de9b99603eb88fd45feaef85e35cbb5ed6886064ccff2e9cb3035a11e6e62",
         "f69f4ba159d1c54fe17c6423b7d5e69f40225199862ddf38d5f15731eee32d15"},
        {UINT32_MAX, zero, "125812365901df0421599e7935cdf52aa8a7a463f9c1eed12fac1a3165ca9804",
         "609ae0293da21b0058e221e65632dcd1566cfb84f44c7fb128f25eab4b67ed40"},
        {UINT32_MAX, largest(), "debd96953e0a40a98e4fbe8927f73b662c2f62dd66cd6cdbdb29128075336821",
         "814984aa9b441dec1c4655be57d5b9fbc3d83286d7f0d9177843d19038d7ecfd"},
        {0x01020304, largest(), "6a8b5a5a4c3f170c4e6b1f8e5758b0233cb113bcd7ce94354ffcf8ed8d3c3d50",
         "521e03eb3ff2ea90fad2be841a314cf3f9dbc0326b677178619b32a4ee9dc46d"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct point commitment;
        struct slice_hash hash;
        commitment_make(rows[i].quantity, &rows[i].blinding, &commitment);
        expect_point(rows[i].commitment, &commitment, rows[i].commitment);
        commitment_slice_hash(&commitment, &hash);
        vectors_expect(rows[i].slice, hash.bytes, sizeof hash.bytes, rows[i].slice);
        cr_expect(point_is_valid(&commitment));
    }
}

Test(project_origin_commitment, sums_commit_to_the_sum) {
    static const uint32_t quantities[] = {0, 1, 4000000000, 294967290, UINT32_MAX - 4294967291};
    struct point parts[5];
    struct scalar blindings = zero;
    uint32_t total = 0;
    for (uint32_t i = 0; i < 5; i++) {
        struct scalar blinding;
        scalar_of(i * i, &blinding);
        commitment_make(quantities[i], &blinding, &parts[i]);
        scalar_add(&blindings, &blinding, &blindings);
        total += quantities[i];
    }
    struct point expected;
    struct point sum;
    cr_assert_eq(total, UINT32_MAX);
    commitment_make(total, &blindings, &expected);
    commitment_sum(parts, 5, &sum);
    cr_expect(point_equal(&sum, &expected));
    commitment_sum(parts, 4, &sum);
    cr_expect_not(point_equal(&sum, &expected));
    commitment_sum(NULL, 0, &sum);
    cr_expect(point_equal(&sum, &identity));
}

Test(project_origin_commitment, identity_is_a_point_like_any_other) {
    const struct scalar most = largest();
    struct point point = generator_g;
    cr_expect(point_is_valid(&identity));
    point_multiply(&zero, &generator_g, &point);
    expect_point("0 * G", &point,
                 "0000000000000000000000000000000000000000000000000000000000000000");
    point_multiply(&most, &identity, &point);
    cr_expect(point_equal(&point, &identity), "a multiple of the identity");
    point_subtract(&generator_h, &generator_h, &point);
    cr_expect(point_equal(&point, &identity), "H - H");
    point_add(&generator_h, &identity, &point);
    cr_expect(point_equal(&point, &generator_h), "H + 0");
    point_multiply(&most, &generator_h, &point);
    point_add(&point, &generator_h, &point);
    cr_expect(point_equal(&point, &identity), "(L - 1) * H + H");
}

Test(project_origin_commitment, scalars_agree_with_another_library) {
    uint8_t wide[WIDE_BYTES];
    struct scalar a;
    struct scalar b;
    struct scalar result;
    static const char seed[] = "3.141592653589793238462643383279502884197169";
    crypto_hash_sha512(wide, (const uint8_t *)seed, sizeof seed - 1);
    scalar_reduce(wide, &a);
    crypto_hash_sha512(wide, wide, sizeof wide);
    scalar_reduce(wide, &b);
    expect_scalar("a", &a, "254adbb6fd237471a2e40bd2624674c68ae2be6ac1b1d649a2087d3a0d62fd0a");
    expect_scalar("b", &b, "53be1edeb03732ce3f7693a4a362cdf4e18c2f53f6dd8af6bed0d38fdedfdf0e");
    scalar_add(&a, &b, &result);
    expect_scalar("a + b", &result,
                  "8b34043894f893e70bbea7d327af62a66c6feebdb78f614061d950caeb41dd09");
    scalar_subtract(&a, &b, &result);
    expect_scalar("a - b", &result,
                  "bf5fb235674f54fb380b70d09ddd85e6a8558f17cbd34b53e337a9aa2e821d0c");
    scalar_subtract(&b, &a, &result);
    expect_scalar("b - a", &result,
                  "2e744327b313be5c9d9187d2401c592e57aa70e8342cb4ac1cc85655d17de203");
    scalar_multiply(&a, &b, &result);
    expect_scalar("a * b", &result,
                  "987ecc15399600264cfcf7dc9bb97ea9a10844335ac72a1efc1e9d6cee1c270a");
    memset(wide, 0xff, sizeof wide);
    scalar_reduce(wide, &result);
    expect_scalar("2^512 - 1", &result,
                  "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903");
    scalar_subtract(&zero, &zero, &result);
    cr_expect(scalar_equal(&result, &zero), "0 - 0");
    scalar_of(0x01020304, &result);
    expect_scalar("a number", &result,
                  "0403020100000000000000000000000000000000000000000000000000000000");
    scalar_wipe(&result);
    cr_expect(scalar_equal(&result, &zero), "wiped");
}

Test(project_origin_commitment, bytes_that_are_no_scalar_are_known) {
    struct scalar scalar = largest();
    expect_scalar("L - 1", &scalar,
                  "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    cr_expect(scalar_is_valid(&scalar), "L - 1");
    cr_expect(scalar_is_valid(&zero), "0");
    scalar.bytes[0]++;
    cr_expect_not(scalar_is_valid(&scalar), "L");
    memset(scalar.bytes, 0xff, sizeof scalar.bytes);
    cr_expect_not(scalar_is_valid(&scalar), "2^256 - 1");
    scalar_of(1, &scalar);
    scalar.bytes[SCALAR_BYTES - 1] = 0x80;
    cr_expect_not(scalar_is_valid(&scalar), "the bit that a curve's scalar would ignore");
}

Test(project_origin_commitment, bytes_that_are_no_point_are_known) {
    struct arena arena = vectors_arena();
    /* RFC 9496, appendix A.3: not canonical, negative, no square, and so on, one of each. */
    static const char *const wrong[] = {
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct point point;
        memcpy(point.bytes, vectors_hex(wrong[i], &arena).data, sizeof point.bytes);
        cr_expect_not(point_is_valid(&point), "%s", wrong[i]);
    }
    cr_expect(point_is_valid(&generator_g));
}
