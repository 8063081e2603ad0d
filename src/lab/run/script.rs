//! Plays the script of a lab that was just made, and gathers what expressions are judged by.
//!
//! What nodes look like is known from their snapshots, which follow a change within 33 ms. So an
//! expectation is first looked at a moment after what was done, and not by what was before.

use super::ask::By;
use super::model::Model;
use super::{Lasting, Shared, ask};
use crate::chain::{Amount, BlockHash};
use crate::lab::ask::{Named, Request, ScriptChange};
use crate::lab::core::{no_script, sum};
use crate::lab::script::{Expr, Facts, NodeFacts, Script, ScriptView, Want};
use crate::lab::view::NodeState;
use crate::node::NodeIx;
use crate::node::io::{CommandError, Question, Reply};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// Time between two looks: at most twenty a second.
const LOOK: Duration = Duration::from_millis(50);

/// How long nodes take to show what was done, and a little more.
const SETTLE: Duration = Duration::from_millis(50);

/// The longest sleep: the lab may stand still meanwhile.
const NAP: Duration = Duration::from_millis(500);

/// Balances that were asked for, each with the life and the tip of the node that it is of: no node
/// ever comes back to a tip that it has left, because work only grows.
pub(super) type Balances = BTreeMap<(NodeIx, String), (u64, BlockHash, Amount)>;

/// A balance that a node has to be asked for.
struct Unknown {
    ix: NodeIx,
    wallet: String,
    address: String,
    life: u64,
    tip: BlockHash,
}

/// A script that is played, which a presenter may lead meanwhile.
pub(super) struct Playing {
    led: Mutex<Led>,
    /// That it was led somewhere: what it waited for may not be what it waits for now.
    woken: Notify,
}

struct Led {
    script: Script,
    /// How often it was led.
    times: u64,
}

impl Playing {
    /// The script of a new lab; `None`: it has none, or it was made before and went on.
    pub(super) fn new(lab: &Lasting, round: u32) -> Option<Self> {
        let steps = &lab.layout.steps;
        let is_played = lab.openings == 1 && !steps.is_empty();
        is_played.then(|| Self {
            led: Mutex::new(Led {
                script: Script::new(steps.clone(), lab.layout.pace).again(round),
                times: 0,
            }),
            woken: Notify::new(),
        })
    }

    /// How it looks.
    pub(super) fn view(&self) -> Arc<ScriptView> {
        Arc::clone(self.lock().script.view())
    }

    fn lock(&self) -> MutexGuard<'_, Led> {
        // A step is on or it is not: a panic leaves nothing between.
        self.led.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for so long, or until it is led. Whether it was.
    async fn nap(&self, time: Duration) -> bool {
        timeout(time, self.woken.notified()).await.is_ok()
    }
}

/// Plays the steps of the layout, until they are over or the lab is.
pub(super) async fn play(shared: Arc<Shared>) {
    let Some(playing) = &shared.playing else {
        return;
    };
    tokio::select! {
        () = shared.play(playing) => {}
        () = shared.over() => {}
    }
}

impl Shared {
    async fn play(self: &Arc<Self>, playing: &Playing) {
        let mut changes = self.changes.subscribe();
        while self.lock().is_starting() {
            if changes.changed().await.is_err() {
                return;
            }
        }
        loop {
            let (want, times) = {
                let mut led = playing.lock();
                let want = led.script.next(self.elapsed());
                self.show(&led.script);
                (want, led.times)
            };
            match want {
                Want::Nothing => return,
                Want::Change => playing.woken.notified().await,
                Want::Until(at) => {
                    let left = at.saturating_sub(self.elapsed());
                    playing.nap(left.min(NAP)).await;
                }
                Want::Do(request) => {
                    let done = self.obey(request).await;
                    playing.lock().script.did(self.elapsed(), done);
                    sleep(SETTLE).await;
                }
                Want::Facts(expr, until) => {
                    changes.mark_unchanged();
                    let facts = self.facts_for(&expr).await;
                    let goes_on = {
                        let mut led = playing.lock();
                        // They may be facts for another step.
                        let is_led = led.times != times;
                        let goes_on = is_led || led.script.judge(self.elapsed(), &facts);
                        self.show(&led.script);
                        goes_on
                    };
                    if goes_on || playing.nap(LOOK).await {
                        continue;
                    }
                    let left = until.map_or(NAP, |until| until.saturating_sub(self.elapsed()));
                    // What comes first: it is looked at again.
                    tokio::select! {
                        _ = playing.nap(left.min(NAP)) => {}
                        _ = changes.changed() => {}
                    }
                }
            }
        }
    }

