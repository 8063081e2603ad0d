//! A naive model of the chain, driven side by side with the real one by a list of operations.
//!
//! The model knows by construction which of its blocks are bad and why, keeps no state but "which
//! bodies were delivered", and recomputes everything else from the genesis block each time it is
//! asked. Operations are four bytes each, so that a property test can shrink them and a fuzzer
//! mutate them.

mod make;

use super::*;
use chainlab::chain::RuleError;
use std::collections::{BTreeMap, BTreeSet};

/// One operation: what, and three bytes to choose with.
pub type Op = [u8; 4];

type CoinMap = BTreeMap<OutPoint, Coin>;

/// A block of the model's universe, delivered or not.
struct Made {
    block: Arc<Block>,
    parent: usize,
    miner: Miner,
    /// What the real chain must say about this block, its ancestors being fine.
    flaw: Option<RuleError>,
    /// The flaw shows without coins, at delivery.
    flaw_shows_at_once: bool,
    delivered: bool,
}

/// What a run came across, so that a test can tell that it is not all idle.
#[derive(Default)]
pub struct Seen {
    pub reorganisations: usize,
    pub deepest: usize,
    /// How often each refusal was met, by the first word of its `Debug` form.
    pub refusals: BTreeMap<String, usize>,
}

impl Seen {
    fn change(&mut self, accepted: &BlockAccepted) {
        if let Some(change) = &accepted.change {
            self.reorganisations += usize::from(!change.disconnected.is_empty());
            self.deepest = self.deepest.max(change.disconnected.len());
        }
        accepted
            .invalid
            .iter()
            .for_each(|(_, error)| self.refusal(error));
    }

    fn refusal(&mut self, error: &RuleError) {
        let text = match error {
            RuleError::Tx { error, .. } => format!("{error:?}"),
            error => format!("{error:?}"),
        };
        let name = text.split([' ', '(']).next().expect("a name").to_owned();
        *self.refusals.entry(name).or_default() += 1;
    }
}

/// The real chain and the model beside it.
pub struct World<S, R> {
    params: Params,
    chain: Option<ChainState<S>>,
    reopen: R,
    made: Vec<Made>,
    seen: Seen,
}

impl<S: Store, R: FnMut(S) -> S> World<S, R> {
    /// `reopen` closes a store and opens it again.
    pub fn new(store: S, reopen: R) -> Self {
        let params = Params {
            retarget: Retarget::Asert,
            maturity: 2,
            ..params()
        };
        let genesis = Made {
            block: Arc::new(params.genesis_block()),
            parent: 0,
            miner: Miner::new(&params),
            flaw: None,
            flaw_shows_at_once: false,
            delivered: true,
        };
        Self {
            chain: Some(open(store, &params)),
            params,
            reopen,
            made: vec![genesis],
            seen: Seen::default(),
        }
    }

    /// Runs all operations, comparing after each.
    pub fn run(mut self, ops: &[Op]) -> Seen {
        for op in ops {
            self.step(*op);
            self.compare();
        }
        sound(self.chain());
        self.reopen();
        self.compare();
        sound(self.chain());
        self.seen
    }

    fn step(&mut self, [what, a, b, c]: Op) {
        let on = |selector: u8, made: &[Made]| usize::from(selector) % made.len();
        match what % 16 {
            // Extend: usually the newest block, so that chains grow; sometimes any.
            0..=4 => {
                let newest = self.made.len() - 1;
                self.make(newest, b, c);
                self.deliver(self.made.len() - 1);
            }
            5..=6 => {
                self.make(on(a, &self.made), b, c);
                self.deliver(self.made.len() - 1);
            }
            // Made, and delivered some other time.
            7..=8 => self.make(on(a, &self.made), b, c),
            9..=11 => self.deliver(on(a, &self.made)),
            12 => self.deliver_header(on(a, &self.made)),
            13 => self.deliver_mutated(on(a, &self.made), b),
            14 => self.deliver_branch_backwards(on(a, &self.made)),
            _ => self.reopen(),
        }
    }

    fn chain(&self) -> &ChainState<S> {
        self.chain.as_ref().expect("open between operations")
    }

    fn chain_mut(&mut self) -> &mut ChainState<S> {
        self.chain.as_mut().expect("open between operations")
    }

    fn reopen(&mut self) {
        let store = self.chain.take().expect("open").into_store();
        let store = (self.reopen)(store);
        self.chain = Some(open(store, &self.params));
    }

