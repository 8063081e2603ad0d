//! The blocks of the model's universe: good ones, and ones with a flaw that is known beforehand.

use super::*;
use chainlab::chain::coins::{CoinSource, CoinView};
use chainlab::chain::key::SignatureError;
use chainlab::chain::rules::{self, TxError};
use std::convert::Infallible;

impl<S: Store, R: FnMut(S) -> S> World<S, R> {
    /// Puts another block on the block at `parent`, with or without a flaw.
    pub(super) fn make(&mut self, parent: usize, choice: u8, flaw: u8) {
        let coins = self.coins_at(parent);
        let mut miner = self.made[parent].miner.rival(self.made.len() as u64);
        let height = miner.next_height();
        let mature = |coin: &Coin| !coin.coinbase || height >= coin.height + 2;
        let mut spendable: Vec<Spend> = coins
            .iter()
            .filter(|(_, coin)| mature(coin))
            .map(|(at, coin)| (*at, *coin))
            .collect();
        let mut txs = Vec::new();
        let mut fees = 0;
        for _ in 0..usize::from(choice % 3).min(spendable.len()) {
            let spends = take_spends(&mut spendable, choice);
            let (tx, fee) = self.payment(&spends, u64::from(choice % 2));
            fees += fee;
            if choice & 0x40 != 0 {
                // What it makes can be spent further down in the same block.
                spendable.extend(made_in_block(&tx, height));
            }
            txs.push(tx);
        }
        let mut coinbase = miner.coinbase();
        coinbase.outputs[0].amount = units(coinbase.outputs[0].amount.units() + fees);
        let (flaw, shows) = self.flaw(flaw, parent, &mut txs, &mut coinbase);
        let mut all = vec![coinbase];
        all.extend(txs);
        let block = miner.assemble(all);
        let block = self.retimed(&miner, block, choice);
        miner.step(&block);
        if flaw.is_none() {
            self.undo_gives_back(&coins, &block, height);
        }
        self.made.push(Made {
            block: Arc::new(block),
            parent,
            miner,
            flaw,
            flaw_shows_at_once: shows,
            delivered: false,
        });
    }

    /// The same block a shorter or longer time after its parent, so that targets differ.
    fn retimed(&self, miner: &Miner, block: Block, choice: u8) -> Block {
        let (header, txs) = block.into_parts();
        let step = [INTERVAL_MS, 1, INTERVAL_MS / 3, 4 * INTERVAL_MS][usize::from(choice / 3) % 4];
        let time = miner.cursor.time.saturating_add_ms(step);
        let time = time.max(miner.cursor.earliest_time());
        Block::new(solve(Header { time, ..header }), txs)
    }

    /// Pays coins of one actor on to the next actor, in two parts. Returns the fee too.
    fn payment(&self, spends: &[Spend], fee: u64) -> (Tx, u64) {
        let actors = [ALICE, BOB, CAROL, MINER];
        let is_owner = |actor: &u8| owner(*actor) == spends[0].1.owner;
        let at = actors.iter().position(is_owner);
        let at = at.expect("all coins are the actors'");
        let (from, to) = (actors[at], actors[(at + 1) % 4]);
        let amount: u64 = spends.iter().map(|(_, coin)| coin.amount.units()).sum();
        if amount < 4 {
            return (pay(&self.params, from, spends, &[(to, amount)]), 0);
        }
        let part = amount / 3;
        let outputs = [(to, part), (from, amount - part - fee)];
        (pay(&self.params, from, spends, &outputs), fee)
    }

