//! The script, as it is played.

use super::requests::{Asker, Work};
use super::{CallId, Core, Moment};
use crate::chain::{Amount, BlockHash};
use crate::lab::ask::ScriptChange;
use crate::lab::layout::Layout;
use crate::lab::script::{Cause, Expr, Facts, Script, ScriptView, Want};
use crate::node::NodeIx;
use crate::node::io::{CommandError, Question, Reply};
use crate::node::snapshot::{COINS_MAX, CoinInfo};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A script, and what it waits for.
#[derive(Clone)]
pub(super) struct Play {
    script: Script,
    /// What it wanted done, and what came of that as soon as it is known.
    pending: Option<Option<Result<(), String>>>,
    /// It is played at this moment, until it wants nothing more that can be had now.
    on: Option<Duration>,
    /// Balances that were asked for at this moment.
    asking: BTreeSet<CallId>,
    balances: BTreeMap<(NodeIx, String), Balance>,
}

/// What a node said that an address has.
#[derive(Clone)]
struct Balance {
    /// It holds as long as the node lives and its chain ends here: no node ever comes back to a tip
    /// that it has left, because work only grows.
    life: u64,
    tip: BlockHash,
    /// When it was asked for: if nothing came of that, it is asked for again later.
    asked: Duration,
    amount: Option<Amount>,
}

/// What to do after a part of the script.
pub(super) enum Next {
    /// Go on.
    On,
    /// Wait for what was asked for: it is there before time goes on.
    Asked,
    /// Nothing more for now.
    Rest,
}

impl Play {
    pub(super) fn new(layout: &Layout, round: u32) -> Self {
        Self {
            script: Script::new(layout.steps.clone(), layout.pace).again(round),
            pending: None,
            on: None,
            asking: BTreeSet::new(),
            balances: BTreeMap::new(),
        }
    }

    pub(super) fn view(&self) -> &Arc<ScriptView> {
        self.script.view()
    }

    /// It is played at this moment.
    pub(super) fn begin(&mut self, now: Duration) {
        self.on = Some(now);
        self.asking.clear();
    }

    /// Another moment has come: what it still waits for it is told the next time that it is played.
    pub(super) fn leave_behind(&mut self, now: Duration) {
        self.on = self.on.filter(|on| *on == now);
    }

    pub(super) fn is_on(&self) -> bool {
        self.on.is_some()
    }

    /// Whether it has asked for something that it goes on by.
    pub(super) fn asks(&self) -> bool {
        self.is_on() && !self.asking.is_empty()
    }

    /// What it wanted done is done, or was refused.
    pub(super) fn done(&mut self, result: Result<(), String>) {
        self.pending = Some(Some(result));
    }
}

impl Core {
    /// Plays on at this moment.
    pub(super) fn play_on(&mut self, now: Moment) -> Next {
        if let Some(pending) = &self.play.pending {
            if pending.is_none() {
                return Next::Rest;
            }
            // The next step sees what was done.
            if self.needs_look(now, true) {
                return Next::On;
            }
            let done = self.play.pending.take().flatten();
            self.play.script.did(now.ran, done.unwrap_or(Ok(())));
        }
        match self.play.script.next(now.ran) {
            Want::Nothing | Want::Until(_) | Want::Change => self.rest(),
            Want::Facts(expr, _) => {
                if self.needs_look(now, true) {
                    return Next::On;
                }
                if self.asks_for_balances(now, &expr) {
                    return Next::Asked;
                }
                let facts = self.facts_for(&expr);
                match self.play.script.judge(now.ran, &facts) {
                    true => Next::On,
                    false => self.rest(),
                }
            }
            Want::Do(request) => {
                // What is asked for may be about what nodes have made by themselves.
                if self.needs_look(now, true) {
                    return Next::On;
                }
                self.play.pending = Some(None);
                match request.resolve(self) {
                    Ok(request) => self.request(now, Asker::Script, request),
                    Err(error) => self.play.done(Err(error.to_string())),
                }
                Next::On
            }
        }
    }

