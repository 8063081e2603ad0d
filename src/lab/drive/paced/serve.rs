//! Opens the one control endpoint of a lab in virtual time: its nodes have none of their own, for none of
//! them can wait for a program while the others go on.

use super::lab::{Opened, PacedLab};
use crate::lab::control::{Bound, EndpointKind};
use crate::lab::drive::directories::private::Scratch;
use crate::lab::drive::endpoint::{self, Control, WHOLE};
use crate::lab::drive::error::LabError;
use crate::lab::drive::registry::Registered;
use std::path::PathBuf;
use std::sync::Arc;

/// What names of directories of labs in virtual time begin with.
const PREFIX: &str = "virtual-";

/// Where the endpoint is to be; none: it cannot be controlled.
pub(super) struct Site(Option<(Option<Bound>, Scratch)>);

/// Takes the port that was asked for, and makes a directory for the cookie.
///
/// # Errors
/// [`LabError`].
pub(super) fn place(control: Control) -> Result<Site, LabError> {
    let bound = control.bind()?;
    if control == Control::Off {
        return Ok(Site(None));
    }
    Ok(Site(Some((bound, Scratch::new(PREFIX)?))))
}

impl Site {
    /// Where the cookie is; nowhere: empty.
    pub(super) fn dir(&self) -> PathBuf {
        let dir = self.0.as_ref().map(|(_, dir)| dir.path().to_owned());
        dir.unwrap_or_default()
    }
}

impl PacedLab {
    /// Opens the endpoint in the background: the first frame does not wait for it.
    pub(super) fn open(self: &Arc<Self>, place: Site) {
        let Site(Some((bound, dir))) = place else {
            return;
        };
        let lab = Arc::clone(self);
        self.runtime.spawn_blocking(move || {
            if let Err(error) = lab.try_to_open(bound, dir) {
                tracing::warn!("other programs cannot control this lab: {error}");
            }
        });
    }

    fn try_to_open(self: &Arc<Self>, bound: Option<Bound>, dir: Scratch) -> Result<(), LabError> {
        let registered = Registered::new()?;
        let socket = registered.socket(WHOLE);
        let controlled = Arc::clone(self) as Arc<_>;
        let server = endpoint::open(controlled, bound, dir.path(), socket, &self.runtime)?;
        let (name, dir_path) = (self.layout.name.clone(), dir.path().to_owned());
        let Some(params) = self.with(|runner| runner.lab().sim().params().clone()) else {
            return Ok(());
        };
        let entry = endpoint::entry(&server, EndpointKind::Lab, name, &params, dir_path);
        registered.write(&entry)?;
        let mut place = self.opened();
        // The lab may have ended meanwhile, and then shuts nothing any more.
        if self.with(|_| ()).is_some() {
            *place = Some(Opened {
                entry,
                _server: server,
                _registered: registered,
                _dir: dir,
            });
        }
        drop(place);
        self.common.changed();
        Ok(())
    }
}
