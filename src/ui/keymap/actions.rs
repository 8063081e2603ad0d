//! What keys can do, and the table of it: a new action is a name and a row here.

use self::Group::{Act, Look, Program, Time};
use crate::lab::ask::TimeChange;
use crate::lab::spec::Speed;
use crate::lab::{LabView, Request};
use crate::node::NodeIx;
use crate::node::io::Command;

/// What a key can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Focus the next node.
    FocusNext,
    /// Focus the one before.
    FocusPrevious,
    /// Focus or move to the left; in zoom the tab before.
    Left,
    /// To the right; in zoom the next tab.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Focus the node of this number, from 1 on.
    Pane(u8),
    /// A page back.
    PageUp,
    /// A page on.
    PageDown,
    /// The first.
    First,
    /// The last.
    Last,
    /// The focused node alone; in a list, what is chosen, opened.
    Open,
    /// The focused node alone.
    Zoom,
    /// A level up.
    Back,
    /// The tab before.
    TabLeft,
    /// The next tab.
    TabRight,
    /// The next view.
    NextView,
    /// The view before.
    PreviousView,
    /// Make a wallet.
    NewWallet,
    /// Send coins.
    Send,
    /// Start or stop the miner.
    Mine,
    /// Mine a block now.
    MineNow,
    /// Double the hash rate.
    Faster,
    /// Halve it.
    Slower,
    /// Kill the node, or start it again.
    Kill,
    /// Add a node.
    AddNode,
    /// Start or stop the payments that the lab makes by itself.
    ToggleTraffic,
    /// Release what a withholding miner keeps.
    Release,
    /// Partition the network, or heal it again.
    Partition,
    /// Choose the next link of the node.
    NextLink,
    /// Choose the one before.
    PreviousLink,
    /// Change what the chosen link is like.
    EditLink,
    /// Cut the chosen link, or open it again.
    CutLink,
    /// Make the chosen link a black hole, or open it again.
    HoleLink,
    /// Open every link that is cut or a black hole.
    HealAll,
    /// Hold the screen; in virtual time: stop time, or let it go on.
    Hold,
    /// Virtual time: on to the next thing that is told.
    TimeStep,
    /// Virtual time: back to the one before.
    TimeBack,
    /// Virtual time: to the next mark.
    NextMark,
    /// Virtual time: to the mark before.
    PreviousMark,
    /// Virtual time: faster.
    TimeFaster,
    /// Virtual time: slower.
    TimeSlower,
    /// Virtual time: as fast as on the wall.
    TimeNormal,
    /// Virtual time: back to before the last command by hand.
    TimeUndo,
    /// Virtual time: which timelines there are.
    Timelines,
    /// The script: on to the next caption.
    ScriptNext,
    /// The script: by itself again.
    ScriptAuto,
    /// The script: from its beginning.
    ScriptRestart,
    /// The steps of the script.
    Script,
    /// Wall time or lab time.
    Clock,
    /// Look for something.
    Find,
    /// Log: show more or less.
    Level,
    /// Copy.
    Copy,
    /// All keys.
    Help,
    /// All actions, by name.
    Palette,
    /// Quit.
    Quit,
    /// Leave at once.
    Leave,
    /// Hand the terminal back until called again.
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// A row of the table.
pub struct Entry {
    /// What it does.
    pub action: Action,
    /// Its name in the file of keys.
    pub id: &'static str,
    /// Its keys, as they are unless the file says otherwise.
    pub keys: &'static [&'static str],
    /// What it does, in words that complete "this key …".
    pub does: &'static str,
    /// The word in the footer.
    pub short: &'static str,
    /// It changes something: not while the screen is held, nor on one that only looks.
    pub changes: bool,
    /// The heading in the help.
    pub group: Group,
    /// What it asks of the lab, if that follows from the focused node alone; the answer is what is
    /// said then.
    pub asks: Option<fn(NodeIx) -> Request>,
    /// What it does instead in virtual time.
    virtually: Option<&'static str>,
}

/// Headings of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What is done with a node.
    Act,
    /// What is looked at.
    Look,
    /// What is done with time, where that is virtual.
    Time,
    /// Everything else.
    Program,
}

