//! The tabs.

/// What is shown of the node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tab {
    #[default]
    Chain,
    Mempool,
    Peers,
    Wallets,
    Log,
}

impl Tab {
    pub const ALL: [Self; 5] = [
        Self::Chain,
        Self::Mempool,
        Self::Peers,
        Self::Wallets,
        Self::Log,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Chain => "Chain",
            Self::Mempool => "Mempool",
            Self::Peers => "Peers",
            Self::Wallets => "Wallets",
            Self::Log => "Log",
        }
    }

    pub fn place(self) -> usize {
        let place = Self::ALL.iter().position(|tab| *tab == self);
        place.unwrap_or_default()
    }

    pub fn step(self, by: usize) -> Self {
        Self::ALL[(self.place() + by) % Self::ALL.len()]
    }
}
