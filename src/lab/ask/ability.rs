//! What nodes may be able to do or not, whatever kind of node they are.

use super::Request;
use crate::node::io::Command;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that a node may be able to do, or that may be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ability {
    /// Mine, whatever way.
    Mine,
    /// Pay.
    Send,
    /// Have more wallets made or imported.
    HoldWallets,
    /// Be told whom to connect with, and whom not.
    MindPeers,
    /// Have its links changed.
    Bend,
    /// Be killed.
    Kill,
    /// Be started again.
    Restart,
}

/// What a node can do: all that is not taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Can(Option<Arc<BTreeMap<Ability, Arc<str>>>>);

impl Can {
    /// Why it cannot do this, in words; `None`: it can.
    pub fn lacks(&self, ability: Ability) -> Option<&Arc<str>> {
        self.0.as_ref()?.get(&ability)
    }

    /// The same, but not this, for this reason.
    #[must_use]
    pub fn without(self, ability: Ability, why: &str) -> Self {
        let mut all = self.0.unwrap_or_default();
        Arc::make_mut(&mut all).insert(ability, why.into());
        Self(Some(all))
    }
}

impl Command {
    /// What a node must be able to do for it.
    pub fn ability(&self) -> Ability {
        match self {
            Self::CreateWallet { .. } | Self::ImportWallet { .. } => Ability::HoldWallets,
            Self::Send(_) => Ability::Send,
            Self::Mine(_)
            | Self::SetHashrate(_)
            | Self::MineTo { .. }
            | Self::MineNow
            | Self::SetStrategy(_)
            | Self::Release => Ability::Mine,
            Self::AddPeer(_) | Self::DropPeer(_) | Self::Ban { .. } | Self::Unban(_) => {
                Ability::MindPeers
            }
        }
    }
}

impl<Who> Request<Who> {
    /// The node that it is about, if it is about one.
    pub fn node(&self) -> Option<Who>
    where
        Who: Copy,
    {
        match self {
            Self::Node(who, _) | Self::Ask(who, _) | Self::Kill(who) | Self::Restart(who) => {
                Some(*who)
            }
            _ => None,
        }
    }

    /// What the node that it is about must be able to do for it, if it is about one and changes it.
    pub fn ability(&self) -> Option<Ability> {
        match self {
            Self::Node(_, command) => Some(command.ability()),
            Self::Kill(_) => Some(Ability::Kill),
            Self::Restart(_) => Some(Ability::Restart),
            _ => None,
        }
    }
}
