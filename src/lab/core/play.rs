//! The script, as it is played.

use super::requests::{Asker, Work};
use super::{CallId, Core, Moment, Sight};
use crate::chain::{Amount, BlockHash};
use crate::lab::ask::ScriptChange;
use crate::lab::layout::Layout;
use crate::lab::script::{Cause, Script, ScriptView, Want};
use crate::node::NodeIx;
use crate::node::io::{CommandError, Question, Reply};
use crate::node::snapshot::{COINS_MAX, CoinInfo};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// How long nodes that show themselves take to show what was done, and a little more.
const SETTLE: Duration = Duration::from_millis(50);

/// A script, and what it waits for.
#[derive(Clone)]
pub(super) struct Play {
    script: Script,
    /// What it wanted done, and what came of that as soon as it is known.
    pending: Option<Option<Result<(), String>>>,
    /// When nodes that show themselves have shown what was done.
    settles: Option<Duration>,
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
    pub(super) fn new(layout: &Layout, round: u32, plays: bool) -> Self {
        let steps = if plays { &layout.steps[..] } else { &[] };
        Self {
            script: Script::new(steps.to_vec(), layout.pace).again(round),
            pending: None,
            settles: None,
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
            if self.sight == Sight::Told
                && now.ran < *self.play.settles.get_or_insert(now.ran + SETTLE)
            {
                return self.rest();
            }
            self.play.settles = None;
            let done = self.play.pending.take().flatten();
            self.play.script.did(now.ran, done.unwrap_or(Ok(())));
        }
        match self.play.script.next(now.ran) {
            Want::Nothing | Want::Until(_) | Want::Change => self.rest(),
            Want::Facts(expr, _) => {
                if self.needs_look(now, true) {
                    return Next::On;
                }
                let (facts, unknown) = self.facts_for(&expr);
                if self.asks_for(now, unknown) {
                    return Next::Asked;
                }
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

    /// Asks nodes for balances that are not known. Whether they are to be waited for.
    fn asks_for(&mut self, now: Moment, unknown: Vec<(NodeIx, String, String)>) -> bool {
        for (ix, wallet, of) in unknown {
            let key = (ix, wallet);
            let asked = self.play.balances.get(&key);
            if asked.is_some_and(|known| self.is_of_now(ix, known) && known.asked == now.ran) {
                continue;
            }
            let balance = Balance {
                life: self.nodes[ix.0].life,
                tip: self.tip_seen(ix),
                asked: now.ran,
                amount: None,
            };
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

    fn is_of_now(&self, ix: NodeIx, known: &Balance) -> bool {
        known.life == self.nodes[ix.0].life && known.tip == self.tip_seen(ix)
    }

    /// What a node said that a wallet has, if that holds.
    pub(super) fn balance(&self, ix: NodeIx, wallet: &str) -> Option<Amount> {
        let known = self.play.balances.get(&(ix, wallet.to_owned()))?;
        known.amount.filter(|_| self.is_of_now(ix, known))
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
        if self.steps().steps.is_empty() {
            return Err(no_script());
        }
        self.play.script.change(now.ran, change)?;
        Ok(change.words().to_owned())
    }

    /// The script, as it is, here or in the lab that is shown; `None`: there is none.
    pub fn script(&self) -> Option<&Arc<ScriptView>> {
        let own = Some(self.steps()).filter(|own| !own.steps.is_empty());
        own.or(self.hosts.script())
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
