//! How many wallets there may be, and how long what is said of them.

/// Wallets of one node: all of them are in every snapshot, thirty times a second.
pub const WALLETS_MAX: usize = 1_000;

/// Entries that a node keeps in memory: what reorganisations undo and people look at, 1 MB at most.
pub const RECENT_MAX: usize = 1_000;

/// The longest name of a wallet, in characters: one fits a pane.
pub const NAME_LEN_MAX: usize = 32;

/// What an error repeats of a text that was given.
pub(super) fn shown(text: &str) -> String {
    const SHOWN: usize = 40;
    text.chars().take(SHOWN).collect()
}
