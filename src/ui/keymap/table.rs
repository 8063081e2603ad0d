//! The rows of the table.

use super::Context::{Lab, Log, Zoom};
use super::{Action, Context, Entry, Group};

/// The table, in the order of the footer and the help.
#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    act(Action::NewWallet, "new-wallet", &["w"], "makes a wallet", "new wallet", &[(Lab, 2), (Zoom, 6)]),
    act(Action::Send, "send", &["s"], "sends coins", "send", &[(Lab, 1), (Zoom, 5)]),
    act(Action::Mine, "mine", &["m"], "starts or stops the miner", "mine", &[(Lab, 3), (Zoom, 7)]),
    act(Action::MineNow, "mine-now", &["b"], "mines one block now, whatever the hash rate", "block now", &[(Lab, 2), (Zoom, 7)]),
    act(Action::Faster, "faster", &["+", "="], "doubles the hash rate", "hash rate", &[(Lab, 7)]),
    act(Action::Slower, "slower", &["-", "_"], "halves the hash rate", "", &[]),
    act(Action::Kill, "kill", &["K"], "kills the node as a crash would; again: starts it", "kill", &[(Lab, 5)]),
    act(Action::AddNode, "add-node", &["a"], "adds a node", "add", &[(Lab, 9)]),
    look(Action::Zoom, "zoom", &["z"], "shows the focused node alone", "zoom", &[(Lab, 4)]),
    look(Action::Open, "open", &["Enter"], "opens what is chosen", "open", &[(Zoom, 2)]),
    look(Action::Back, "back", &["Esc"], "goes up one level", "back", &[(Zoom, 1), (Log, 1)]),
    look(Action::FocusNext, "focus-next", &["Tab"], "focuses the next node", "next node", &[(Lab, 6), (Zoom, 4)]),
    look(Action::FocusPrevious, "focus-previous", &["S-Tab"], "focuses the node before", "", &[]),
    look(Action::Pane(0), "pane", &["1-9"], "focuses that pane of the page", "", &[]),
    look(Action::Left, "left", &["h", "Left"], "moves left", "", &[]),
    look(Action::Down, "down", &["j", "Down"], "moves down", "", &[]),
    look(Action::Up, "up", &["k", "Up"], "moves up", "", &[]),
    look(Action::Right, "right", &["l", "Right"], "moves right", "", &[]),
    look(Action::TabLeft, "tab-left", &["["], "shows the tab before", "", &[]),
    look(Action::TabRight, "tab-right", &["]"], "shows the next tab", "tab", &[(Zoom, 3)]),
    look(Action::PageUp, "page-up", &["PgUp"], "goes a page back", "", &[]),
    look(Action::PageDown, "page-down", &["PgDn"], "goes a page on", "", &[]),
    look(Action::First, "first", &["g", "Home"], "goes to the first", "", &[]),
    look(Action::Last, "last", &["G", "End"], "goes to the last", "", &[]),
    look(Action::NextView, "next-view", &["v"], "shows the next view", "view", &[(Lab, 7), (Log, 3)]),
    look(Action::PreviousView, "previous-view", &["V"], "shows the view before", "", &[]),
    look(Action::Find, "find", &["/"], "filters a list or the log; among panes, goes to a node", "filter", &[(Log, 2), (Zoom, 8)]),
    look(Action::Level, "level", &["L"], "log: shows more or less", "level", &[(Log, 2)]),
    look(Action::Copy, "copy", &["y"], "copies the address or hash and shows it whole", "copy", &[(Zoom, 6)]),
    look(Action::Hold, "hold", &["Space"], "holds the screen still; again: goes on", "hold", &[(Lab, 8), (Log, 4)]),
    look(Action::Clock, "clock", &["T"], "shows wall time or lab time", "", &[]),
    program(Action::Palette, "palette", &[":"], "lists all actions; note TEXT shows a caption", "commands", &[(Lab, 10), (Log, 9)]),
    program(Action::Help, "help", &["?", "F1"], "shows all keys", "help", &[(Lab, 1), (Zoom, 1), (Log, 1)]),
    program(Action::Quit, "quit", &["q"], "quits", "quit", &[(Lab, 1), (Zoom, 1), (Log, 1)]),
    program(Action::Leave, "leave", &["C-c"], "leaves at once, and closes the databases", "", &[]),
    program(Action::Suspend, "suspend", &["C-z"], "suspends; the lab stands still", "", &[]),
    program(Action::Redraw, "redraw", &["C-l"], "draws everything anew", "", &[]),
];

type Footer = &'static [(Context, u8)];

const fn act(
    action: Action,
    id: &'static str,
    keys: &'static [&'static str],
    does: &'static str,
    short: &'static str,
    footer: Footer,
) -> Entry {
    entry(action, id, keys, does, short, footer, Group::Act)
}

const fn look(
    action: Action,
    id: &'static str,
    keys: &'static [&'static str],
    does: &'static str,
    short: &'static str,
    footer: Footer,
) -> Entry {
    entry(action, id, keys, does, short, footer, Group::Look)
}

const fn program(
    action: Action,
    id: &'static str,
    keys: &'static [&'static str],
    does: &'static str,
    short: &'static str,
    footer: Footer,
) -> Entry {
    entry(action, id, keys, does, short, footer, Group::Program)
}

const fn entry(
    action: Action,
    id: &'static str,
    keys: &'static [&'static str],
    does: &'static str,
    short: &'static str,
    footer: Footer,
    group: Group,
) -> Entry {
    Entry {
        action,
        id,
        keys,
        does,
        short,
        footer,
        changes: matches!(group, Group::Act),
        group,
    }
}
