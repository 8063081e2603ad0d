//! Whether a lab may start programs of others, which its layout asks for, and who is told what it dials
//! outside this machine.

use crate::bitcoin::start::Plan;
use crate::lab::spec::{BitcoinSpec, NodeSpec};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// A program that is to be started: for which node, and all that is done then.
pub type Planned = (String, Arc<Plan>);

/// What asks about them.
pub type Ask = Arc<dyn Fn(&[Planned]) -> bool + Send + Sync>;

/// What tells of a node, by its name and where it is.
type Tell = Arc<dyn Fn(&str, SocketAddr) + Send + Sync>;

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

/// Who is told of each node that is not on this machine, by its name and where it is, before anything of the
/// lab starts.
#[derive(Clone, Default)]
pub struct Outside(Option<Tell>);

impl Outside {
    /// This is told.
    pub fn telling(tell: impl Fn(&str, SocketAddr) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    /// Tells of those of these nodes that are there.
    pub(super) fn tell<'a>(&self, nodes: impl Iterator<Item = &'a NodeSpec>) {
        let Some(tell) = &self.0 else { return };
        for node in nodes {
            let at = node.bitcoin.as_ref().and_then(BitcoinSpec::address);
            if let Some(at) = at.filter(|at| !at.ip().to_canonical().is_loopback()) {
                tell(&node.name, at);
            }
        }
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = if self.0.is_some() { "told" } else { "not told" };
        write!(f, "Outside({who})")
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::layout;
    use std::sync::Mutex;

    #[test]
    fn who_asks_is_told_of_nodes_outside_this_machine_and_of_no_others() {
        let node = |name: &str, at: &str| {
            format!("[[node]]\nname = \"{name}\"\nkind = \"bitcoin\"\naddress = \"{at}\"\n")
        };
        let text = [
            node("near", "127.0.0.1:18444"),
            node("far", "192.0.2.1:18444"),
            "[[node]]\nname = \"own\"\n".to_owned(),
            node("mapped", "[::ffff:127.0.0.2]:18444"),
        ];
        let layout = layout::read("lab.toml", &text.concat()).expect("a layout");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        let outside = Outside::telling(move |name, at| {
            let mut heard = hears.lock().expect("one thread");
            heard.push(format!("{name} at {at}"));
        });
        outside.tell(layout.nodes.iter());
        assert_eq!(
            *heard.lock().expect("one thread"),
            ["far at 192.0.2.1:18444"]
        );
        Outside::default().tell(layout.nodes.iter());
    }
}
