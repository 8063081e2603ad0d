//! The floors, the rooms of four of them, and the circles that may be.

/// From the bottom up. What stands side by side must not know each other.
pub const FLOORS: [&[&str]; 7] = [
    &["chain"],
    &["node"],
    &["link"],
    &["live", "sim"],
    &["lab"],
    &["ui"],
    &["cli"],
];

/// The rooms of a floor, from the bottom up, as the floors above. `mod` is what the floor's own
/// `mod.rs` defines.
pub const ROOMS: [(&str, &[&[&str]]); 4] =
    [("node", &[]), ("live", &[]), ("lab", &[]), ("ui", &[])];

/// Rooms that still use one that stands above or beside them. An entry that is true no more fails.
pub const STILL_UP: &[(&str, &str)] = &[];

/// Circles of more than two files, each with its reason. One that is there no more, or has other
/// files, fails as well, so that this list can only shrink.
pub const CIRCLES: &[(&[&str], &str)] = &[];
