//! Whether a lab may start programs of others, which its layout asks for.

use crate::bitcoin::start::Plan;
use std::fmt;
use std::sync::Arc;

/// A program that is to be started: for which node, and all that is done then.
pub type Planned = (String, Arc<Plan>);

/// What asks about them.
pub type Ask = Arc<dyn Fn(&[Planned]) -> bool + Send + Sync>;

/// Whether programs may be started. A layout that starts some is code of the one who wrote it.
#[derive(Clone, Default)]
pub enum Consent {
    /// They may not.
    #[default]
    Refused,
    /// They may, whichever they are.
    Given,
    /// This is asked before any is started, and says whether they may. It may take its time: all ports are
    /// taken by then, and nothing runs.
    Asked(Ask),
}

impl Consent {
    /// Whether these may be started.
    pub(super) fn allows(&self, programs: &[Planned]) -> bool {
        match self {
            Self::Refused => false,
            Self::Given => true,
            Self::Asked(ask) => ask(programs),
        }
    }
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused => "Refused",
            Self::Given => "Given",
            Self::Asked(_) => "Asked",
        })
    }
}
