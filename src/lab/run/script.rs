//! Plays the script of a lab that was just made, and gathers what expressions are judged by.
//!
//! What nodes look like is known from their snapshots, which follow a change within 33 ms. So an
//! expectation is first looked at a moment after what was done, and not by what was before.

use super::ask::By;
use super::model::Model;
use super::{Lab, Shared, ask};
use crate::chain::{Amount, BlockHash};
use crate::lab::control::order::Order;
use crate::lab::script::{Expr, Facts, NodeFacts, Script, Want};
use crate::lab::view::{NodeIx, NodeState};
use crate::node::io::{Command, Reply};
use crate::node::snapshot::{COINS_MAX, CoinInfo};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
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
struct Question {
    ix: NodeIx,
    wallet: String,
    address: String,
    life: u64,
    tip: BlockHash,
}

/// Plays the steps of the layout, until they are over or the lab is.
pub(super) async fn play(shared: Arc<Shared>) {
    tokio::select! {
        () = shared.play() => {}
        () = shared.over() => {}
    }
}

impl Shared {
    async fn play(self: &Arc<Self>) {
        let mut script = Script::new(self.layout.steps.clone());
        let mut changes = self.changes.subscribe();
        while self.lock().is_starting() {
            if changes.changed().await.is_err() {
                return;
            }
        }
        loop {
            let want = script.next(self.elapsed());
            self.show(&script);
            match want {
                Want::Nothing => return,
                Want::Until(at) => {
                    sleep(at.saturating_sub(self.elapsed()).min(NAP)).await;
                }
                Want::Do(order) => {
                    let done = self.obey(order).await;
                    script.did(self.elapsed(), done);
                    sleep(SETTLE).await;
                }
                Want::Facts(expr, until) => {
                    changes.mark_unchanged();
                    let facts = self.facts_for(&expr).await;
                    if script.judge(self.elapsed(), &facts) {
                        continue;
                    }
                    self.show(&script);
                    sleep(LOOK).await;
                    let left = until.map_or(NAP, |until| until.saturating_sub(self.elapsed()));
                    // Whichever comes first: it is looked at again.
                    let _ = timeout(left.min(NAP), changes.changed()).await;
                }
            }
        }
    }

    fn show(&self, script: &Script) {
        let view = script.view();
        let is_news = self.lock().script.as_ref() != Some(view);
        if is_news {
            self.change(|model| model.script = Some(Arc::clone(view)));
        }
    }

    async fn obey(self: &Arc<Self>, order: Order) -> Result<(), String> {
        let request = order.resolve(&*self.lock());
        let request = request.map_err(|error| error.to_string())?;
        let done = ask::begin(self, request, By::Script).await;
        done.map(drop).map_err(|refusal| refusal.words)
    }

    /// What an expression is judged by, now.
    pub(super) async fn facts_for(&self, expr: &Expr) -> Facts {
        let (mut facts, questions) = {
            let model = self.lock();
            let mut facts = model.facts();
            let questions = model.balances_for(expr, &mut facts);
            (facts, questions)
        };
        for question in questions {
            let name = facts.nodes[question.ix.0].name.clone();
            if let Some(amount) = self.balance(&question).await {
                facts.balances.insert((name, question.wallet), amount);
            }
        }
        facts
    }

    async fn balance(&self, question: &Question) -> Option<Amount> {
        let hand = self.lock().node(question.ix)?.handle.clone()?;
        let of = question.address.clone();
        let Ok(Reply::Coins(coins)) = hand.command(Command::Coins { of }).await else {
            return None;
        };
        let amount = sum(&coins)?;
        let key = (question.ix, question.wallet.clone());
        let value = (question.life, question.tip, amount);
        self.lock().balances.insert(key, value);
        Some(amount)
    }
}

/// The sum of all coins; `None`: there are more than an answer has room for.
fn sum(coins: &[CoinInfo]) -> Option<Amount> {
    let amounts = coins.iter().map(|coin| coin.amount);
    Amount::checked_sum(amounts).filter(|_| coins.len() < COINS_MAX)
}

impl Lab {
    /// What an expression is judged by, as things are now. Nodes are asked for balances that
    /// nobody else knows.
    pub async fn facts_for(&self, expr: &Expr) -> Facts {
        self.shared.facts_for(expr).await
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
                reorg_depth: self.tally.deepest(ix),
            }
        });
        Facts::new(nodes.collect(), &self.ancestry)
    }

    /// Adds the balances that are known; those that nodes have to be asked for are returned.
    fn balances_for(&self, expr: &Expr, facts: &mut Facts) -> Vec<Question> {
        let mut questions = Vec::new();
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
                    questions.push(Question {
                        ix,
                        wallet: wallet.to_owned(),
                        address,
                        life,
                        tip,
                    });
                }
            }
        }
        questions
    }

    /// What a node knows of a wallet of its own.
    fn own_balance(&self, ix: NodeIx, wallet: &str) -> Option<Amount> {
        let seen = self.node(ix)?.snapshot.as_ref()?;
        let found = seen.wallets.iter().find(|own| own.name == wallet)?;
        found.confirmed.checked_add(found.immature)
    }
}
