//! The one table of keys. What a key does, the footer, the help, the palette and the file by which
//! people change keys all come from it.

mod map;
mod press;
mod table;
mod views;

pub use map::{Clash, Keymap, Taken, taken_words};
pub use press::KeyPress;
pub use table::TABLE;
pub use views::{PAIRS, ViewId, ViewKey, is_of_views};

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
    /// Hold the screen.
    Hold,
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
    /// It changes something: not while the screen is held.
    pub changes: bool,
    /// The heading in the help.
    pub group: Group,
}

/// Headings of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What is done with a node.
    Act,
    /// What is looked at.
    Look,
    /// Everything else.
    Program,
}

impl Group {
    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Act => "do something with the focused node",
            Self::Look => "look around",
            Self::Program => "the program",
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
