//! The views: what they are called, what keys do in each, and which the footer names there.
//!
//! Keys that move or open do something else in each view: the help says what.

use super::actions::Action::{
    self, AddNode, Back, Copy, CutLink, Down, EditLink, Faster, Find, First, FocusNext,
    FocusPrevious, HealAll, Help, Hold, HoleLink, Kill, Last, Leave, Left, Level, Mine, MineNow,
    NewWallet, NextLink, NextMark, NextView, Open, PageDown, PageUp, Palette, Partition,
    PreviousLink, PreviousMark, PreviousView, Quit, Redraw, Right, Send, Slower, Suspend, TimeBack,
    TimeFaster, TimeSlower, TimeStep, Up, Zoom,
};
use crate::lab::spec::OpeningView;

/// What fills the screen between its first and its last lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViewId {
    /// Panes, or a table.
    #[default]
    Lab,
    /// One node alone, over any other view.
    Zoom,
    /// Nodes and links.
    Network,
    /// The blocks of all nodes.
    Blocks,
    /// What nodes say to each other.
    Messages,
    /// The log of the lab.
    Log,
}

/// What there is to say of a view.
struct ViewRow {
    /// What the header and the help call it.
    name: &'static str,
    /// The same where there is little room.
    short: &'static str,
    /// What layouts call it, which can open with it.
    opening: OpeningView,
    /// What keys do here that they do not do everywhere, the most important first.
    keys: &'static [ViewKey],
    /// Keys that the footer names here, and how soon each is left out when there is no room: the
    /// higher, the sooner.
    footer: &'static [(Action, u8)],
}

impl ViewId {
    /// All of them, in the order in which they are declared.
    pub const ALL: [Self; 6] = [
        Self::Lab,
        Self::Zoom,
        Self::Network,
        Self::Blocks,
        Self::Messages,
        Self::Log,
    ];

    /// Those that follow each other, in their order in the header.
    pub const TABS: [Self; 5] = [
        Self::Lab,
        Self::Network,
        Self::Blocks,
        Self::Messages,
        Self::Log,
    ];

    const fn row(self) -> &'static ViewRow {
        match self {
            Self::Lab => &LAB,
            Self::Zoom => &ZOOM,
            Self::Network => &NETWORK,
            Self::Blocks => &BLOCKS,
            Self::Messages => &MESSAGES,
            Self::Log => &LOG,
        }
    }

    /// The view that a layout opens with.
    pub fn opened_by(opening: OpeningView) -> Self {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|view| view.row().opening == opening);
        found.unwrap_or_default()
    }

    /// Its place in [`ALL`](Self::ALL).
    pub const fn place(self) -> usize {
        self as usize
    }

    /// What the header and the help call it.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The same where there is little room.
    pub const fn short(self) -> &'static str {
        self.row().short
    }

    /// What keys do here that they do not do everywhere, the most important first.
    pub const fn keys(self) -> &'static [ViewKey] {
        self.row().keys
    }

    /// Whether the footer names a key here, and how soon it is left out when there is no room: the
    /// higher, the sooner. In virtual time keys of time are named in all of them.
    pub fn footer(self, action: Action, is_virtual: bool) -> Option<u8> {
        let of_time = if is_virtual { TIME } else { &[] };
        let mut named = of_time.iter().chain(self.row().footer);
        named.find(|(of, _)| *of == action).map(|(_, rank)| *rank)
    }

    /// The view that is so many tabs further on, round and round.
    pub fn step(self, by: usize) -> Self {
        let at = Self::TABS.iter().position(|view| *view == self);
        Self::TABS[(at.unwrap_or_default() + by) % Self::TABS.len()]
    }
}

/// A line of the help.
pub struct ViewKey {
    /// What its keys are for, one after the other.
    pub actions: &'static [Action],
    /// What they do, in words that complete "these keys …".
    pub does: &'static str,
    /// The same in a word or two, where the whole view has one line.
    pub short: &'static str,
}

