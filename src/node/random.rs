//! Randomness by name: one seed, and a stream of its own for each use, so that a new use does not
//! change what the others draw.

use crate::chain::key::SecretKey;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// The stream of this name.
pub fn stream(seed: &[u8; 32], name: &str) -> ChaCha12Rng {
    let digest = Sha256::new().chain_update(seed).chain_update(name);
    ChaCha12Rng::from_seed(digest.finalize().into())
}

/// The randomness of one run of a node.
#[derive(Clone)]
pub struct Random {
    nonces: ChaCha12Rng,
    behaviour: ChaCha12Rng,
}

impl Random {
    /// From the seed of the run.
    pub fn new(seed: &[u8; 32]) -> Self {
        Self {
            nonces: stream(seed, "nonces"),
            behaviour: stream(seed, "behaviour"),
        }
    }

    /// The key that names the run.
    pub fn identity(seed: &[u8; 32]) -> SecretKey {
        SecretKey::generate(&mut stream(seed, "identity"))
    }

    /// The number that decides which groups of addresses are lucky in this run.
    pub fn group_secret(seed: &[u8; 32]) -> u64 {
        stream(seed, "groups").next_u64()
    }

    /// A number that was never drawn before.
    pub fn nonce(&mut self) -> u64 {
        self.nonces.next_u64()
    }

    /// A number below `end`, all about equally likely; 0 if `end` is.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
        let drawn = u128::from(self.behaviour.next_u64()) * u128::from(end);
        usize::try_from(drawn >> 64).expect("below `end`")
    }

    /// Moves `count` of the items, drawn at random, to the front, and drops the rest.
    pub fn draw<T>(&mut self, items: &mut Vec<T>, count: usize) {
        let count = count.min(items.len());
        for at in 0..count {
            let other = at + self.below(items.len() - at);
            items.swap(at, other);
        }
        items.truncate(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_the_same_numbers_and_each_name_its_own() {
        let draw = |name| stream(&[1; 32], name).next_u64();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
        assert_ne!(draw("a"), stream(&[2; 32], "a").next_u64());
    }

    #[test]
    fn draws_are_below_the_end_and_reach_every_place() {
        let mut random = Random::new(&[3; 32]);
        let mut seen = [false; 5];
        (0..200).for_each(|_| seen[random.below(5)] = true);
        assert_eq!(seen, [true; 5]);
        assert_eq!(random.below(0), 0);
        let mut items: Vec<u32> = (0..10).collect();
        random.draw(&mut items, 4);
        items.sort_unstable();
        items.dedup();
        assert_eq!(items.len(), 4);
    }
}