    fn rest(&mut self) -> Next {
        self.play.on = None;
        Next::Rest
    }

    /// Asks nodes for what an expression needs and is not known. Whether it is to be waited for.
    fn asks_for_balances(&mut self, now: Moment, expr: &Expr) -> bool {
        let is_unknown = |(ix, wallet, _): &(NodeIx, &str, &str)| {
            let known = self.balance(*ix, wallet);
            known.is_none_or(|known| known.amount.is_none() && known.asked != now.ran)
        };
        let unknown = self.balances_of(expr).filter(is_unknown);
        let unknown =
            unknown.map(|(ix, wallet, address)| (ix, wallet.to_owned(), address.to_owned()));
        for (ix, wallet, of) in unknown.collect::<Vec<_>>() {
            let balance = Balance {
                life: self.nodes[ix.0].life,
                tip: self.tip_seen(ix),
                asked: now.ran,
                amount: None,
            };
            let key = (ix, wallet);
            self.ask(ix, Question::Coins { of }, Work::Balance(key.clone()));
            self.play.balances.insert(key, balance);
            self.play.asking.insert(CallId(self.last_call));
        }
        self.play.asks()
    }

    /// A balance came in, or did not.
    pub(super) fn balance_told(
        &mut self,
        call: CallId,
        key: &(NodeIx, String),
        reply: Result<Reply, CommandError>,
    ) {
        self.play.asking.remove(&call);
        if let (Ok(Reply::Coins(coins)), Some(known)) = (reply, self.play.balances.get_mut(key)) {
            known.amount = sum(&coins);
        }
    }

    fn tip_seen(&self, ix: NodeIx) -> BlockHash {
        let seen = self.nodes[ix.0].seen.as_ref();
        seen.map_or(BlockHash::ZERO, |seen| seen.tip.hash)
    }

    fn balance(&self, ix: NodeIx, wallet: &str) -> Option<&Balance> {
        let known = self.play.balances.get(&(ix, wallet.to_owned()))?;
        let is_of_now = known.life == self.nodes[ix.0].life && known.tip == self.tip_seen(ix);
        is_of_now.then_some(known)
    }

    /// What an expression is judged by, as far as it is known.
    fn facts_for(&self, expr: &Expr) -> Facts {
        let mut facts = self.facts();
        for (ix, wallet, _) in self.balances_of(expr) {
            if let Some(amount) = self.balance(ix, wallet).and_then(|known| known.amount) {
                let key = (Arc::clone(&self.nodes[ix.0].name), wallet.to_owned());
                facts.balances.insert(key, amount);
            }
        }
        facts
    }

    /// Leads the script; says what it does then.
    ///
    /// # Errors
    /// In words, why it cannot be led so.
    pub(super) fn lead(
        &mut self,
        now: Moment,
        change: ScriptChange,
    ) -> Result<String, CommandError> {
        if self.layout.steps.is_empty() {
            return Err(no_script());
        }
        self.play.script.change(now.ran, change)?;
        Ok(change.words().to_owned())
    }

    /// The script, as it is; `None`: there is none.
    pub fn script(&self) -> Option<&Arc<ScriptView>> {
        (!self.layout.steps.is_empty()).then(|| self.play.view())
    }

    /// The steps, as they are, of which there may be none.
    pub fn steps(&self) -> &Arc<ScriptView> {
        self.play.view()
    }

    /// What the script waits for when it has gone on for so long, and in which step; `None`: it is over.
    pub fn waits(&self, elapsed: Duration) -> Option<(usize, Cause)> {
        self.play.script.waits(elapsed)
    }
}

/// That nothing is played here.
pub(in crate::lab) fn no_script() -> CommandError {
    "no script is played in this lab".into()
}

/// The sum of all coins; `None`: there are more than an answer has room for.
pub(in crate::lab) fn sum(coins: &[CoinInfo]) -> Option<Amount> {
    let amounts = coins.iter().map(|coin| coin.amount);
    Amount::checked_sum(amounts).filter(|_| coins.len() < COINS_MAX)
}