const fn key(actions: &'static [Action], does: &'static str, short: &'static str) -> ViewKey {
    ViewKey {
        actions,
        does,
        short,
    }
}

const SIDES: &[Action] = &[Left, Right];
const ENDS: &[Action] = &[First, Last];
const UP_DOWN: &[Action] = &[Up, Down];
const PAGES: &[Action] = &[PageUp, PageDown];
const LINKS: &[Action] = &[NextLink, PreviousLink];

/// Keys that the footer names in virtual time, whatever view is in front.
const TIME: &[(Action, u8)] = &[(Hold, 1), (TimeStep, 2), (NextMark, 3)];

const LAB: ViewRow = ViewRow {
    name: "Lab",
    short: "Lab",
    opening: OpeningView::Lab,
    keys: &[
        key(SIDES, "focus the node to the left, to the right", ""),
        key(UP_DOWN, "focus the node above, below", ""),
        key(&[Open], "shows the focused node alone", ""),
        key(&[Find], "goes to a node by its name", "node"),
        key(&[Copy], "copies an address of the focused node", "copy"),
        key(PAGES, "the page before, the next page", "page"),
        key(ENDS, "the first node, the last node", "ends"),
    ],
    footer: &[
        (NewWallet, 3),
        (Send, 1),
        (Mine, 2),
        (MineNow, 3),
        (Faster, 7),
        (Kill, 4),
        (AddNode, 6),
        (Partition, 0),
        (Zoom, 4),
        (FocusNext, 8),
        (NextView, 0),
        (Hold, 5),
        (Palette, 5),
        (Help, 0),
        (Quit, 1),
    ],
};

const ZOOM: ViewRow = ViewRow {
    name: "one node",
    short: "Zoom",
    opening: OpeningView::Zoom,
    keys: &[
        key(SIDES, "change the tab", "tab"),
        key(UP_DOWN, "move in the list", ""),
        key(&[Open], "opens a block or a payment", "open"),
        key(&[Back], "goes up one level", "up"),
        key(&[Find], "filters the list", "filter"),
        key(&[Copy], "copies the address or hash", "copy"),
        key(PAGES, "a page back, a page on", ""),
        key(ENDS, "the first line, the last line", ""),
    ],
    footer: &[
        (NewWallet, 6),
        (Send, 5),
        (Mine, 7),
        (MineNow, 7),
        (Partition, 0),
        (Open, 2),
        (Back, 1),
        (FocusNext, 4),
        (Right, 3),
        (NextView, 0),
        (Find, 8),
        (Copy, 6),
        (Help, 0),
        (Quit, 1),
    ],
};

const NETWORK: ViewRow = ViewRow {
    name: "Network",
    short: "Net",
    opening: OpeningView::Network,
    keys: &[
        key(LINKS, "choose a link of the node", "link"),
        key(&[EditLink], "changes what the link is like", "edit"),
        key(&[CutLink], "cuts the link; again: opens it", "cut"),
        key(
            &[HoleLink],
            "makes it a black hole; again: opens it",
            "black hole",
        ),
        key(&[HealAll], "opens every link that is shut", ""),
        key(SIDES, "focus the node to the left, to the right", ""),
        key(UP_DOWN, "focus the node above, below", ""),
        key(&[Open], "shows the focused node alone", ""),
        key(&[Find], "goes to a node by its name", "node"),
        key(&[Back], "leaves the link, then the view", ""),
        key(PAGES, "in a table: a page back, a page on", ""),
        key(ENDS, "the first node, the last node", ""),
    ],
    footer: &[
        (NextLink, 2),
        (EditLink, 3),
        (CutLink, 3),
        (HoleLink, 5),
        (Partition, 0),
        (Back, 1),
        (NextView, 0),
        (Hold, 6),
        (Palette, 9),
        (Help, 0),
        (Quit, 1),
    ],
};

