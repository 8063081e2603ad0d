//! What the stores of a process keep in memory: bounded for all of them together, so that a lab of
//! many nodes takes no more than one of a few.
//!
//! - Blocks of tables that were read are in one cache.
//! - Rows that are not in tables yet are bounded by when they are written to tables: the more stores
//!   are open, the sooner each does. All nodes of a lab get the same blocks, so all are full at once.

use fjall::{Config, Database};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Bytes of tables that are cached, for all stores.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of rows that are not in tables yet, of all stores. In memory it is up to twice as much, while
/// tables are written.
const UNWRITTEN_BYTES: u64 = 24 * 1024 * 1024;

/// Of one store, at least: smaller tables would be written for every few blocks.
const UNWRITTEN_BYTES_MIN: u64 = 512 * 1024;

/// Of one store, at most: bounds what reopening has to replay.
pub(super) const UNWRITTEN_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What a row that is not in a table yet takes in memory beyond its key and value: a node of the
/// library's skip list, and two allocations.
pub(super) const ROW_BYTES: usize = 144;

/// Table files that a store keeps open for reading.
const TABLES_OPEN_MAX: usize = 64;

/// Stores that are open.
static STORES: AtomicU64 = AtomicU64::new(0);

/// Has the cache that all share.
static SHARED: OnceLock<Config> = OnceLock::new();

/// Counts as an open store.
pub(super) struct Share(());

impl Share {
    pub(super) fn take() -> Self {
        STORES.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// Bytes of rows after which this store writes tables.
    pub(super) fn unwritten_bytes(&self) -> u64 {
        unwritten_bytes(STORES.load(Ordering::Relaxed))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        STORES.fetch_sub(1, Ordering::Relaxed);
    }
}

fn unwritten_bytes(stores: u64) -> u64 {
    (UNWRITTEN_BYTES / stores.max(1)).clamp(UNWRITTEN_BYTES_MIN, UNWRITTEN_BYTES_MAX)
}

/// What a database is opened with.
pub(super) fn config(chain: &Path) -> Config {
    let shared = SHARED.get_or_init(|| {
        let any = Database::builder(chain).cache_size(CACHE_BYTES);
        any.into_config()
    });
    let mut config = Database::builder(chain)
        .worker_threads(1)
        .max_cached_files(Some(TABLES_OPEN_MAX))
        .into_config();
    config.cache = Arc::clone(&shared.cache);
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_share_what_there_is_and_none_gets_too_little_or_too_much() {
        assert_eq!(unwritten_bytes(1), UNWRITTEN_BYTES_MAX);
        assert_eq!(unwritten_bytes(24), 1024 * 1024);
        assert_eq!(unwritten_bytes(1_000), UNWRITTEN_BYTES_MIN);
    }

    #[test]
    fn databases_of_a_process_have_one_cache() {
        let [one, other] = ["/tmp/one", "/tmp/other"].map(|dir| config(Path::new(dir)));
        assert!(Arc::ptr_eq(&one.cache, &other.cache));
        assert_eq!(one.cache.capacity(), CACHE_BYTES);
    }
}
