//! Payments that a lab makes by itself, while it runs.
//!
//! They are asked of the nodes as any payment is, one after the other. Only time in which the lab
//! clock goes counts: while that stands still no payment is made. What a node refuses, as it does when
//! a wallet has too many payments that wait, is counted and not told.

use super::Shared;
use super::ask::{self, By, fault};
use super::model::Model;
use crate::lab::ask::{Request, TrafficChange};
use crate::lab::spec::TrafficSpec;
use crate::lab::traffic::{Generator, Purse, seed, words};
use crate::lab::view::TrafficView;
use crate::live::seeds;
use crate::node::NodeIx;
use crate::node::io::{Command, CommandError, Payment};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// The longest sleep: the clock may stand still meanwhile, or the rate may change.
const NAP: Duration = Duration::from_millis(100);

/// How long nobody may be able to pay before what is late is forgotten.
const LATE_MAX: Duration = Duration::from_secs(1);

/// How long everybody waits for a node that was asked for a payment. Nodes answer in milliseconds: one
/// that does not is left alone until it has.
const ANSWER_MAX: Duration = Duration::from_secs(2);

impl Shared {
    /// Changes the payments that the lab makes; says how they are then.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn traffic(self: &Arc<Self>, change: TrafficChange) -> Result<String, CommandError> {
        let is_wanted = change.on == Some(true) || change.rate.is_some();
        if is_wanted && self.lock().payments.is_none() {
            self.begin_traffic(TrafficSpec::usual(self.layout.chain.proposed_fee()));
        }
        self.change(|model| match &mut model.payments {
            Some(payments) => Ok(payments.change(change)),
            None if is_wanted => Err(fault("there is no randomness to draw payments from")),
            None => Ok(words(None)),
        })
    }

    /// From now on payments are made, whenever they are switched on.
    pub(super) fn begin_traffic(self: &Arc<Self>, spec: TrafficSpec) {
        let drawn = match self.seed {
            Some(own) => Ok(seed(own, self.openings)),
            None => seeds().map(|seeds| seeds.run),
        };
        match drawn {
            Ok(drawn) => {
                let is_new = self.change(|model| {
                    let is_new = model.payments.is_none();
                    model
                        .payments
                        .get_or_insert_with(|| Generator::new(spec, drawn));
                    is_new
                });
                if is_new {
                    self.runtime.spawn(drive(Arc::clone(self)));
                }
            }
            Err(error) => tracing::error!("no payments are made: {error}"),
        }
    }

    async fn pay_on(self: &Arc<Self>) {
        let mut changes = self.changes.subscribe();
        // Nobody pays before the lab is there. Later a node that starts again keeps nobody waiting.
        while self.lock().is_starting() {
            if changes.changed().await.is_err() {
                return;
            }
        }
        let mut due = None;
        let mut owing = Owing::default();
        loop {
            changes.mark_unchanged();
            let now = self.clock.ran();
            let step = self.lock().next_payment(now, &mut due);
            match step {
                Step::Rest => {
                    if changes.changed().await.is_err() {
                        return;
                    }
                    // However often anything changes, this is looked at ten times a second.
                    sleep(NAP).await;
                }
                Step::Until(at) => sleep(at.saturating_sub(now).min(NAP)).await,
                Step::Pay => {
                    owing.retain(|_, task| !task.is_finished());
                    let picked = self.change(|model| model.pick_payment(&owing));
                    if let Some((ix, payment)) = picked {
                        let mut task = self.pay(ix, payment);
                        if timeout(ANSWER_MAX, &mut task).await.is_err() {
                            owing.insert(ix, task);
                        }
                    }
                }
            }
        }
    }

    /// Asks a node for a payment. What comes of it is counted, however late.
    fn pay(self: &Arc<Self>, ix: NodeIx, payment: Payment) -> JoinHandle<()> {
        let request = Request::Node(ix, Command::Send(payment));
        let asked = ask::begin(self, request, By::Script);
        let shared = Arc::clone(self);
        self.runtime.spawn(async move {
            let sent = asked.await;
            shared.change(|model| model.count_payment(sent.is_ok()));
        })
    }
}

/// Nodes that have not answered in time, and what waits for their answers.
type Owing = BTreeMap<NodeIx, JoinHandle<()>>;

async fn drive(shared: Arc<Shared>) {
    tokio::select! {
        () = shared.pay_on() => {}
        () = shared.over() => {}
    }
}

enum Step {
    /// There is nothing to do for now.
    Rest,
    /// The next payment is made then.
    Until(Duration),
    /// It is made now.
    Pay,
}

impl Model {
    /// What there is to do. `due` is when the next payment is made, as long as nobody changes how
    /// many there are to be.
    fn next_payment(&mut self, now: Duration, due: &mut Option<(Duration, f64)>) -> Step {
        let Some(payments) = &mut self.payments else {
            return Step::Rest;
        };
        let TrafficView { is_on, rate, .. } = payments.view();
        if !is_on {
            *due = None;
            return Step::Rest;
        }
        let (at, _) = *due
            .take_if(|(_, then)| *then == rate)
            .get_or_insert_with(|| (now + payments.wait(), rate));
        if at > now {
            *due = Some((at, rate));
            return Step::Until(at);
        }
        let from = match now.saturating_sub(at) {
            late if late > LATE_MAX => now,
            _ => at,
        };
        *due = Some((from + payments.wait(), rate));
        Step::Pay
    }

    fn pick_payment(&mut self, owing: &Owing) -> Option<(NodeIx, Payment)> {
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.map(|(ix, node)| (NodeIx(ix), node));
        let running = nodes.filter(|(ix, node)| node.state.is_up() && !owing.contains_key(ix));
        let seen = running.filter_map(|(ix, node)| Some((ix, node.snapshot.as_ref()?)));
        let purses = seen.flat_map(|(node, seen)| {
            seen.wallets.iter().map(move |wallet| Purse {
                name: &wallet.name,
                node,
                spendable: wallet.spendable,
            })
        });
        let purses: Vec<_> = purses.collect();
        self.payments.as_mut()?.pick(&purses)
    }

    fn count_payment(&mut self, is_sent: bool) {
        if let Some(payments) = &mut self.payments {
            payments.count(is_sent);
        }
    }

    /// Payments that are made here, or by the lab that is shown.
    pub(super) fn traffic_view(&self) -> Option<TrafficView> {
        let own = self.payments.as_ref().map(Generator::view);
        own.or(self.far_payments)
    }
}