const BLOCKS: ViewRow = ViewRow {
    name: "Blocks",
    short: "Blk",
    opening: OpeningView::Blocks,
    keys: &[
        key(SIDES, "change the tab", "tab"),
        key(UP_DOWN, "move in the list", ""),
        key(&[Open], "opens the chosen block or payment", "open"),
        key(&[Back], "goes up one level", ""),
        key(&[Find], "goes to a block; in the lists: filters", "find"),
        key(&[Copy], "copies the hash", "copy"),
        key(PAGES, "a page back, a page on", ""),
        key(ENDS, "the first line, the last line", ""),
    ],
    footer: &[
        (Partition, 0),
        (Open, 2),
        (Back, 1),
        (Right, 3),
        (NextView, 0),
        (Find, 4),
        (Hold, 6),
        (Palette, 9),
        (Help, 0),
        (Quit, 1),
    ],
};

const MESSAGES: ViewRow = ViewRow {
    name: "Messages",
    short: "Msg",
    opening: OpeningView::Messages,
    keys: &[
        key(SIDES, "change the tab", "tab"),
        key(UP_DOWN, "move in the list", ""),
        key(&[Open], "opens the chosen message", "open"),
        key(&[Back], "goes up one level", ""),
        key(&[Find], "filters: wallet>miner, inv, #12, -ping", "filter"),
        key(&[Copy], "copies the hash it is about", "copy"),
        key(PAGES, "a page back, a page on", ""),
        key(ENDS, "the oldest; the newest, which it follows", "newest"),
    ],
    footer: &[
        (Partition, 0),
        (Open, 2),
        (Back, 1),
        (Right, 3),
        (NextView, 0),
        (Find, 4),
        (Hold, 5),
        (Palette, 9),
        (Help, 0),
        (Quit, 1),
    ],
};

const LOG: ViewRow = ViewRow {
    name: "Log",
    short: "Log",
    opening: OpeningView::Log,
    keys: &[
        key(&[Level], "shows more or less", "level"),
        key(UP_DOWN, "scroll", ""),
        key(PAGES, "scroll", "scroll"),
        key(&[Last], "follows the newest line again", "newest"),
        key(&[Find], "shows lines of nodes with this name", "filter"),
        key(&[Back], "to the newest, then to the panes", ""),
    ],
    footer: &[
        (Partition, 0),
        (Back, 1),
        (NextView, 0),
        (Find, 2),
        (Level, 3),
        (Hold, 4),
        (Palette, 9),
        (Help, 0),
        (Quit, 1),
    ],
};

/// Actions that share a line of the help.
pub const PAIRS: &[ViewKey] = &[
    key(
        &[FocusNext, FocusPrevious],
        "focus the next node, the one before",
        "",
    ),
    key(
        &[NextView, PreviousView],
        "show the next view, the one before",
        "",
    ),
    key(&[Faster, Slower], "double, halve the hash rate", ""),
    key(
        &[TimeStep, TimeBack],
        "on to the next thing told, back to the last",
        "",
    ),
    key(
        &[NextMark, PreviousMark],
        "on to the next mark, back to the one before",
        "",
    ),
    key(&[TimeFaster, TimeSlower], "go faster, slower", ""),
    key(
        &[Leave, Suspend, Redraw],
        "leave at once; suspend; draw all anew",
        "",
    ),
];

/// Whether the help has it among the keys of views, and not among those that do the same everywhere.
pub fn is_of_views(action: Action) -> bool {
    let mut all = ViewId::ALL.iter().flat_map(|view| view.keys());
    all.any(|key| key.actions.contains(&action))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_view_has_its_place_and_is_what_one_word_of_layouts_opens() {
        for (place, view) in ViewId::ALL.into_iter().enumerate() {
            assert_eq!(view.place(), place, "{view:?}");
            assert_eq!(ViewId::opened_by(view.row().opening), view);
        }
        assert_eq!(ViewId::ALL.len(), OpeningView::ALL.len());
        let tabs = ViewId::ALL.iter().filter(|view| **view != ViewId::Zoom);
        assert!(tabs.eq(&ViewId::TABS));
    }
}
