//! How far ahead blocks are asked for.

/// Blocks above the highest linked one that are asked for.
const WINDOW_MAX: u32 = 1_024;

/// The least window: with it the next block can always come.
const WINDOW_MIN: u32 = 16;

/// Bytes of bodies that may wait for one that is missing, as far as sizes can be foreseen.
const WINDOW_BYTES: usize = 64_000_000;

/// How far ahead blocks are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// Mean size of the last bodies, in bytes.
    pub(super) body_len: usize,
    /// There was no room for a body: only the next ones are asked for until the tip moves.
    pub(super) is_crowded: bool,
}

impl Window {
    pub(super) fn heights(&self) -> u32 {
        if self.is_crowded {
            return WINDOW_MIN;
        }
        let blocks = WINDOW_BYTES / self.body_len.max(1);
        u32::try_from(blocks).map_or(WINDOW_MAX, |blocks| blocks.clamp(WINDOW_MIN, WINDOW_MAX))
    }
}