impl Group {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Act => "do something with the focused node",
            Self::Look => "look around",
            Self::Time => "move in time, in a lab in virtual time",
            Self::Program => "the program",
        }
    }
}

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
    entry(Act, Action::Release, "release", &["R"], "releases what a withholding miner keeps", "").asking(|node| Request::Node(node, Command::Release)),
    entry(Act, Action::ScriptNext, "script-next", &["n"], "story: on to the next caption, and each waits for this key", "next"),
    entry(Act, Action::ScriptAuto, "script-auto", &["N"], "story: goes on by itself again", "by itself"),
    entry(Act, Action::ScriptRestart, "script-restart", &["r"], "story: plays it again from its beginning", "again"),
    entry(Look, Action::Script, "script", &[], "lists the steps of the story, and what it waits for", "steps"),
    entry(Look, Action::NextLink, "next-link", &["x"], "network: chooses the next link of the node", "link"),
    entry(Act, Action::EditLink, "edit-link", &["e"], "network: changes what the chosen link is like", "edit"),
    entry(Act, Action::CutLink, "cut-link", &["c"], "network: cuts the chosen link; again: opens it", "cut"),
    entry(Act, Action::HoleLink, "black-hole", &["B"], "network: has the chosen link swallow all; again: opens it", "black hole"),
    entry(Act, Action::HealAll, "heal", &["H"], "network: opens every link that is cut or a black hole", "").asking(|_| Request::HealAll),
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
    entry(Look, Action::Hold, "hold", &["Space"], "holds the screen still; again: goes on", "hold").virtually("stops time; again: goes on"),
    entry(Time, Action::TimeStep, "time-step", &["."], "on to the next thing that is told", "event").asking(|_| Request::Time(TimeChange::Step)),
    entry(Time, Action::TimeBack, "time-back", &[","], "back to the thing before", "").asking(|_| Request::Time(TimeChange::Back)),
    entry(Time, Action::NextMark, "next-mark", &[")"], "on to the next mark, at last to the newest moment", "mark").asking(|_| Request::Time(TimeChange::NextMark)),
    entry(Time, Action::PreviousMark, "previous-mark", &["("], "back to the mark before", "").asking(|_| Request::Time(TimeChange::PreviousMark)),
    entry(Time, Action::TimeFaster, "time-faster", &[">"], "goes at the next higher speed", "").asking(|_| Request::Time(TimeChange::Faster)),
    entry(Time, Action::TimeSlower, "time-slower", &["<"], "goes at the next lower speed", "").asking(|_| Request::Time(TimeChange::Slower)),
    entry(Time, Action::TimeNormal, "time-normal", &["Backspace"], "goes as fast as on the wall", "").asking(|_| Request::Time(TimeChange::Speed(Speed::Times(1)))),
    entry(Time, Action::TimeUndo, "undo", &["u"], "back to just before the last command by hand", "").asking(|_| Request::Time(TimeChange::Undo)),
    entry(Time, Action::Timelines, "timelines", &[], "lists the timelines of the lab", ""),
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
        asks: None,
        virtually: None,
    }
}

impl Entry {
    /// The same, which asks this, and so changes something.
    const fn asking(mut self, asks: fn(NodeIx) -> Request) -> Self {
        self.asks = Some(asks);
        self.changes = true;
        self
    }

    /// The same, which does something else in virtual time.
    const fn virtually(mut self, does: &'static str) -> Self {
        self.virtually = Some(does);
        self
    }

    /// What it does in this lab.
    pub fn does_in(&self, lab: &LabView) -> &'static str {
        let virtually = self.virtually.filter(|_| lab.time.is_some());
        virtually.unwrap_or(self.does)
    }

    /// What it asks of the time of a lab in virtual time.
    pub fn time_change(&self) -> Option<TimeChange> {
        // No node has a time of its own.
        match (self.asks?)(NodeIx(0)) {
            Request::Time(change) => Some(change),
            _ => None,
        }
    }
}

/// The table's row of an action.
pub fn by_action(action: Action) -> &'static Entry {
    let same = |entry: &&Entry| match (entry.action, action) {
        (Action::Pane(_), Action::Pane(_)) => true,
        (one, other) => one == other,
    };
    TABLE.iter().find(same).expect("every action has a row")
}
