//! Signatures that were checked before, and held.
//!
//! Only successes are kept, under the whole of (sighash, key, signature), compared byte by byte:
//! a hit cannot be forged. That a key owns a coin is never cached. A table of fixed size, in
//! sets of eight; a full set forgets its oldest entry, so hostile entries can cost time, nothing
//! else. Shared by the nodes of a process: what one has verified, the others need not.

use super::key::{PublicKey, Signature};
use super::tx::SigHash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries of a set.
const WAYS: usize = 8;

/// Sets behind one lock.
const SETS_PER_SHARD: usize = 128;

/// 65 536 entries, 8 MiB: what 30 full blocks and their mempool hold.
const DEFAULT_SHARDS: usize = 64;

const ENTRY_LEN: usize = 32 + 33 + 64;
type Digest = [u8; ENTRY_LEN];

/// A bounded set of valid (sighash, key, signature).
pub struct SigCache {
    shards: Vec<Mutex<Vec<Set>>>,
    /// Entries of a set.
    ways: usize,
}

struct Set {
    entries: Vec<Digest>,
    oldest: usize,
}

impl Default for SigCache {
    fn default() -> Self {
        Self::with_shards(DEFAULT_SHARDS)
    }
}

impl SigCache {
    /// A cache of `shards` × 1024 entries of 129 bytes, allocated as they come.
    pub fn with_shards(shards: usize) -> Self {
        Self::new(shards.max(1), SETS_PER_SHARD, WAYS)
    }

    /// A cache of a single entry: what a test can forget by.
    pub fn of_one() -> Self {
        Self::new(1, 1, 1)
    }

    fn new(shards: usize, sets: usize, ways: usize) -> Self {
        let empty_set = || Set {
            entries: Vec::new(),
            oldest: 0,
        };
        let shard = |_| Mutex::new((0..sets).map(|_| empty_set()).collect());
        Self {
            shards: (0..shards).map(shard).collect(),
            ways,
        }
    }

    /// Whether this very signature was inserted, and not forgotten since.
    pub fn contains(&self, hash: &SigHash, key: &PublicKey, signature: &Signature) -> bool {
        let entry = entry(hash, key, signature);
        let (sets, set) = self.locate(&entry);
        sets[set].entries.contains(&entry)
    }

    /// Remembers a signature. Call it only after the signature was verified.
    pub fn insert(&self, hash: &SigHash, key: &PublicKey, signature: &Signature) {
        let entry = entry(hash, key, signature);
        let (mut sets, set) = self.locate(&entry);
        let set = &mut sets[set];
        if set.entries.contains(&entry) {
            return;
        }
        if set.entries.len() < self.ways {
            set.entries.push(entry);
        } else {
            set.entries[set.oldest] = entry;
            set.oldest = (set.oldest + 1) % self.ways;
        }
    }

    /// The locked shard of an entry, and the index of its set in it.
    fn locate(&self, entry: &Digest) -> (MutexGuard<'_, Vec<Set>>, usize) {
        // r of a signature is the x of a random point: as good as a hash for choosing a place.
        let place: [u8; 8] = entry[65 + 24..65 + 32].try_into().expect("eight bytes");
        let place = usize::try_from(u64::from_le_bytes(place) >> 16).expect("48 bits fit");
        let shard = &self.shards[place / SETS_PER_SHARD % self.shards.len()];
        // Nothing that panics runs under the lock, and a half-made entry could not match anyway.
        let sets = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let set = place % SETS_PER_SHARD % sets.len();
        (sets, set)
    }
}

fn entry(hash: &SigHash, key: &PublicKey, signature: &Signature) -> Digest {
    let mut entry = [0; ENTRY_LEN];
    entry[..32].copy_from_slice(&hash.0);
    entry[32..65].copy_from_slice(&key.0);
    entry[65..].copy_from_slice(&signature.0);
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(last_of_r: u8, s: u8) -> Signature {
        let mut bytes = [s; 64];
        bytes[31] = last_of_r;
        Signature(bytes)
    }

    #[test]
    fn only_the_very_signature_is_a_hit() {
        let cache = SigCache::with_shards(1);
        let (hash, key, sig) = (SigHash([1; 32]), PublicKey([2; 33]), signature(3, 3));
        cache.insert(&hash, &key, &sig);
        assert!(cache.contains(&hash, &key, &sig));
        assert!(!cache.contains(&SigHash([9; 32]), &key, &sig));
        assert!(!cache.contains(&hash, &PublicKey([9; 33]), &sig));
        assert!(!cache.contains(&hash, &key, &signature(3, 4)));
    }

    #[test]
    fn a_full_set_forgets_its_oldest_entry_and_no_other() {
        let cache = SigCache::with_shards(1);
        let (hash, sig) = (SigHash([0; 32]), signature(7, 7));
        let key = |n: usize| PublicKey([u8::try_from(n).expect("few"); 33]);
        for n in 0..WAYS + 3 {
            cache.insert(&hash, &key(n), &sig);
        }
        for n in 0..WAYS + 3 {
            assert_eq!(cache.contains(&hash, &key(n), &sig), n >= 3, "entry {n}");
        }
    }
}