    /// From above the genesis block to `at`.
    fn ancestry(&self, at: usize) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = at;
        while at != 0 {
            path.push(at);
            at = self.made[at].parent;
        }
        path.reverse();
        path
    }

    /// Recomputed from the genesis block: what each transaction takes and makes, without a check.
    fn coins_at(&self, at: usize) -> CoinMap {
        let mut coins = CoinMap::new();
        for at in std::iter::once(0).chain(self.ancestry(at)) {
            let made = &self.made[at];
            let height = made.miner.cursor.height;
            for (index, tx) in made.block.txs().iter().enumerate() {
                tx.inputs.iter().for_each(|input| {
                    coins.remove(&input.outpoint);
                });
                coins.extend(made_by(&made.block, index, height));
            }
        }
        coins
    }

    fn is_good(&self, at: usize) -> bool {
        self.ancestry(at)
            .iter()
            .all(|at| self.made[*at].flaw.is_none())
    }

    fn header_is_known(&self, at: usize) -> bool {
        let tree = self.chain().tree();
        tree.find(&self.made[at].block.hash()).is_some()
    }

    fn deliver(&mut self, at: usize) {
        let block = Arc::clone(&self.made[at].block);
        let parent = self.made[at].parent;
        let parent_known = at == 0 || self.header_is_known(parent);
        let outcome = self.chain_mut().accept_block(Origin::Peer(1), &block, LATE);
        match &outcome {
            Ok(accepted) => self.seen.change(accepted),
            Err(AcceptError::Rule(error)) => self.seen.refusal(error),
            Err(AcceptError::Store(fault)) => panic!("{fault}"),
        }
        if !parent_known {
            let missing = RuleError::UnknownParent(block.header().previous);
            assert_eq!(outcome, Err(AcceptError::Rule(missing)));
            return;
        }
        if !self.is_good(parent) {
            // Whether the bad ancestor is known by now depends on what was connected.
            self.made[at].delivered |= outcome.is_ok();
            return;
        }
        let made = &mut self.made[at];
        match (&made.flaw, outcome) {
            (None, Ok(accepted)) => {
                assert_eq!(accepted.new, !made.delivered);
                made.delivered = true;
                assert!(
                    accepted
                        .invalid
                        .iter()
                        .all(|(hash, _)| *hash != block.hash())
                );
            }
            (Some(flaw), Err(AcceptError::Rule(error))) => {
                let again = error == RuleError::KnownInvalid;
                assert!(
                    again || (made.flaw_shows_at_once && error == *flaw),
                    "{error}"
                );
            }
            (Some(flaw), Ok(accepted)) => {
                assert!(!made.flaw_shows_at_once);
                made.delivered = true;
                for (hash, error) in accepted.invalid {
                    assert!(hash != block.hash() || error == *flaw, "{error}");
                }
            }
            (flaw, outcome) => panic!("{flaw:?} led to {outcome:?}"),
        }
    }

    fn deliver_header(&mut self, at: usize) {
        let header = *self.made[at].block.header();
        let good = self.is_good(at);
        let parent_known = at == 0 || self.header_is_known(self.made[at].parent);
        let chain = self.chain_mut();
        let accepted = chain
            .accept_headers(Origin::Peer(2), &[header], LATE)
            .expect("the store works");
        match accepted.refused {
            None => {}
            Some((0, RuleError::UnknownParent(_))) => assert!(!parent_known),
            Some((0, RuleError::InvalidAncestor(_) | RuleError::KnownInvalid)) => assert!(!good),
            other => panic!("{other:?}"),
        }
    }

    /// A body that is not the one the header commits to.
    fn deliver_mutated(&mut self, at: usize, how: u8) {
        let made = &self.made[at];
        if made.delivered || !self.is_good(at) || !self.header_is_known(made.parent) {
            return;
        }
        let (header, mut txs) = Block::clone(&made.block).into_parts();
        let expected = match how % 3 {
            0 => {
                // One transaction has no pair to repeat: the same tree, but another count.
                txs.push(txs[txs.len() - 1].clone());
                None
            }
            1 => {
                txs.clear();
                Some(RuleError::MerkleRoot)
            }
            _ => {
                txs[0].lock_time ^= 1;
                Some(RuleError::MerkleRoot)
            }
        };
        let block = Arc::new(Block::new(header, txs));
        let outcome = self.chain_mut().accept_block(Origin::Peer(3), &block, LATE);
        let Err(AcceptError::Rule(error)) = outcome else {
            panic!("a mutated body led to {outcome:?}");
        };
        self.seen.refusal(&error);
        match expected {
            Some(expected) => assert_eq!(error, expected),
            None => assert!(matches!(
                error,
                RuleError::RepeatedTail | RuleError::MerkleRoot
            )),
        }
    }

    /// Headers first, then the bodies from the end to the start.
    fn deliver_branch_backwards(&mut self, at: usize) {
        let path = self.ancestry(at);
        let headers: Vec<Header> = path
            .iter()
            .map(|at| *self.made[*at].block.header())
            .collect();
        let chain = self.chain_mut();
        chain
            .accept_headers(Origin::Peer(4), &headers, LATE)
            .expect("the store works");
        for at in path.into_iter().rev() {
            self.deliver(at);
            self.compare();
        }
    }

    /// Tip and coins must be what the model finds when it starts from nothing.
    fn compare(&self) {
        let chain = self.chain();
        let here: BTreeSet<usize> = (0..self.made.len())
            .filter(|at| self.is_good(*at))
            .filter(|at| self.ancestry(*at).iter().all(|at| self.made[*at].delivered))
            .collect();
        let work = |at: usize| self.made[at].miner.cursor.work;
        let most = here
            .iter()
            .map(|at| work(*at))
            .max()
            .expect("the genesis block");
        let tip = chain.tip();
        let at = (0..self.made.len())
            .find(|at| self.made[*at].block.hash() == tip.hash)
            .expect("the tip is one of ours");
        assert!(here.contains(&at), "the tip is valid and complete");
        assert_eq!(work(at), most, "no valid and complete branch has more work");
        assert_eq!(tip.height, self.made[at].miner.cursor.height);

        let expected = self.coins_at(at);
        let mut stored = CoinMap::new();
        chain
            .store()
            .each_coin(&mut |outpoint, coin| {
                stored.insert(outpoint, coin);
            })
            .expect("readable");
        assert_eq!(stored, expected, "the coins are those of a replay");
        let supply: u64 = stored.values().map(|coin| coin.amount.units()).sum();
        let subsidies = u64::from(tip.height) * coins(10).units();
        assert_eq!(supply, coins(20).units() + subsidies, "the supply is exact");
    }
}
