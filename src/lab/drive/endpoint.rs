//! Control endpoints, as all drivers have them.

use super::error::LabError;
use super::registry::Entry;
use crate::chain::Params;
use crate::lab::control::{About, Bound, Controlled, EndpointKind, Server, VERSION};
use crate::lab::core::Core;
use crate::lab::paper::network;
use crate::live::files::Dir;
use crate::node::Time;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Any port of this machine, for this machine alone.
const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// The name of the Unix socket to a whole lab. No node has it: names do not begin with a dot.
pub(super) const WHOLE: &str = ".lab";

/// Whether and where a lab can be controlled by other programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Control {
    /// Not at all.
    Off,
    /// Anywhere on loopback.
    #[default]
    Anywhere,
    /// Here.
    At {
        /// Where.
        addr: SocketAddr,
        /// Other machines may come, too.
        allows_remote: bool,
    },
}

impl Control {
    /// That no program from elsewhere can come in by mistake; to be known before
    /// anything is started.
    ///
    /// # Errors
    /// [`LabError::Remote`].
    pub fn check(self) -> Result<(), LabError> {
        match self {
            Self::At {
                addr,
                allows_remote: false,
            } if !addr.ip().is_loopback() => Err(LabError::Remote(addr)),
            _ => Ok(()),
        }
    }

    /// Takes the port that was asked for, if one was.
    ///
    /// # Errors
    /// [`LabError::Remote`], [`LabError::Control`].
    pub(in crate::lab) fn bind(self) -> Result<Option<Bound>, LabError> {
        self.check()?;
        let Self::At { addr, .. } = self else {
            return Ok(None);
        };
        let bound = Bound::new(addr);
        let refused = |source| LabError::Control { at: addr, source };
        bound.map(Some).map_err(refused)
    }
}

/// Opens an endpoint: at the port that was taken for it, or else anywhere.
///
/// # Errors
/// [`LabError::File`]: its directory, or what is to be in it.
pub(super) fn open(
    controlled: Arc<dyn Controlled>,
    bound: Option<Bound>,
    dir: &Path,
    socket: Option<PathBuf>,
    runtime: &Handle,
) -> Result<Server, LabError> {
    Dir::make(dir).map_err(LabError::file(dir))?;
    let bound = bound.map_or_else(|| Bound::new(ANYWHERE), Ok);
    let opened =
        bound.and_then(|bound| Server::open(bound.with_socket(socket), controlled, dir, runtime));
    opened.map_err(LabError::file(dir))
}

/// What a lab says of itself, as a whole.
pub(super) fn about(core: &Core, params: &Params, now: Time) -> About {
    let layout = core.layout();
    About {
        version: VERSION,
        program: concat!("chainlab ", env!("CARGO_PKG_VERSION")).to_owned(),
        kind: EndpointKind::Lab,
        name: layout.name.clone(),
        network: params.genesis_block().hash().to_string(),
        network_file: network::write(params),
        fee: layout.chain.proposed_fee(),
        since: core.since(),
        now,
        nodes: core
            .nodes()
            .iter()
            .map(|node| node.name().to_string())
            .collect(),
        view: layout.view.clone(),
    }
}

/// What other programs are told of an endpoint of a whole, without those of its nodes.
pub(super) fn entry(
    server: &Server,
    kind: EndpointKind,
    name: String,
    params: &Params,
    data_dir: PathBuf,
) -> Entry {
    Entry {
        kind,
        name,
        pid: std::process::id(),
        network: params.genesis_block().hash().to_string(),
        data_dir,
        endpoint: server.endpoint(),
        socket: server.socket(),
        nodes: Vec::new(),
    }
}
