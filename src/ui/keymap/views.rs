//! What keys do in one view, for the help: keys that move or open do something else in each.

use super::Action::{
    self, Back, Copy, CutLink, Down, EditLink, Faster, Find, First, FocusNext, FocusPrevious,
    HoleLink, Last, Leave, Left, Level, NextLink, NextView, Open, PageDown, PageUp, PreviousLink,
    PreviousView, Redraw, Right, Slower, Suspend, Up,
};
use super::Context;

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

/// What keys do in a view that they do not do everywhere, the most important first.
pub const fn keys_in(view: Context) -> &'static [ViewKey] {
    match view {
        Context::Lab => LAB,
        Context::Zoom => ZOOM,
        Context::Network => NETWORK,
        Context::Blocks => BLOCKS,
        Context::Messages => MESSAGES,
        Context::Log => LOG,
    }
}

const LAB: &[ViewKey] = &[
    key(SIDES, "focus the node to the left, to the right", ""),
    key(UP_DOWN, "focus the node above, below", ""),
    key(&[Open], "shows the focused node alone", ""),
    key(&[Find], "goes to a node by its name", "node"),
    key(&[Copy], "copies an address of the focused node", "copy"),
    key(PAGES, "the page before, the next page", "page"),
    key(ENDS, "the first node, the last node", "ends"),
];

const ZOOM: &[ViewKey] = &[
    key(SIDES, "change the tab", "tab"),
    key(UP_DOWN, "move in the list", ""),
    key(&[Open], "opens a block or a payment", "open"),
    key(&[Back], "goes up one level", "up"),
    key(&[Find], "filters the list", "filter"),
    key(&[Copy], "copies the address or hash", "copy"),
    key(PAGES, "a page back, a page on", ""),
    key(ENDS, "the first line, the last line", ""),
];

const NETWORK: &[ViewKey] = &[
    key(LINKS, "choose a link of the node", "link"),
    key(&[EditLink], "changes what the link is like", "edit"),
    key(&[CutLink], "cuts the link; again: opens it", "cut"),
    key(
        &[HoleLink],
        "makes it a black hole; again: opens it",
        "black hole",
    ),
    key(SIDES, "focus the node to the left, to the right", ""),
    key(UP_DOWN, "focus the node above, below", ""),
    key(&[Open], "shows the focused node alone", ""),
    key(&[Find], "goes to a node by its name", "node"),
    key(&[Back], "leaves the link, then the view", ""),
    key(PAGES, "in a table: a page back, a page on", ""),
    key(ENDS, "the first node, the last node", ""),
];

const BLOCKS: &[ViewKey] = &[
    key(SIDES, "change the tab", "tab"),
    key(UP_DOWN, "move in the list", ""),
    key(&[Open], "opens the chosen block or payment", "open"),
    key(&[Back], "goes up one level", ""),
    key(&[Find], "goes to a block; in the lists: filters", "find"),
    key(&[Copy], "copies the hash", "copy"),
    key(PAGES, "a page back, a page on", ""),
    key(ENDS, "the first line, the last line", ""),
];

const MESSAGES: &[ViewKey] = &[
    key(SIDES, "change the tab", "tab"),
    key(UP_DOWN, "move in the list", ""),
    key(&[Open], "opens the chosen message", "open"),
    key(&[Back], "goes up one level", ""),
    key(&[Find], "filters: wallet>miner, inv, #12, -ping", "filter"),
    key(&[Copy], "copies the hash it is about", "copy"),
    key(PAGES, "a page back, a page on", ""),
    key(ENDS, "the oldest; the newest, which it follows", "newest"),
];

const LOG: &[ViewKey] = &[
    key(&[Level], "shows more or less", "level"),
    key(UP_DOWN, "scroll", ""),
    key(PAGES, "scroll", "scroll"),
    key(&[Last], "follows the newest line again", "newest"),
    key(&[Find], "shows lines of nodes with this name", "filter"),
    key(&[Back], "to the newest, then to the panes", ""),
];

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
        &[Leave, Suspend, Redraw],
        "leave at once; suspend; draw all anew",
        "",
    ),
];

/// Whether the help has it among the keys of views, and not among those that do the same everywhere.
pub fn is_of_views(action: Action) -> bool {
    let mut all = Context::ALL.iter().flat_map(|view| keys_in(*view));
    all.any(|key| key.actions.contains(&action))
}
