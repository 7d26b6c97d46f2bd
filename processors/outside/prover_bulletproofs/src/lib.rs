//! Range proofs of Project Origin's commitments, for C (bulletproofs.h beside this crate).
//!
//! A single Bulletproof (eprint.iacr.org/2017/1066) of 32 bits, over the registry's own generators,
//! in a transcript whose label is the certificate's id as text.

use std::panic::{catch_unwind, UnwindSafe};
use std::slice::{from_raw_parts, from_raw_parts_mut};

use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;
use rand_chacha::rand_core::SeedableRng;
use rand_chacha::ChaCha20Rng;
use zeroize::Zeroize;

const BITS: usize = 32;
const POINT_BYTES: usize = 32;
const PROOF_BYTES: usize = 608;

/// As `enum bulletproofs_result`.
const OK: i32 = 0;
const INVALID: i32 = 1;
const BROKEN: i32 = 2;
const UNREADABLE: i32 = 3;

/// The registry's generators: one carries the quantity, the other the blinding.
const G: [u8; POINT_BYTES] = [
    0x86, 0xed, 0x6f, 0xfe, 0x68, 0xae, 0x05, 0xdc, 0x07, 0x91, 0x83, 0x6f, 0x54, 0xb4, 0x2b, 0x33,
    0x6a, 0x22, 0x14, 0xcc, 0xb6, 0xf8, 0x6d, 0x2f, 0xac, 0x49, 0x49, 0x29, 0x49, 0xba, 0x9e, 0x7b,
];
const H: [u8; POINT_BYTES] = [
    0xe2, 0x46, 0x7f, 0x81, 0xcd, 0x43, 0xcf, 0x2b, 0x51, 0x22, 0xe2, 0x85, 0xf9, 0x37, 0x6a, 0x87,
    0xea, 0x5c, 0x9a, 0xfb, 0x9b, 0x11, 0xca, 0xd8, 0x6c, 0x01, 0xd2, 0xcc, 0x71, 0xd6, 0x53, 0x64,
];

struct Generators {
    of_bits: BulletproofGens,
    of_commitments: PedersenGens,
}

thread_local! {
    /// They take longer to make than a proof to verify.
    static GENERATORS: Generators = Generators {
        of_bits: BulletproofGens::new(BITS, 1),
        of_commitments: PedersenGens {
            B: CompressedRistretto(G).decompress().expect("G is a point"),
            B_blinding: CompressedRistretto(H).decompress().expect("H is a point"),
        },
    };
}

/// What C handed over; empty text may come with any pointer.
///
/// # Safety
/// `length` bytes can be read there until the function of C's that was called returns. The lifetime
/// is merlin's wish, which reads a label only while it makes a transcript of it.
unsafe fn bytes_of(data: *const u8, length: usize) -> &'static [u8] {
    if length == 0 {
        &[]
    } else {
        from_raw_parts(data, length)
    }
}

/// Chance that is none: whoever does not know the secrets in the transcript cannot tell it, and
/// other contents give another one. So a proof that is made again is the same.
fn chance_of(mut transcript: Transcript) -> ChaCha20Rng {
    let mut seed = [0; 32];
    transcript.challenge_bytes(b"seed", &mut seed);
    let chance = ChaCha20Rng::from_seed(seed);
    seed.zeroize();
    chance
}

/// A panic ends here: it must not get into C.
fn guarded<T>(work: impl FnOnce() -> Result<T, i32> + UnwindSafe) -> Result<T, i32> {
    catch_unwind(work).unwrap_or(Err(BROKEN))
}

fn prove(
    label: &'static [u8],
    quantity: u32,
    blinding: [u8; 32],
) -> Result<(RangeProof, CompressedRistretto), i32> {
    let mut scalar =
        Option::<Scalar>::from(Scalar::from_canonical_bytes(blinding)).ok_or(INVALID)?;
    let mut secrets = Transcript::new(b"millrace range proof nonces 1");
    secrets.append_message(b"blinding", &blinding);
    secrets.append_u64(b"quantity", quantity.into());
    secrets.append_message(b"label", label);
    let proven = GENERATORS.with(|generators| {
        RangeProof::prove_single_with_rng(
            &generators.of_bits,
            &generators.of_commitments,
            &mut Transcript::new(label),
            quantity.into(),
            &scalar,
            BITS,
            &mut chance_of(secrets),
        )
    });
    scalar.zeroize();
    proven.map_err(|_| BROKEN)
}

fn verify(label: &'static [u8], commitment: [u8; POINT_BYTES], proof: &[u8]) -> Result<(), i32> {
    let read = RangeProof::from_bytes(proof).map_err(|_| UNREADABLE)?;
    // The verifier's own chance, which joins its equations: bound to all that it looks at.
    let mut all = Transcript::new(b"millrace range proof verification 1");
    all.append_message(b"label", label);
    all.append_message(b"commitment", &commitment);
    all.append_message(b"proof", proof);
    GENERATORS.with(|generators| {
        read.verify_single_with_rng(
            &generators.of_bits,
            &generators.of_commitments,
            &mut Transcript::new(label),
            &CompressedRistretto(commitment),
            BITS,
            &mut chance_of(all),
        )
        .map_err(|_| INVALID)
    })
}

/// # Safety
/// As bulletproofs.h says.
#[no_mangle]
pub unsafe extern "C" fn millrace_bulletproofs_prove(
    label: *const u8,
    label_length: usize,
    quantity: u32,
    blinding: *const u8,
    commitment: *mut u8,
    proof: *mut u8,
) -> i32 {
    let made = guarded(|| {
        let mut secret = [0; 32];
        secret.copy_from_slice(bytes_of(blinding, 32));
        let proven = prove(bytes_of(label, label_length), quantity, secret);
        secret.zeroize();
        let (proof, commitment) = proven?;
        let bytes = proof.to_bytes();
        if bytes.len() == PROOF_BYTES {
            Ok((bytes, commitment))
        } else {
            Err(BROKEN)
        }
    });
    match made {
        Ok((bytes, point)) => {
            from_raw_parts_mut(proof, PROOF_BYTES).copy_from_slice(&bytes);
            from_raw_parts_mut(commitment, POINT_BYTES).copy_from_slice(point.as_bytes());
            OK
        }
        Err(code) => code,
    }
}

/// # Safety
/// As bulletproofs.h says.
#[no_mangle]
pub unsafe extern "C" fn millrace_bulletproofs_verify(
    label: *const u8,
    label_length: usize,
    commitment: *const u8,
    proof: *const u8,
    proof_length: usize,
) -> i32 {
    let verified = guarded(|| {
        let mut point = [0; POINT_BYTES];
        point.copy_from_slice(bytes_of(commitment, POINT_BYTES));
        verify(
            bytes_of(label, label_length),
            point,
            bytes_of(proof, proof_length),
        )
    });
    match verified {
        Ok(()) => OK,
        Err(code) => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_at_the_border() {
        let ended: Result<(), i32> = guarded(|| panic!("on purpose"));
        assert_eq!(ended, Err(BROKEN));
    }
}
