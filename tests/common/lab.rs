//! A running node under attack, and the honest miner who builds on its tip. Each `refuses_…`
//! hands in an attack, insists on the exact error, and that the chain and its coins are what they
//! were; [`Lab::serves`] then shows that the node still does its work.

use super::*;
use chainlab::chain::RuleError;
use chainlab::chain::rules::TxError;

pub struct Lab {
    pub params: Params,
    pub chain: ChainState<MemStore>,
    pub miner: Miner,
}

impl Lab {
    /// The network of [`params`], where Alice and Bob have ten coins each.
    pub fn new() -> Self {
        Self::of(params())
    }

    pub fn of(params: Params) -> Self {
        Self {
            chain: new_chain(&params),
            miner: Miner::new(&params),
            params,
        }
    }

    /// The coin that an actor has from the genesis block.
    pub fn purse(&self, actor: u8) -> Spend {
        genesis_coin(&self.params, actor)
    }

    pub fn pay(&self, actor: u8, spends: &[Spend], outputs: &[(u8, u64)]) -> Tx {
        pay(&self.params, actor, spends, outputs)
    }

    /// A payment of Bob's, with which every block is a little busy.
    pub fn bobs_payment(&self) -> Tx {
        self.pay(BOB, &[self.purse(BOB)], &[(CAROL, 400), (BOB, 600)])
    }

    /// The honest block at the miner's place is taken, and is the tip.
    pub fn serves(&mut self, txs: Vec<Tx>) -> Block {
        let block = self.miner.block(txs, |_| {});
        self.takes(&block);
        block
    }

    /// This block at the miner's place is taken, and is the tip; the miner moves on to it.
    pub fn takes(&mut self, block: &Block) {
        let accepted = accept(&mut self.chain, block).expect("an honest block");
        assert!(accepted.new);
        assert_eq!(accepted.invalid, []);
        let change = accepted.change.expect("the tip moves");
        assert_eq!(change.disconnected, []);
        assert_eq!(change.connected, [Arc::new(block.clone())]);
        self.miner.step(block);
        assert_eq!(self.chain.tip().hash, block.hash());
        assert_eq!(self.chain.tip().height, self.miner.cursor.height);
        self.is_sound();
    }

    /// All that is stored fits, and no coin came from nowhere: there are at most the allocations
    /// and one subsidy for each block. Returns the supply.
    pub fn is_sound(&self) -> Amount {
        let report = sound(&self.chain);
        assert_eq!(report.tip, self.chain.tip());
        let allocations = self.params.genesis.iter().map(|given| given.amount);
        let subsidies = (1..=report.tip.height).map(|height| self.params.subsidy_at(height));
        let most = Amount::checked_sum(allocations.chain(subsidies)).expect("validated");
        assert!(report.supply <= most, "{} of {most}", report.supply);
        report.supply
    }

    pub fn headers(&mut self, headers: &[Header]) -> HeadersAccepted {
        let accepted = self.chain.accept_headers(Origin::Peer(1), headers, LATE);
        accepted.expect("the store works")
    }

    pub fn knows(&self, block: &Block) -> bool {
        self.chain.tree().find(&block.hash()).is_some()
    }

    /// The header is at fault: refused alone and with its body, each time, and not kept.
    pub fn refuses_header(&mut self, block: &Block, rule: RuleError) {
        self.unharmed(|lab| {
            for _ in 0..2 {
                let refused = lab.headers(&[*block.header()]);
                assert_eq!(refused.added, []);
                assert_eq!(refused.refused, Some((0, rule.clone())));
                let accepted = accept(&mut lab.chain, block);
                assert_eq!(accepted, Err(AcceptError::Rule(rule.clone())));
                assert!(!lab.knows(block));
            }
        });
    }

    /// The body that the header commits to is at fault: it is never asked for again.
    pub fn refuses_body(&mut self, block: &Block, rule: RuleError) {
        self.unharmed(|lab| {
            let accepted = accept(&mut lab.chain, block);
            assert_eq!(accepted, Err(AcceptError::Rule(rule)));
            lab.remembers_as_invalid(block);
        });
    }

    /// This body is not the header's: the delivery is refused, each time, and nothing is held
    /// against the header.
    pub fn refuses_delivery(&mut self, block: &Block, rule: RuleError) {
        self.unharmed(|lab| {
            for _ in 0..2 {
                let accepted = accept(&mut lab.chain, block);
                assert_eq!(accepted, Err(AcceptError::Rule(rule.clone())));
                let id = lab.chain.tree().find(&block.hash());
                let entry = lab.chain.tree().entry(id.expect("the header holds"));
                assert!(!entry.failed && entry.body_len == 0);
            }
        });
    }

    /// The block looks right until it meets the coins.
    pub fn refuses_when_connected(&mut self, block: &Block, rule: RuleError) {
        self.unharmed(|lab| {
            let expected = BlockAccepted {
                new: true,
                change: None,
                invalid: vec![(block.hash(), rule)],
            };
            assert_eq!(accept(&mut lab.chain, block), Ok(expected));
            lab.remembers_as_invalid(block);
        });
    }

    /// A block whose second transaction (index 1, behind the coinbase) shows its fault by itself.
    pub fn refuses_malformed_tx(&mut self, tx: &Tx, error: TxError) {
        let block = self.miner.block(vec![tx.clone()], |_| {});
        self.refuses_body(&block, RuleError::Tx { index: 1, error });
    }

    /// A block whose third transaction (index 2, behind Bob's) does with coins what it must not.
    pub fn refuses_spend(&mut self, tx: &Tx, error: TxError) {
        let block = self
            .miner
            .block(vec![self.bobs_payment(), tx.clone()], |_| {});
        self.refuses_when_connected(&block, RuleError::Tx { index: 2, error });
    }

    /// The block, its header and whatever builds on it are refused from now on.
    pub fn remembers_as_invalid(&mut self, block: &Block) {
        let known = RuleError::KnownInvalid;
        let again = accept(&mut self.chain, block);
        assert_eq!(again, Err(AcceptError::Rule(known.clone())));
        let refused = self.headers(&[*block.header()]).refused;
        assert_eq!(refused, Some((0, known)));
        let mut accomplice = self.miner.clone();
        accomplice.step(block);
        let child = accomplice.mine(Vec::new());
        let inherited = RuleError::InvalidAncestor(block.hash());
        let refused = self.headers(&[*child.header()]).refused;
        assert_eq!(refused, Some((0, inherited.clone())));
        let accepted = accept(&mut self.chain, &child);
        assert_eq!(accepted, Err(AcceptError::Rule(inherited)));
        assert!(!self.knows(&child));
    }

    fn unharmed(&mut self, attack: impl FnOnce(&mut Self)) {
        let before = sound(&self.chain);
        attack(self);
        assert_eq!(sound(&self.chain), before);
        assert_eq!(self.chain.tip(), before.tip);
    }
}
