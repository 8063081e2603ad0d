//! What wallets show: balances, coins, history.

use super::keys::Owner;
use super::ledger::Held;
use super::limits::{HISTORY_MAX, MATURITY};
use super::moves::{Flow, plus, sum};
use super::shown::{Balance, CoinOf, Entry};
use super::{LabWallets, time_of};
use crate::bitcoin::pay::INPUTS_MAX;
use crate::chain::OutPoint;
use crate::node::store::BlockId;
use crate::node::time::Time;
use std::cmp::Reverse;

impl LabWallets {
    /// What a wallet holds; `None`: there is none of this name. It looks at every coin of the wallet.
    pub fn balance(&self, name: &str) -> Option<Balance> {
        let owner = self.keys.owner(name)?;
        let coins = || self.ledger.coins_of(owner).map(|(_, coin)| coin);
        let amounts = |mature| {
            let coins = coins().filter(move |coin| self.is_mature(coin) == mature);
            sum(coins.map(|coin| coin.amount))
        };
        let usable = self.usable(owner).all();
        let mut balance = Balance {
            confirmed: amounts(true),
            immature: amounts(false),
            spendable: sum(usable.iter().take(INPUTS_MAX).map(|coin| coin.amount)),
            ..Balance::default()
        };
        for (_, flow) in self.waiting.counting(&self.ledger) {
            let (received, spent) = flow.net(owner);
            balance.incoming = plus(balance.incoming, received);
            balance.outgoing = plus(balance.outgoing, spent);
            balance.unconfirmed += usize::from(flow.concerns(owner));
        }
        Some(balance)
    }

    /// The coins of a wallet that nothing known spends, the largest first: in blocks, mature or not, and
    /// outputs that wait. Empty as well if there is no wallet of this name.
    pub fn coins(&self, name: &str) -> Vec<CoinOf> {
        let Some(owner) = self.keys.owner(name) else {
            return Vec::new();
        };
        let waiting = self.unspent_waiting(owner).map(|(_, coin)| coin);
        let mut coins: Vec<CoinOf> = self.unspent_in_blocks(owner).chain(waiting).collect();
        largest_first(&mut coins);
        coins
    }

    /// What a wallet did, newest first: what waits, and [`HISTORY_MAX`] entries of blocks at most, of
    /// those that [can be taken back](super::limits::BLOCKS_MAX). `None`: there is none of this name.
    pub fn history<'a>(&'a self, name: &str) -> Option<impl Iterator<Item = Entry> + use<'a>> {
        let owner = self.keys.owner(name)?;
        let waiting = self.waiting.counting(&self.ledger).rev();
        let waiting = waiting.map(|(waiter, flow)| (flow, waiter.at, None));
        let in_blocks = self.ledger.blocks().flat_map(|(block, taken)| {
            let at = time_of(taken.time);
            let records = taken.records.iter().rev();
            records.map(move |record| (record.flow(), at, Some(block)))
        });
        let of_owner = move |(flow, _, _): &(Flow<'_>, Time, Option<BlockId>)| flow.concerns(owner);
        let in_blocks = in_blocks.filter(of_owner).take(HISTORY_MAX);
        let all = waiting.filter(of_owner).chain(in_blocks);
        Some(all.map(move |(flow, at, block)| entry(owner, &flow, at, block)))
    }

    /// Coins in blocks, mature or not, that nothing known spends.
    pub(super) fn unspent_in_blocks(&self, owner: Owner) -> impl Iterator<Item = CoinOf> {
        let coins = self.ledger.coins_of(owner);
        let unspent = coins.filter(|(outpoint, _)| !self.waiting.claims(outpoint));
        unspent.map(|(outpoint, coin)| coin_of(outpoint, coin))
    }

    /// Outputs for a wallet that wait and that nothing spends, and whether they are of its own payment.
    pub(super) fn unspent_waiting(&self, owner: Owner) -> impl Iterator<Item = (bool, CoinOf)> {
        let counting = self.waiting.counting(&self.ledger);
        counting.flat_map(move |(waiter, flow)| {
            let own = flow.is_paid_by(owner);
            let made = waiter.moves.made().filter(move |made| made.1 == owner);
            let unspent = made.filter(|(outpoint, ..)| !self.waiting.claims(outpoint));
            unspent.map(move |(outpoint, _, amount)| {
                let coin = CoinOf {
                    outpoint,
                    amount,
                    height: None,
                    coinbase: false,
                };
                (own, coin)
            })
        })
    }

    /// Whether the next block may have what spends it.
    pub(super) fn is_mature(&self, coin: &Held) -> bool {
        !coin.coinbase || self.matures_at(coin.height) <= self.height()
    }

    /// The height of the tip from which on the next block may have what spends a coinbase of this height.
    pub(super) const fn matures_at(&self, coinbase: u32) -> u32 {
        coinbase.saturating_add(MATURITY - 1)
    }

    fn height(&self) -> u32 {
        self.tip().map_or(0, |tip| tip.height)
    }
}

/// In the order in which coins are spent.
pub(super) fn largest_first(coins: &mut [CoinOf]) {
    coins.sort_by_key(|coin| (Reverse(coin.amount), coin.outpoint));
}

fn coin_of(outpoint: OutPoint, coin: &Held) -> CoinOf {
    CoinOf {
        outpoint,
        amount: coin.amount,
        height: Some(coin.height),
        coinbase: coin.coinbase,
    }
}

fn entry(owner: Owner, flow: &Flow<'_>, at: Time, block: Option<BlockId>) -> Entry {
    let (received, spent) = flow.net(owner);
    Entry {
        txid: flow.moves.txid,
        block,
        at,
        coinbase: flow.moves.coinbase,
        received,
        spent,
        fee: flow.fee(owner),
        to: flow.to(owner),
    }
}
