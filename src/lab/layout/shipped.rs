//! Layouts that are built in.

use super::{Layout, read};

/// The layout that a lab has if none is chosen.
pub const DEFAULT: &str = "scenario";

/// Names and texts, in the order in which they are best tried.
pub const SHIPPED: [(&str, &str); 14] = [
    ("scenario", include_str!("../../../layouts/scenario.toml")),
    ("tutorial", include_str!("../../../layouts/tutorial.toml")),
    ("mesh", include_str!("../../../layouts/mesh.toml")),
    ("partition", include_str!("../../../layouts/partition.toml")),
    (
        "double-spend",
        include_str!("../../../layouts/double-spend.toml"),
    ),
    ("majority", include_str!("../../../layouts/majority.toml")),
    ("light", include_str!("../../../layouts/light.toml")),
    (
        "light-fooled",
        include_str!("../../../layouts/light-fooled.toml"),
    ),
    ("world", include_str!("../../../layouts/world.toml")),
    ("slow", include_str!("../../../layouts/slow.toml")),
    ("swarm", include_str!("../../../layouts/swarm.toml")),
    ("bitcoin", include_str!("../../../layouts/bitcoin.toml")),
    ("regtest", include_str!("../../../layouts/regtest.toml")),
    (
        "regtest-partition",
        include_str!("../../../layouts/regtest-partition.toml"),
    ),
];

/// The names, in that order.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// The layouts without real nodes, which can be played in virtual time.
pub fn playable() -> impl Iterator<Item = Layout> + Clone {
    let layouts = names().filter_map(shipped);
    layouts.filter(|layout| layout.check_virtual().is_ok())
}

/// The file of this name, as it can be written out and changed.
pub fn text(name: &str) -> Option<&'static str> {
    let found = SHIPPED.iter().find(|(shipped, _)| *shipped == name);
    found.map(|(_, text)| *text)
}

/// The layout of this name.
pub fn shipped(name: &str) -> Option<Layout> {
    let text = text(name)?;
    let layout = read(&format!("{name}.toml"), text);
    Some(layout.expect("a test reads every one of them"))
}
