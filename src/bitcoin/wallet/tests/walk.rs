//! Random walks over chains and mempools: after each step the wallets tell what the model does.

use super::model::Model;
use super::*;
use crate::bitcoin::pay;
use crate::node::io::Payment;
use crate::node::random::Random;
use std::collections::BTreeSet;

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

/// What is mined before the walk, so that there is something to spend.
const BEFORE: u32 = 104;

struct Walk {
    random: Random,
    wallets: LabWallets,
    chain: Made,
    /// The mempool, in the order in which wallets count it.
    waiting: Vec<(Transaction, Time)>,
    now: u64,
}

impl Walk {
    fn new(seed: u8) -> Self {
        let mut walk = Self {
            random: Random::new(&[seed; 32]),
            wallets: wallets(&NAMES),
            chain: Made::new(),
            waiting: Vec::new(),
            // Later than every block.
            now: 1_000_000_000_000_000_000,
        };
        for _ in 0..BEFORE {
            walk.mine(0);
        }
        walk
    }

    fn step(&mut self) {
        match self.random.below(12) {
            0..=4 => self.pay(),
            5 => self.pay_in(),
            6 | 7 => self.mine(2),
            8 => self.mine_another(),
            9 => self.drop_one(),
            10 => self.replace(),
            _ => self.reorganise(),
        }
    }

    /// A script of a wallet, or of none.
    fn any_script(&mut self) -> Vec<u8> {
        match self.random.below(NAMES.len() + 1) {
            0 => foreign(),
            at => key(u8::try_from(at).unwrap()).script(),
        }
    }

    fn wait(&mut self, tx: Transaction) {
        self.now += 1;
        self.wallets.waits(&tx, Time(self.now));
        self.waiting.push((tx, Time(self.now)));
    }

    fn pay(&mut self) {
        let from = NAMES[self.random.below(NAMES.len())];
        let script = self.any_script();
        let to = crate::bitcoin::address::of_script(&script, &FORM).unwrap();
        let most = usize::try_from(2 * MINED).unwrap();
        let request = Payment {
            fee: (self.random.below(2) == 0).then(|| units(1_234)),
            ..paying::request(from, &to, self.random.below(most) as u64 + 1_000)
        };
        let spendable = self.wallets.balance(from).unwrap().spendable;
        match self.wallets.pay(&request) {
            Ok((planned, payment)) => {
                self.check_payment(&planned, &payment);
                self.wait(paying::read(&payment));
            }
            Err(_) => assert!(spendable < request.amount.checked_add(units(100_000)).unwrap()),
        }
    }

    /// It spends what is there, is old enough and is spent by nothing.
    fn check_payment(&self, planned: &Planned, payment: &pay::Payment) {
        let coins = self
            .model()
            .coins(&self.wallets.script(&planned.payment.from).unwrap());
        for spent in &payment.spent {
            let coin = coins.iter().find(|coin| coin.outpoint == *spent);
            let coin = coin.expect("it is there and not spent");
            let height = coin.height.unwrap_or(0);
            assert!(!coin.coinbase || self.chain.height() + 1 >= height + 100);
            assert!(planned.inputs.contains(coin));
        }
        assert_eq!(planned.inputs.len(), payment.spent.len());
        assert_eq!(planned.fee, payment.fee);
    }

    /// A payment to wallets from outside.
    fn pay_in(&mut self) {
        let mut coin = foreign_coin(1);
        self.now += 1;
        coin.txid.0[..8].copy_from_slice(&self.now.to_le_bytes());
        let outputs = [(7_000_000, self.any_script()), (5_000, self.any_script())];
        self.wait(spends(&[(coin, None)], &outputs));
    }

    /// A block with as many of those that wait as chance has it, in their order.
    fn mine(&mut self, of: usize) {
        let mut left = BTreeSet::new();
        let mut taken = Vec::new();
        let there = self.counting();
        for (tx, _) in &self.waiting {
            let builds = inputs(tx).any(|coin| left.contains(&coin.txid));
            let is_left = of == 0 || self.random.below(of) == 0 || !there.contains(&tx.txid());
            match builds || is_left {
                true => drop(left.insert(tx.txid())),
                false => taken.push(tx.clone()),
            }
        }
        self.mine_these(taken);
    }

    /// A block that spends otherwise what one that waits spends.
    fn mine_another(&mut self) {
        let there = self.counting();
        let first = self.waiting.iter().map(|(tx, _)| tx);
        let in_blocks = |coin: OutPoint| !self.waiting.iter().any(|(tx, _)| tx.txid() == coin.txid);
        let mut ready = first.filter(|tx| there.contains(&tx.txid()) && inputs(tx).all(in_blocks));
        let Some(rival) = ready.next().cloned() else {
            return;
        };
        let another = self.rival_of(&rival, 2_000);
        self.mine_these(vec![another]);
    }

    /// Spends the same with the same keys, and pays all of it to chance.
    fn rival_of(&mut self, tx: &Transaction, less: u64) -> Transaction {
        let keys: Vec<LabKey> = (1..=3).map(key).collect();
        let opened = tx.open();
        let coins: Vec<_> = opened
            .inputs
            .iter()
            .map(|input| {
                let shown = |key: &&LabKey| input.script.ends_with(&key.secret().public_key().0);
                (input.spends, keys.iter().find(shown))
            })
            .collect();
        let paid = opened.paid().unwrap().units();
        spends(&coins, &[(paid - less, self.any_script())])
    }