    /// Leads the script; says what it does then.
    ///
    /// # Errors
    /// In words, why it cannot be led so.
    pub(super) fn lead(&self, change: ScriptChange) -> Result<String, CommandError> {
        let playing = self.playing.as_ref().ok_or_else(no_script)?;
        let mut led = playing.lock();
        led.script.change(self.elapsed(), change)?;
        led.times += 1;
        self.show(&led.script);
        drop(led);
        playing.woken.notify_one();
        Ok(change.words().to_owned())
    }

    /// Shows a script, whose lock is held: otherwise an older state could be shown later.
    fn show(&self, script: &Script) {
        let view = script.view();
        let is_news = self.lock().script.as_ref() != Some(view);
        if is_news {
            self.change(|model| model.script = Some(Arc::clone(view)));
        }
    }

    async fn obey(self: &Arc<Self>, request: Request<Named>) -> Result<(), String> {
        let request = request.resolve(&*self.lock());
        let request = request.map_err(|error| error.to_string())?;
        let done = ask::begin(self, request, By::Script).await;
        done.map(drop).map_err(|refusal| refusal.words)
    }

    /// What an expression is judged by, now.
    pub(super) async fn facts_for(&self, expr: &Expr) -> Facts {
        let (mut facts, unknown) = {
            let model = self.lock();
            let mut facts = model.facts();
            let unknown = model.balances_for(expr, &mut facts);
            (facts, unknown)
        };
        for unknown in unknown {
            let name = facts.nodes[unknown.ix.0].name.clone();
            if let Some(amount) = self.balance(&unknown).await {
                facts.balances.insert((name, unknown.wallet), amount);
            }
        }
        facts
    }

    async fn balance(&self, unknown: &Unknown) -> Option<Amount> {
        let hand = self.lock().node(unknown.ix)?.handle.clone()?;
        let of = unknown.address.clone();
        let Ok(Reply::Coins(coins)) = hand.ask(Question::Coins { of }).await else {
            return None;
        };
        let amount = sum(&coins)?;
        let key = (unknown.ix, unknown.wallet.clone());
        let value = (unknown.life, unknown.tip, amount);
        self.lock().balances.insert(key, value);
        Some(amount)
    }
}

impl Model {
    pub(super) fn is_starting(&self) -> bool {
        let starting = |state: &NodeState| *state == NodeState::Starting;
        self.nodes.iter().any(|node| starting(&node.state))
    }

    pub(super) fn facts(&self) -> Facts {
        let nodes = self.nodes.iter().enumerate().map(|(ix, node)| {
            let seen = node.snapshot.as_ref();
            NodeFacts {
                name: Arc::clone(&node.name),
                is_running: node.state.is_up() && seen.is_some(),
                height: seen.map_or(0, |seen| seen.tip.height),
                tip: seen.map_or(BlockHash::ZERO, |seen| seen.tip.hash),
                target: seen.and_then(|seen| seen.sync.as_ref().map(|sync| sync.target)),
                mempool: seen.map_or(0, |seen| seen.mempool.count),
                peers: seen.map_or(0, |seen| seen.ready_peers().count()),
                reorg_depth: self.stats.deepest(NodeIx(ix)),
            }
        });
        Facts::new(nodes.collect(), &self.ancestry)
    }

    /// Adds the balances that are known; those that nodes have to be asked for are returned.
    fn balances_for(&self, expr: &Expr, facts: &mut Facts) -> Vec<Unknown> {
        let mut unknown = Vec::new();
        for (wallet, of) in expr.wallets() {
            for (at, node) in self.nodes.iter().enumerate() {
                let fact = &facts.nodes[at];
                if of.is_some_and(|name| name != &*node.name) || !fact.is_running {
                    continue;
                }
                let (ix, tip, life) = (NodeIx(at), fact.tip, node.life);
                let known = self.balances.get(&(ix, wallet.to_owned()));
                let known = known.filter(|known| (known.0, known.1) == (life, tip));
                let known = self.own_balance(ix, wallet).or(known.map(|known| known.2));
                if let Some(amount) = known {
                    let key = (Arc::clone(&node.name), wallet.to_owned());
                    facts.balances.insert(key, amount);
                } else if let Some(address) = self.address_of(wallet) {
                    unknown.push(Unknown {
                        ix,
                        wallet: wallet.to_owned(),
                        address,
                        life,
                        tip,
                    });
                }
            }
        }
        unknown
    }

    /// What a node knows of a wallet of its own.
    fn own_balance(&self, ix: NodeIx, wallet: &str) -> Option<Amount> {
        let seen = self.node(ix)?.snapshot.as_ref()?;
        let found = seen.wallets.iter().find(|own| own.name == wallet)?;
        found.confirmed.checked_add(found.immature)
    }
}