    /// Spoils a block in one of several ways and returns what must be said of it. Blocks that
    /// have nothing to spoil stay good.
    fn flaw(
        &self,
        kind: u8,
        parent: usize,
        txs: &mut Vec<Tx>,
        coinbase: &mut Tx,
    ) -> (Option<RuleError>, bool) {
        let in_tx = |index, error| Some(RuleError::Tx { index, error });
        let height = coinbase.lock_time;
        let last = txs.len();
        let claimed = |coinbase: &Tx| coinbase.outputs[0].amount.units();
        match kind % 24 {
            1 => {
                let allowed = units(claimed(coinbase));
                let claimed = units(claimed(coinbase) + 1);
                coinbase.outputs[0].amount = claimed;
                (Some(RuleError::CoinbaseAmount { claimed, allowed }), false)
            }
            2 if last > 0 => {
                txs[last - 1].inputs[0].signature.0[40] ^= 1;
                let why = SignatureError::Mismatch;
                (in_tx(last, TxError::Signature { input: 0, why }), false)
            }
            3 if last > 0 => {
                txs[last - 1].inputs[0].key = key(77).public_key();
                (in_tx(last, TxError::WrongOwner { input: 0 }), false)
            }
            4 if last > 0 => {
                txs[last - 1].lock_time = height + 1;
                let lock_time = height + 1;
                (in_tx(last, TxError::Locked { lock_time, height }), true)
            }
            5 if last > 0 => {
                txs.push(txs[0].clone());
                txs[last].outputs.rotate_left(1);
                (in_tx(last + 1, TxError::MissingOrSpent { input: 0 }), false)
            }
            6 => match self.spent_below(parent) {
                Some(outpoint) => {
                    let coin = Coin {
                        amount: coins(1),
                        owner: owner(ALICE),
                        height: 0,
                        coinbase: false,
                    };
                    txs.push(pay(&self.params, ALICE, &[(outpoint, coin)], &[(BOB, 5)]));
                    (in_tx(last + 1, TxError::MissingOrSpent { input: 0 }), false)
                }
                None => (None, false),
            },
            7 if last > 0 => {
                let more = units(txs[0].outputs[0].amount.units() + coins(1).units());
                txs[0].outputs[0].amount = more;
                (in_tx(1, TxError::OutputsExceedInputs), false)
            }
            8 => {
                coinbase.lock_time = height + 1;
                let got = height + 1;
                (Some(RuleError::CoinbaseHeight { height, got }), true)
            }
            _ => (None, false),
        }
    }

    /// A coin that a block on the way to `at` has spent.
    fn spent_below(&self, at: usize) -> Option<OutPoint> {
        let mut blocks = self.ancestry(at).into_iter().rev();
        blocks.find_map(|at| {
            let txs = self.made[at].block.txs();
            txs.get(1).map(|tx| tx.inputs[0].outpoint)
        })
    }

    /// Connecting and then disconnecting leaves every coin as it was.
    fn undo_gives_back(&self, coins: &CoinMap, block: &Block, height: u32) {
        let source = Fixed(coins);
        let mut view = CoinView::new(&source);
        let (params, network) = (&self.params, network(&self.params));
        let sigs = no_sigs();
        let undo = rules::connect_block(&mut view, block, height, params, network, &sigs);
        let undo = undo.expect("a good block");
        rules::disconnect_block(&mut view, block, height, &undo).expect("its own undo data");
        assert_eq!(view.into_changes(), []);
    }
}

/// One coin, or up to three of one owner.
fn take_spends(spendable: &mut Vec<Spend>, choice: u8) -> Vec<Spend> {
    let mut spends = vec![spendable.remove(usize::from(choice) % spendable.len())];
    let wanted = 1 + usize::from(choice / 16) % 3;
    while spends.len() < wanted {
        let owner = spends[0].1.owner;
        let Some(at) = spendable.iter().rposition(|(_, coin)| coin.owner == owner) else {
            break;
        };
        spends.push(spendable.remove(at));
    }
    spends
}

/// The coins of a payment in a block at `height`.
fn made_in_block(tx: &Tx, height: u32) -> Vec<Spend> {
    let txid = tx.txid();
    let coin = |(index, out): (u32, &TxOut)| {
        let coin = Coin {
            amount: out.amount,
            owner: out.owner,
            height,
            coinbase: false,
        };
        (OutPoint { txid, index }, coin)
    };
    (0..).zip(&tx.outputs).map(coin).collect()
}

struct Fixed<'a>(&'a CoinMap);

impl CoinSource for Fixed<'_> {
    type Fault = Infallible;

    fn coins(&self, outpoints: &[OutPoint]) -> Result<Vec<Option<Coin>>, Infallible> {
        Ok(outpoints.iter().map(|at| self.0.get(at).copied()).collect())
    }
}
