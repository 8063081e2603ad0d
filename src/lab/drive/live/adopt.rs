//! A lab around one node that other code of this process has started, so that it can be seen and
//! controlled as the nodes of any lab.

use super::end::Duty;
use super::observe;
use super::round::{Lasting, Round};
use super::rounds::Rounds;
use crate::chain::Params;
use crate::lab::drive::{Answers, Control, LabError};
use crate::lab::layout::Layout;
use crate::lab::spec::NodeSpec;
use crate::live::{LabClock, NOWHERE, NodeHandle, seeds};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// A node that runs, and what is known about it.
#[derive(Debug)]
pub struct Adoption {
    /// The node. The lab around it does not stop it.
    pub node: Arc<NodeHandle>,
    /// Its network.
    pub params: Arc<Params>,
    /// Its clock.
    pub clock: LabClock,
    /// Where its data is.
    pub data_dir: PathBuf,
    /// Whether and where other programs can control it.
    pub control: Control,
}

/// Makes a lab of a node.
pub(in crate::lab) fn adopt(
    adoption: Adoption,
    runtime: Handle,
) -> Result<(Arc<Rounds>, Answers), LabError> {
    let Adoption {
        node: handle,
        params,
        clock,
        data_dir,
        control,
    } = adoption;
    let bound = control.bind()?;
    let layout = Layout::around(handle.name(), &params);
    let (answered, answers) = mpsc::unbounded_channel();
    let addr = handle.addr().unwrap_or(NOWHERE);
    let draws = seeds().map_err(LabError::Randomness)?.run;
    let lasting = Arc::new(Lasting {
        dir: data_dir,
        ..Lasting::around(layout, params, clock, runtime, answered, draws)
    });
    let mut core = lasting.core(0);
    let ix = core.adopt(NodeSpec::new(handle.name()), addr);
    let round = Round::new(lasting, 0, core, handle.links().clone());
    let rounds = Rounds::new(Arc::clone(&round));
    round.runs(ix, &handle);
    round.shows(ix, 1, &handle);
    let duty = Duty {
        round: Arc::clone(&round),
        ix,
        life: 1,
        what: "watches",
    };
    round.goes();
    round.runtime.spawn(observe::watch(duty, handle));
    match control {
        Control::Off => {}
        Control::At { .. } => rounds.open_endpoints(false, bound)?,
        // It was not asked for.
        Control::Anywhere => {
            if let Err(error) = rounds.open_endpoints(false, bound) {
                tracing::warn!("other programs cannot control this node: {error}");
            }
        }
    }
    Ok((rounds, answers))
}
