//! The tabs.

use ratatui::layout::Rect;

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    /// All blocks, as a tree.
    #[default]
    Tree,
    /// Blocks on their way.
    Blocks,
    /// Transactions on their way.
    Txs,
}

impl Tab {
    pub const ALL: [Self; 3] = [Self::Tree, Self::Blocks, Self::Txs];

    pub fn name(self) -> &'static str {
        match self {
            Self::Tree => "Tree",
            Self::Blocks => "On their way",
            Self::Txs => "Transactions",
        }
    }

    pub fn step(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self);
        Self::ALL[(at.unwrap_or_default() + by) % Self::ALL.len()]
    }

    /// The tab at a column of the line of tabs.
    pub fn hit(line: Rect, x: u16) -> Option<Self> {
        let mut left = usize::from(x.checked_sub(line.x)?);
        for tab in Self::ALL {
            let width = tab.title().len();
            if left < width {
                return Some(tab);
            }
            left = left.checked_sub(width + 1)?;
        }
        None
    }

    /// Its name with air around it.
    pub fn title(self) -> String {
        format!(" {} ", self.name())
    }
}
