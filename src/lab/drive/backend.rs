//! What runs behind a [`Lab`](crate::lab::Lab), and how such a lab is to be.

use super::consent::{Consent, Outside};
use super::endpoint::Control;
use super::error::LabError;
use super::registry::Entry;
use crate::lab::ask::{Answer, Request, Ticket};
use crate::lab::control::{Endpoint, Later, Subscription};
use crate::lab::core::summary::Summary;
use crate::lab::layout::Layout;
use crate::lab::observe::histogram::Percentiles;
use crate::lab::script::{Expr, Facts};
use crate::lab::view::LabView;
use crate::live::LabClock;
use crate::node::Time;
use crate::node::io::CommandError;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How a lab is to be.
#[derive(Clone, Debug)]
pub struct LabOptions {
    /// Its layout. A lab that was kept has its own.
    pub layout: Layout,
    /// The layout's text, for a lab that is kept to be made of again.
    pub layout_text: String,
    /// Just this layout was asked for: a lab that was kept with another one is refused.
    pub is_layout_chosen: bool,
    /// Where its data stays; `None`: nowhere, it goes with the lab.
    pub data_dir: Option<PathBuf>,
    /// The same keys, hence addresses, for the same number; `None`: keys that cannot be guessed.
    pub seed: Option<u64>,
    /// Where the lab clock begins; `None`: at the wall clock's time.
    pub clock: Option<Time>,
    /// Whether and where other programs can control it.
    pub control: Control,
    /// Whether it may start programs of others.
    pub programs: Consent,
    /// Who is told of its nodes that are not on this machine.
    pub outside: Outside,
}

/// What came of a request.
pub(in crate::lab) type Answered = (Ticket, Result<Answer, String>);

/// Where answers come from.
pub(in crate::lab) type Answers = mpsc::UnboundedReceiver<Answered>;

/// What runs behind a lab. What each method means is said at [`Lab`](crate::lab::Lab).
pub(in crate::lab) trait Backend: Send + Sync {
    fn view(&self) -> LabView;
    fn changes(&self) -> watch::Receiver<u64>;
    /// Begins to do what is asked; the answer goes to the lab's [`Answers`].
    fn request(self: Arc<Self>, ticket: Ticket, request: Request);
    fn clock(&self) -> &LabClock;
    /// What time it is for the nodes.
    fn now(&self) -> Time;
    /// What time a line of the log has that comes just now.
    fn log_time(&self) -> Box<dyn Fn() -> Time + Send + Sync>;
    fn elapsed(&self) -> Duration;
    fn layout(&self) -> &Layout;
    fn data_dir(&self) -> &Path;
    fn entry(&self) -> Option<Entry>;
    fn hear(&self) -> Subscription;
    fn held(&self) -> Option<Percentiles> {
        None
    }
    fn summary(&self) -> Summary;
    fn check(&self, expr: &Expr) -> Result<(), String>;
    fn facts_for<'a>(&'a self, expr: &'a Expr) -> Later<'a, Facts>;
    fn attach_to(self: Arc<Self>, endpoint: Endpoint) -> Later<'static, Result<(), LabError>>;
    fn keep(&self) -> Later<'_, Result<PathBuf, CommandError>>;
    fn close(&self) -> Later<'_, Result<(), LabError>>;
    fn close_and_stay(&self) -> Later<'_, Result<(), LabError>>;
    /// Ends as well as it can without waiting for what a task does, maybe in the midst of a panic.
    fn abandon(&self);
}
