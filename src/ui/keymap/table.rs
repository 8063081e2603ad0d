//! The rows of the table.

use crate::ui::keymap::Group::{Act, Look, Program};
use crate::ui::keymap::{Action, Entry, Group};

/// The table, in the order of the footer and the help.
#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    entry(Act, Action::NewWallet, "new-wallet", &["w"], "makes a wallet", "wallet"),
    entry(Act, Action::Send, "send", &["s"], "sends coins", "send"),
    entry(Act, Action::Mine, "mine", &["m"], "starts or stops the miner", "mine"),
    entry(Act, Action::MineNow, "mine-now", &["b"], "mines one block now, whatever the hash rate", "block now"),
    entry(Act, Action::Faster, "faster", &["+", "="], "doubles the hash rate", "hash rate"),
    entry(Act, Action::Slower, "slower", &["-", "_"], "halves the hash rate", ""),
    entry(Act, Action::Kill, "kill", &["K"], "kills the node, as a crash; again: starts it", "kill"),
    entry(Act, Action::AddNode, "add-node", &["a"], "adds a node", "add"),
    entry(Act, Action::ToggleTraffic, "traffic", &["t"], "starts or stops the traffic of payments", "traffic"),
    entry(Act, Action::Release, "release", &["R"], "releases what a withholding miner keeps", ""),
    entry(Act, Action::ScriptNext, "script-next", &["n"], "story: on to the next caption, and each waits for this key", "next"),
    entry(Act, Action::ScriptAuto, "script-auto", &["N"], "story: goes on by itself again", "by itself"),
    entry(Act, Action::ScriptRestart, "script-restart", &["r"], "story: plays it again from its beginning", "again"),
    entry(Look, Action::Script, "script", &[], "lists the steps of the story, and what it waits for", "steps"),
    entry(Look, Action::NextLink, "next-link", &["x"], "network: chooses the next link of the node", "link"),
    entry(Act, Action::EditLink, "edit-link", &["e"], "network: changes what the chosen link is like", "edit"),
    entry(Act, Action::CutLink, "cut-link", &["c"], "network: cuts the chosen link; again: opens it", "cut"),
    entry(Act, Action::HoleLink, "black-hole", &["B"], "network: has the chosen link swallow all; again: opens it", "black hole"),
    entry(Act, Action::Partition, "partition", &["p"], "partitions the network; again: heals it", "partition"),
    entry(Look, Action::PreviousLink, "previous-link", &["X"], "network: chooses the link before", ""),
    entry(Look, Action::Zoom, "zoom", &["z"], "shows the focused node alone", "zoom"),
    entry(Look, Action::Open, "open", &["Enter"], "opens what is chosen", "open"),
    entry(Look, Action::Back, "back", &["Esc"], "goes up one level", "back"),
    entry(Look, Action::FocusNext, "focus-next", &["Tab"], "focuses the next node", "next node"),
    entry(Look, Action::FocusPrevious, "focus-previous", &["S-Tab"], "focuses the node before", ""),
    entry(Look, Action::Pane(0), "pane", &["1-9"], "focuses the node of that number", ""),
    entry(Look, Action::Left, "left", &["Left", "h"], "moves left; among tabs: the tab before", ""),
    entry(Look, Action::Down, "down", &["Down", "j"], "moves down", ""),
    entry(Look, Action::Up, "up", &["Up", "k"], "moves up", ""),
    entry(Look, Action::Right, "right", &["Right", "l"], "moves right; among tabs: the next tab", "tab"),
    entry(Look, Action::TabLeft, "tab-left", &["C-Left", "["], "shows the tab before", ""),
    entry(Look, Action::TabRight, "tab-right", &["C-Right", "]"], "shows the next tab", ""),
    entry(Look, Action::PageUp, "page-up", &["PgUp"], "goes a page back", ""),
    entry(Look, Action::PageDown, "page-down", &["PgDn"], "goes a page on", ""),
    entry(Look, Action::First, "first", &["g", "Home"], "goes to the first", ""),
    entry(Look, Action::Last, "last", &["G", "End"], "goes to the last", ""),
    entry(Look, Action::NextView, "next-view", &["v"], "shows the next view", "view"),
    entry(Look, Action::PreviousView, "previous-view", &["V"], "shows the view before", ""),
    entry(Look, Action::Find, "find", &["/"], "filters a list or the log; among panes, goes to a node", "filter"),
    entry(Look, Action::Level, "level", &["L"], "log: shows more or less", "level"),
    entry(Look, Action::Copy, "copy", &["y"], "copies the address or hash and shows it whole", "copy"),
    entry(Look, Action::Hold, "hold", &["Space"], "holds the screen still; again: goes on", "hold"),
    entry(Look, Action::Clock, "clock", &["T"], "shows wall time or lab time", ""),
    entry(Program, Action::Palette, "palette", &[":"], "lists all actions; note TEXT shows a caption", "all"),
    entry(Program, Action::Help, "help", &["?", "F1"], "shows all keys", "help"),
    entry(Program, Action::Quit, "quit", &["q"], "quits", "quit"),
    entry(Program, Action::Leave, "leave", &["C-c"], "leaves at once, and closes the databases", ""),
    entry(Program, Action::Suspend, "suspend", &["C-z"], "suspends; the lab stands still", ""),
    entry(Program, Action::Redraw, "redraw", &["C-l"], "draws everything anew", ""),
];

const fn entry(
    group: Group,
    action: Action,
    id: &'static str,
    keys: &'static [&'static str],
    does: &'static str,
    short: &'static str,
) -> Entry {
    Entry {
        action,
        id,
        keys,
        does,
        short,
        changes: matches!(group, Act),
        group,
    }
}
