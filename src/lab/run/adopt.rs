//! A lab around one node that somebody else has started in this process, so that it can be seen and
//! controlled as the nodes of any lab.

use super::end::Duty;
use super::hand::Hand;
use super::model::{Model, Node};
use super::rounds::Rounds;
use super::{Control, Lasting, Shared, Standing, observe};
use crate::chain::Params;
use crate::lab::LabError;
use crate::lab::handle::Answers;
use crate::lab::layout::Layout;
use crate::lab::spec::NodeSpec;
use crate::lab::view::NodeState;
use crate::live::{LabClock, NOWHERE, NodeHandle};
use crate::node::NodeIx;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// A node that runs, and what is known about it.
#[derive(Debug)]
pub struct Adoption {
    /// The node. Whoever adopts it does not stop it.
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
    let mut node = Node::new(NodeSpec::new(handle.name()), addr);
    (node.life, node.state) = (1, NodeState::Up);
    node.handle = Some(Hand::Own(Arc::clone(&handle)));
    let lasting = Lasting {
        dir: data_dir,
        ..Lasting::around(Standing::Adopted, layout, params, clock, runtime, answered)
    };
    let shared = Arc::new(Shared {
        links: handle.links().clone(),
        ..Shared::around(Arc::new(lasting), 0)
    });
    let rounds = Rounds::new(Arc::clone(&shared));
    let ix = NodeIx(0);
    shared.change(|model| {
        *model = Model {
            nodes: vec![node],
            ..Model::default()
        };
        model.seen(ix, 1, Arc::clone(&handle.snapshots().borrow()));
    });
    let duty = Duty {
        shared: Arc::clone(&shared),
        ix,
        life: 1,
        what: "watches",
    };
    let watching = observe::watch(duty, handle);
    shared.runtime.spawn(watching);
    match control {
        Control::Off => {}
        Control::At { .. } => rounds.open_doors(bound)?,
        // Nobody asked for it.
        Control::Anywhere => {
            if let Err(error) = rounds.open_doors(bound) {
                tracing::warn!("other programs cannot control this node: {error}");
            }
        }
    }
    Ok((rounds, answers))
}
