//! What nodes may be able to do or not, whatever kind of node they are.

use super::request::Request;
use crate::node::io::Command;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Something that a node may be able to do, or that may be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ability {
    /// Mine a block when it is told to.
    Mine,
    /// Mine by itself, at a rate.
    KeepMining,
    /// Pay.
    Send,
    /// Have more wallets made or imported.
    HoldWallets,
    /// Be told whom to connect with, and whom not.
    MindPeers,
    /// Be told that a block is against the rules, or that it is not.
    MarkBlocks,
    /// Have its links changed.
    Bend,
    /// Be killed.
    Kill,
    /// Be started again.
    Restart,
}

/// What a node can do: all that is not taken out. As data it is what has been, each with the reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Can(Option<Arc<BTreeMap<Ability, Arc<str>>>>);

impl Can {
    /// Why it cannot do this, in words; `None`: it can.
    pub fn lacks(&self, ability: Ability) -> Option<&Arc<str>> {
        self.0.as_ref()?.get(&ability)
    }

    /// What is said of it when a node of this name is to do this; `None`: it can. A link has two ends, so
    /// there the node is named.
    pub fn refusal(&self, name: &str, ability: Ability) -> Option<String> {
        let why = self.lacks(ability)?;
        Some(match ability {
            Ability::Bend => format!("{name}: {why}"),
            _ => why.to_string(),
        })
    }

    /// Whether it can do everything.
    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// What is taken out, and why.
    pub fn taken(&self) -> impl Iterator<Item = (Ability, &Arc<str>)> {
        let taken = self.0.iter().flat_map(|taken| taken.iter());
        taken.map(|(ability, why)| (*ability, why))
    }

    /// The same, but not this, for this reason.
    #[must_use]
    pub fn without(self, ability: Ability, why: &str) -> Self {
        let mut all = self.0.unwrap_or_default();
        Arc::make_mut(&mut all).insert(ability, why.into());
        Self(Some(all))
    }
}

impl FromIterator<(Ability, Arc<str>)> for Can {
    /// All but these, for these reasons.
    fn from_iter<I: IntoIterator<Item = (Ability, Arc<str>)>>(taken: I) -> Self {
        let taken: BTreeMap<_, _> = taken.into_iter().collect();
        Self((!taken.is_empty()).then(|| taken.into()))
    }
}

impl<'de> Deserialize<'de> for Can {
    /// Abilities that this program does not know are of no use to it.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let taken = Option::<BTreeMap<String, Arc<str>>>::deserialize(deserializer)?;
        let known = taken.into_iter().flatten().filter_map(|(name, why)| {
            let name: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
            Some((Ability::deserialize(name).ok()?, why))
        });
        Ok(known.collect())
    }
}

impl Command {
    /// What a node must be able to do for it.
    pub fn ability(&self) -> Ability {
        match self {
            Self::CreateWallet { .. } | Self::ImportWallet { .. } => Ability::HoldWallets,
            Self::Send(_) => Ability::Send,
            Self::MineNow => Ability::Mine,
            Self::Mine(_)
            | Self::SetHashrate(_)
            | Self::MineTo { .. }
            | Self::SetStrategy(_)
            | Self::Release
            | Self::Forge { .. } => Ability::KeepMining,
            Self::AddPeer(_)
            | Self::DropPeer(_)
            | Self::Ban { .. }
            | Self::Unban(_)
            | Self::LeaveOut { .. }
            | Self::SetClock { .. }
            | Self::SendRaw { .. } => Ability::MindPeers,
            Self::FailDisk { .. } => Ability::Kill,
            Self::InvalidateBlock(_) | Self::ReconsiderBlock(_) => Ability::MarkBlocks,
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
            Self::Node(who, _)
            | Self::Labelled(who, ..)
            | Self::Ask(who, _)
            | Self::Kill(who)
            | Self::Restart(who) => Some(*who),
            _ => None,
        }
    }

    /// What the nodes that it is about must be able to do for it, each of them, if it changes any.
    pub fn ability(&self) -> Option<Ability> {
        match self {
            Self::Node(_, command) => Some(command.ability()),
            Self::Labelled(..) => Some(Ability::Send),
            Self::Kill(_) => Some(Ability::Kill),
            Self::Restart(_) => Some(Ability::Restart),
            Self::Link(_) | Self::Partition(_) => Some(Ability::Bend),
            _ => None,
        }
    }
}
