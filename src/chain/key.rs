//! Keys and signatures: ECDSA on secp256k1 with deterministic nonces (RFC 6979), keys compressed
//! (SEC 1, 2.3.3), signatures compact (r ‖ s, 64 bytes) with s in its lower half only, as BIP 146
//! asks: otherwise anybody could flip s and so change a transaction's id.

use super::hash::{KeyHash, bytes_type, hash160};
use k256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use k256::ecdsa::{Signature as EcdsaSignature, SigningKey, VerifyingKey};
use rand_core::Rng;
use std::fmt;
use thiserror::Error;

/// A private key. It is wiped from memory when dropped and never shown by `Debug`.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

/// A compressed public key, as bytes that need not be a point of the curve until a signature is
/// checked against them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 33]);

/// A compact signature, as bytes that need not be valid.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature(pub [u8; 64]);

/// Why a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// Not a compressed point of the curve.
    #[error("the public key is not a compressed point of the curve")]
    MalformedKey,
    /// r or s is zero or not below the order of the curve.
    #[error("the signature is not a pair of numbers below the order of the curve")]
    MalformedSignature,
    /// s is in the upper half, which would give every signature a twin.
    #[error("the signature's s is in the upper half of its range")]
    HighS,
    /// Well-formed, but not made by this key over this message.
    #[error("the signature was not made with this key over this transaction")]
    Mismatch,
}

/// The 32 bytes given as a private key are zero or not below the order of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a private key: zero, or not below the order of the curve")]
pub struct NotASecretKey;

impl SecretKey {
    /// A new key from `rng`, which must be unpredictable unless the key is for a demonstration.
    pub fn generate(rng: &mut impl Rng) -> Self {
        loop {
            let mut bytes = [0; 32];
            rng.fill_bytes(&mut bytes);
            // All but one in 2^127 draws are keys.
            if let Ok(key) = Self::from_bytes(bytes) {
                return key;
            }
        }
    }

    /// The key with these big-endian bytes.
    ///
    /// # Errors
    /// [`NotASecretKey`] for zero and for numbers not below the order of the curve.
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, NotASecretKey> {
        SigningKey::from_slice(&bytes)
            .map(Self)
            .map_err(|_| NotASecretKey)
    }

    /// The big-endian bytes, for storage.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes().into()
    }

    /// The public half.
    pub fn public_key(&self) -> PublicKey {
        let point = self.0.verifying_key().to_sec1_point(true);
        let bytes = point.as_bytes().try_into();
        PublicKey(bytes.expect("a compressed point has 33 bytes"))
    }

    /// Signs a 32-byte hash; the same hash always gives the same signature (RFC 6979).
    pub fn sign(&self, hash: &[u8; 32]) -> Signature {
        let signature: EcdsaSignature = self
            .0
            .sign_prehash(hash)
            .expect("a 32-byte hash can be signed");
        Signature(signature.normalize_s().to_bytes().into())
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public_key())
    }
}

impl PublicKey {
    /// All zeros, which is no key: what a coinbase carries.
    pub const NONE: Self = Self([0; 33]);

    /// Who owns the coins that this key can spend.
    pub fn hash(&self) -> KeyHash {
        KeyHash(hash160(&self.0))
    }

    /// Checks that `signature` was made over `hash` with the private half of this key.
    ///
    /// # Errors
    /// [`SignatureError`], the first thing that is wrong.
    pub fn verify(&self, hash: &[u8; 32], signature: &Signature) -> Result<(), SignatureError> {
        // SEC 1 has a second 33-byte form without the sign of y (tag 5): one key, one encoding.
        if !matches!(self.0[0], 2 | 3) {
            return Err(SignatureError::MalformedKey);
        }
        let key =
            VerifyingKey::from_sec1_bytes(&self.0).map_err(|_| SignatureError::MalformedKey)?;
        let parsed = EcdsaSignature::from_slice(&signature.0)
            .map_err(|_| SignatureError::MalformedSignature)?;
        if parsed.normalize_s() != parsed {
            return Err(SignatureError::HighS);
        }
        key.verify_prehash(hash, &parsed)
            .map_err(|_| SignatureError::Mismatch)
    }
}

impl Signature {
    /// All zeros, which no key makes: what an unsigned input carries.
    pub const NONE: Self = Self([0; 64]);
}

bytes_type!(PublicKey);
bytes_type!(Signature);
