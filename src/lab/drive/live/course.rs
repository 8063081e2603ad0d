//! How far a round of a lab is.

use std::sync::Arc;

/// How far a round is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lab::drive) enum Course {
    /// It goes on.
    #[default]
    On,
    /// Its nodes stop, and another round begins.
    Clearing,
    /// That did not work, for this reason, and can be tried again.
    Stuck(Arc<str>),
    /// The lab is closed or kept: there will be no other round.
    Over,
}

impl Course {
    /// Whether nothing starts any more.
    pub(in crate::lab::drive) fn is_over(&self) -> bool {
        *self != Self::On
    }

    /// Why nothing starts any more; `None`: it goes on.
    pub(in crate::lab::drive) fn words(&self) -> Option<String> {
        match self {
            Self::On => None,
            Self::Clearing => Some("the lab is being made anew".to_owned()),
            Self::Stuck(why) => Some(format!("the lab could not be made anew: {why}")),
            Self::Over => Some("the lab is over".to_owned()),
        }
    }

    /// Nothing starts any more. Whether that is news.
    pub(in crate::lab::drive) fn end(&mut self) -> bool {
        let is_news = *self == Self::On;
        if is_news {
            *self = Self::Over;
        }
        is_news
    }
}
