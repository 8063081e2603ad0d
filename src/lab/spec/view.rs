//! What the screen shows first.

use serde::{Deserialize, Serialize};

/// What the screen shows first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewSpec {
    /// Panes beside each other; `None`: as many as look well.
    pub columns: Option<u16>,
    /// A table, a line for each node: always, never, or when panes get too small.
    pub table: Option<bool>,
    /// The node that is focused; `None`: the first.
    pub focus: Option<String>,
    /// What opens.
    pub open: OpeningView,
    /// What to try, on the message line while nothing else is there.
    pub hint: Option<String>,
    /// What the lines of the network are made of.
    #[serde(default)]
    pub lines: Lines,
}

/// What the lines of the network are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lines {
    /// Box drawing characters, which every font has that has borders.
    #[default]
    Boxes,
    /// Dots of braille: finer, where the font has them.
    Braille,
}

/// A view that a layout can open with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpeningView {
    /// The panes.
    #[default]
    Lab,
    /// Nodes and links.
    Network,
    /// The blocks of all nodes.
    Blocks,
    /// What nodes say to each other.
    Messages,
    /// The log of all nodes.
    Log,
    /// The focused node alone.
    Zoom,
}

impl OpeningView {
    /// All of them, by the names that layouts have for them.
    pub const ALL: [(&'static str, Self); 6] = [
        ("lab", Self::Lab),
        ("network", Self::Network),
        ("blocks", Self::Blocks),
        ("messages", Self::Messages),
        ("log", Self::Log),
        ("zoom", Self::Zoom),
    ];
}