    fn mine_these(&mut self, taken: Vec<Transaction>) {
        let to = self.any_script();
        for tx in &taken {
            self.waiting.retain(|(other, _)| other.txid() != tx.txid());
            inputs(tx).for_each(|coin| self.drop_spenders(coin));
        }
        self.chain.mine(&to, taken);
        self.chain.give_tip(&mut self.wallets);
    }

    /// The mempool has no longer what spends a coin, nor what builds on that.
    fn drop_spenders(&mut self, coin: OutPoint) {
        while let Some(at) = self
            .waiting
            .iter()
            .position(|(tx, _)| inputs(tx).any(|spent| spent == coin))
        {
            let (gone, _) = self.waiting.remove(at);
            self.drop_heirs(&gone);
        }
    }

    fn drop_heirs(&mut self, gone: &Transaction) {
        for index in 0..gone.open().outputs.len() {
            let (txid, index) = (gone.txid(), u32::try_from(index).unwrap());
            self.drop_spenders(OutPoint { txid, index });
        }
    }

    fn drop_one(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let (gone, _) = self.waiting.remove(self.random.below(self.waiting.len()));
        let before: BTreeSet<Txid> = self.waiting.iter().map(|(tx, _)| tx.txid()).collect();
        self.drop_heirs(&gone);
        self.wallets.gone(&gone.txid());
        let after: BTreeSet<Txid> = self.waiting.iter().map(|(tx, _)| tx.txid()).collect();
        for heir in before.difference(&after) {
            self.wallets.gone(heir);
        }
    }

    fn replace(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let (old, _) = self.waiting[self.random.below(self.waiting.len())].clone();
        let new = self.rival_of(&old, 3_000);
        inputs(&old).for_each(|coin| self.drop_spenders(coin));
        self.wait(new);
    }

    /// Some blocks are taken back, and others come, more of them.
    fn reorganise(&mut self) {
        let depth = 1 + self.random.below(6);
        for _ in 0..depth {
            let (height, block) = self.chain.blocks.pop().unwrap();
            let hash = block.hash();
            assert_eq!(self.wallets.block_at(height), Some(hash));
            assert_eq!(self.wallets.disconnect(), Some(BlockId { height, hash }));
            self.put_back(&block);
            self.check();
        }
        for _ in 0..=depth {
            self.mine(3);
            self.check();
        }
    }

    /// What a block had waits again, before what came later.
    fn put_back(&mut self, block: &Block) {
        let at = time_of(block.header().time);
        let back: Vec<_> = block.txs().skip(1).map(|tx| (tx, at)).collect();
        self.waiting = [back, std::mem::take(&mut self.waiting)].concat();
    }

    fn model(&self) -> Model {
        let scripts = NAMES.map(|name| self.wallets.script(name).unwrap());
        let keys: Vec<LabKey> = (1..=3).map(key).collect();
        let is_ours = |tx: &Transaction| {
            let opened = tx.open();
            let shows = |key: &LabKey| {
                opened.inputs[0]
                    .script
                    .ends_with(&key.secret().public_key().0)
            };
            keys.iter().any(shows)
        };
        Model::new(&scripts, &self.chain.blocks, &self.waiting, is_ours)
    }

    /// Those that wait and spend what is there.
    fn counting(&self) -> BTreeSet<Txid> {
        self.model().counting()
    }

    fn check(&self) {
        let model = self.model();
        for name in NAMES {
            let script = self.wallets.script(name).unwrap();
            let mut balance = self.wallets.balance(name).unwrap();
            let expected = model.balance(&script);
            if self.waiting.len() >= 25 {
                // The model knows no bound there.
                assert!(balance.spendable <= expected.spendable);
                balance.spendable = expected.spendable;
            }
            assert_eq!(balance, expected, "{name}");
            assert_eq!(self.wallets.coins(name), model.coins(&script), "{name}");
            assert_eq!(
                history(&self.wallets, name),
                model.history(&script),
                "{name}"
            );
        }
    }

    /// What is known of blocks is what one knows who never saw another.
    fn check_against_fresh(&self) {
        let mut fresh = wallets(&NAMES);
        for (height, block) in &self.chain.blocks {
            fresh.connect(*height, block).expect("the next");
        }
        let (walked, fresh) = (&self.wallets.ledger, &fresh.ledger);
        assert_eq!(format!("{walked:?}"), format!("{fresh:?}"));
    }
}

fn inputs(tx: &Transaction) -> impl Iterator<Item = OutPoint> {
    tx.open().inputs.into_iter().map(|input| input.spends)
}

#[test]
fn wallets_tell_what_a_model_works_out_from_scratch() {
    for seed in 0..8 {
        let mut walk = Walk::new(seed);
        for step in 0..60 {
            println!("seed {seed}, step {step}");
            walk.step();
            walk.check();
        }
        walk.check_against_fresh();
    }
}
