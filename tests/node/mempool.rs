//! What gets into the mempool and what does not, in which order, and how conflicts end.

use crate::common::*;
use crate::mempool_common::*;
use chainlab::chain::key::SignatureError;
use chainlab::chain::rules::TxError;
use chainlab::chain::{Amount, OutPoint, Tx, Txid};
use chainlab::node::config::MempoolLimits;
use chainlab::node::mempool::{AdmitError, PACKAGE_MAX, REPLACED_MAX, RemovedWhy};

fn limits(bytes_max: usize) -> MempoolLimits {
    MempoolLimits {
        bytes_max,
        ..MempoolLimits::default()
    }
}

#[test]
fn a_payment_waits_and_can_be_looked_up_in_every_way() {
    let mut desk = Desk::new();
    let tx = desk.tx(&[desk.coin(0)], 500, 2);
    let txid = desk.takes(&tx);
    let entry = desk.pool.get(&txid).expect("taken");
    assert_eq!((entry.fee, entry.bytes), (units(500), tx.encoded_len()));
    assert_eq!(entry.since, desk.now);
    assert_eq!((desk.pool.len(), desk.pool.bytes()), (1, tx.encoded_len()));
    let spent = desk.coin(0).0;
    assert!(desk.pool.is_spent(&spent) && desk.pool.spender(&spent) == Some(txid));
    let (outpoint, mut coin) = out(&tx, 1);
    coin.height = 1;
    assert_eq!(desk.pool.coin(&outpoint), Some(coin));
    assert!(!desk.pool.is_spent(&outpoint));
    let info = desk.pool.info(10);
    assert_eq!((info.count, info.bytes), (1, tx.encoded_len()));
    // Alice pays herself: the second output is change.
    assert_eq!(info.shown[0].amount, Some(tx.outputs[0].amount));
    assert_eq!((info.shown[0].ancestors, info.shown[0].descendants), (0, 0));
    assert_eq!(desk.refuses(&tx), AdmitError::Known);
    desk.audit();
}

#[test]
fn a_list_says_what_is_paid_and_to_whom_and_not_what_comes_back() {
    let mut desk = Desk::new();
    let mut told = |at, made: &[(u8, u64)]| {
        let tx = pay(&desk.params, ALICE, &[desk.coin(at)], made);
        let txid = desk.takes(&tx);
        let shown = desk.pool.info(10).shown;
        let found = shown.into_iter().find(|shown| shown.txid == txid);
        let found = found.expect("it is in the list");
        let to: Vec<_> = found.to.iter().cloned().collect();
        (found.amount.expect("it is known").units(), to, found.payees)
    };
    let params = Desk::new().params;
    let address = |actor| params.address(owner(actor)).to_string();
    let bob = |amount| (address(BOB), units(amount));
    assert_eq!(told(0, &[(BOB, 7), (ALICE, 90)]), (7, vec![bob(7)], 1));
    // Wherever the change stands.
    assert_eq!(told(1, &[(ALICE, 90), (BOB, 7)]), (7, vec![bob(7)], 1));
    let (amount, to, payees) = told(2, &[(BOB, 1), (BOB, 2), (CAROL, 3), (BOB, 4), (BOB, 5)]);
    assert_eq!((amount, payees), (15, 5));
    assert_eq!(to, [bob(1), bob(2), (address(CAROL), units(3)), bob(4)]);
    // Who pays himself pays the first, and gets the rest back.
    let own = (address(ALICE), units(3));
    assert_eq!(told(3, &[(ALICE, 3), (ALICE, 90)]), (3, vec![own], 1));
}

#[test]
fn what_no_honest_node_can_have_taken_is_held_against_its_sender() {
    let mut desk = Desk::new();
    let coin = desk.coin(0);
    let honest = desk.tx(&[coin], 10, 1);
    let mut forged = honest.clone();
    forged.outputs[0].amount = units(5);
    let why = SignatureError::Mismatch;
    let signature: AdmitError = TxError::Signature { input: 0, why }.into();
    let stolen = pay(&desk.params, BOB, &[coin], &[(BOB, 5)]);
    let wrong_owner = TxError::WrongOwner { input: 0 }.into();
    let greedy = pay(&desk.params, ALICE, &[coin], &[(BOB, COIN + 1)]);
    let exceeds = TxError::OutputsExceedInputs.into();
    let twice = pay(&desk.params, ALICE, &[coin, coin], &[(BOB, 5)]);
    let duplicate = TxError::DuplicateInput { input: 1 }.into();
    let coinbase = Miner::new(&desk.params).coinbase();
    for (tx, error) in [
        (forged, signature),
        (stolen, wrong_owner),
        (greedy, exceeds),
        (twice, duplicate),
        (coinbase, AdmitError::Coinbase),
    ] {
        assert_eq!(desk.refuses(&tx), error);
        assert!(error.is_fault_of_sender(), "{error}");
    }
    // An output that a known transaction does not have will never exist.
    let parent = desk.takes(&honest);
    let (mut at, coin) = out(&honest, 0);
    at.index = 1;
    assert_eq!(at.txid, parent);
    let error = desk.refuses(&desk.tx(&[(at, coin)], 10, 1));
    assert_eq!(error, TxError::MissingOrSpent { input: 0 }.into());
    assert!(error.is_fault_of_sender());
    desk.audit();
}

#[test]
fn what_another_tip_may_allow_is_nobodys_fault() {
    let mut desk = Desk::new();
    // Locked until height 2: not now, but after the next block.
    let coin = desk.coin(0);
    let mut locked = unsigned(&[coin], &[(BOB, 5)]);
    locked.lock_time = 2;
    sign(&desk.params, &mut locked, ALICE, &[coin]);
    let error = desk.refuses(&locked);
    let (lock_time, height) = (2, 1);
    assert_eq!(error, TxError::Locked { lock_time, height }.into());
    assert!(!error.is_fault_of_sender());
    // A reward of height 1 can be spent from height 4 on.
    let block = desk.miner.mine(vec![]);
    desk.deliver(&block);
    let reward = made_by(&block, 0, 1)[0];
    let early = pay(&desk.params, MINER, &[reward], &[(BOB, 5)]);
    let error = desk.refuses(&early);
    assert_eq!(
        error,
        TxError::Immature {
            input: 0,
            matures: 4
        }
        .into()
    );
    assert!(!error.is_fault_of_sender());
    desk.takes(&locked);
    desk.mine_empty(2);
    desk.takes(&early);
    desk.audit();
}

#[test]
fn missing_parents_are_named_and_a_confirmed_transaction_is_told_apart() {
    let mut desk = Desk::new();
    let parents = [0, 1].map(|n| desk.tx(&[desk.coin(n)], 10, 2));
    let spends = [
        out(&parents[0], 0),
        out(&parents[1], 1),
        out(&parents[1], 0),
    ];
    let child = desk.tx(&spends, 10, 1);
    let error = desk.refuses(&child);
    assert_eq!(
        error,
        AdmitError::MissingInputs(spends.map(|(at, _)| at).to_vec())
    );
    assert_eq!(error.missing_parents(), sorted(txids(&parents)));
    assert!(!error.is_fault_of_sender());
    desk.takes(&parents[0]);
    assert_eq!(desk.refuses(&child).missing_parents(), [parents[1].txid()]);
    desk.takes(&parents[1]);
    desk.takes(&child);
    desk.mine(parents.to_vec());
    assert_eq!(desk.refuses(&parents[1]), AdmitError::Confirmed);
    desk.mine(vec![child.clone()]);
    assert_eq!(desk.refuses(&child), AdmitError::Confirmed);
    // Once all that it made is spent, nothing tells that it was ever there.
    let error = desk.refuses(&parents[1]);
    assert_eq!(error, AdmitError::MissingInputs(vec![desk.coin(1).0]));
    desk.audit();
}

#[test]
fn the_least_fee_is_asked_for_to_the_unit() {
    let limits = MempoolLimits {
        min_fee_per_kb: units(1_000),
        ..MempoolLimits::default()
    };
    let mut desk = Desk::of(&rich(2), limits);
    let bytes = u64::try_from(desk.tx(&[desk.coin(0)], 1, 1).encoded_len()).expect("small");
    let poor = desk.tx(&[desk.coin(0)], bytes - 1, 1);
    let (fee, needed) = (units(bytes - 1), units(bytes));
    assert_eq!(desk.refuses(&poor), AdmitError::FeeTooLow { fee, needed });
    desk.takes(&desk.tx(&[desk.coin(0)], bytes, 1));
    // By default nothing is asked for.
    let mut desk = Desk::new();
    desk.takes(&desk.tx(&[desk.coin(0)], 0, 1));
}

#[test]
fn what_fits_into_no_block_does_not_wait_for_one() {
    let params = chainlab::chain::Params {
        max_block_bytes: 1_000,
        ..rich(20)
    };
    let mut desk = Desk::of(&params, MempoolLimits::default());
    let max = chainlab::chain::rules::room_for_txs(&params);
    let outputs = u64::try_from((max - 24 - 133) / 28).expect("few");
    let fits = desk.tx(&[desk.coin(0)], 5, outputs);
    let large = desk.tx(&[desk.coin(0)], 5, outputs + 1);
    let bytes = large.encoded_len();
    assert_eq!(desk.refuses(&large), AdmitError::TooLarge { bytes, max });
    desk.takes(&fits);
    let block = desk.template(1);
    assert_eq!(block.txs().len(), 2);
    assert_eq!(desk.deliver(&block).removed.len(), 1);
    assert!(desk.pool.is_empty());
}

#[test]
fn spend_an_output_twice_across_mempool_and_block() {
    let mut desk = Desk::new();
    let coin = desk.coin(0);
    let (first, second) = (desk.tx(&[coin], 10, 1), desk.tx(&[coin], 10, 2));
    // In the mempool twice: the later one pays no more.
    desk.takes(&first);
    let (with, fee, needed) = (first.txid(), units(10), Some(units(12)));
    let conflict = AdmitError::Conflict { with, fee, needed };
    assert_eq!(desk.refuses(&second), conflict);
    assert!(!conflict.is_fault_of_sender());
    // A block spends what an entry and its descendants spend: the block is right.
    let child = desk.tx(&[out(&first, 0), desk.coin(1)], 10, 1);
    let grandchild = desk.tx(&[out(&child, 0)], 10, 1);
    let bystander = desk.tx(&[desk.coin(2)], 10, 1);
    desk.takes_all(&[child.clone(), grandchild.clone(), bystander.clone()]);
    let change = desk.mine(vec![second.clone()]);
    let why = RemovedWhy::Conflict(desk.chain.tip());
    let gone = sorted(txids(&[first.clone(), child.clone(), grandchild]));
    let gone: Vec<_> = gone.into_iter().map(|txid| (txid, why.clone())).collect();
    assert_eq!(removed(&change), gone);
    assert_eq!(desk.txids(), [bystander.txid()]);
    // And in a block first, then in the mempool: the coin is gone.
    assert_eq!(
        desk.refuses(&first),
        AdmitError::MissingInputs(vec![coin.0])
    );
    assert_eq!(desk.refuses(&child).missing_parents(), [first.txid()]);
    desk.audit();
    // The node still serves.
    desk.takes(&desk.tx(&[out(&second, 0)], 1, 1));
    let block = desk.template(0);
    assert_eq!(desk.deliver(&block).removed.len(), 2);
    sound(&desk.chain);
}

#[test]
fn a_replacement_pays_a_higher_rate_and_more_than_all_that_goes() {
    let mut desk = Desk::new();
    let coin = desk.coin(0);
    let first = desk.tx(&[coin], 100, 1);
    let child = desk.tx(&[out(&first, 0)], 300, 1);
    desk.takes_all(&[first.clone(), child.clone()]);
    let refused = |desk: &mut Desk, tx: &Tx, needed: u64| {
        let (with, fee) = (first.txid(), units(COIN - tx.outputs[0].amount.units()));
        let needed = Some(units(needed));
        assert_eq!(desk.refuses(tx), AdmitError::Conflict { with, fee, needed });
    };
    // As large as each of them: more than the rate of the better one, but not more than both.
    let equal = desk.tx(&[coin], 400, 1);
    refused(&mut desk, &equal, 401);
    let better = desk.tx(&[coin], 401, 1);
    let change = desk.send(&better).expect("it pays more");
    let why = RemovedWhy::Replaced(better.txid());
    let gone = sorted(txids(&[first.clone(), child]));
    assert_eq!(removed(&change), gone.map_why(&why));
    assert_eq!(desk.txids(), [better.txid()]);
    // More in total, at a lower rate: a miner with little room would lose.
    let bytes = u64::try_from(better.encoded_len()).expect("small");
    let large = desk.tx(&[coin, desk.coin(1)], 450, 1);
    let needed = 401 * u64::try_from(large.encoded_len()).expect("small") / bytes + 1;
    let (with, fee) = (better.txid(), units(450));
    let error = AdmitError::Conflict {
        with,
        fee,
        needed: Some(units(needed)),
    };
    assert_eq!(desk.refuses(&large), error);
    let change = desk.send(&desk.tx(&[coin, desk.coin(1)], needed, 1));
    assert_eq!(change.expect("enough").removed.len(), 1);
    desk.audit();
}

#[test]
fn nothing_replaces_what_it_spends_from() {
    let mut desk = Desk::new();
    let first = desk.tx(&[desk.coin(0)], 10, 2);
    let child = desk.tx(&[out(&first, 0)], 10, 1);
    desk.takes_all(&[first.clone(), child.clone()]);
    // Spends the coin of the first again, and an output of the first or of its child.
    for (at, parent) in [(out(&first, 1), &first), (out(&child, 0), &child)] {
        let tx = desk.tx(&[desk.coin(0), at], 900_000, 1);
        assert_eq!(desk.refuses(&tx), AdmitError::SpendsReplaced(parent.txid()));
    }
    // The child alone may be replaced by another child of the first.
    let change = desk.send(&desk.tx(&[out(&first, 0), out(&first, 1)], 20, 1));
    assert_eq!(change.expect("pays more").removed[0].txid, child.txid());
    desk.audit();
}

#[test]
fn a_hundred_may_be_replaced_at_once_descendants_included() {
    let mut desk = Desk::new();
    let mut all = Vec::new();
    for n in 0..5 {
        let family = desk.chain_of(desk.coin(n), &[1; 20]);
        desk.takes_all(&family);
        all.extend(txids(&family));
    }
    assert_eq!(all.len(), REPLACED_MAX);
    let one_more = desk.tx(&[desk.coin(5)], 1, 1);
    desk.takes(&one_more);
    let too_many: Vec<Spend> = (0..6).map(|n| desk.coin(n)).collect();
    let max = REPLACED_MAX;
    let error = desk.refuses(&desk.tx(&too_many, 900_000, 1));
    assert_eq!(error, AdmitError::TooManyReplaced { max });
    let change = desk.send(&desk.tx(&too_many[..5], 900_000, 1));
    let gone = change.expect("a hundred are allowed").removed;
    assert_eq!(
        sorted(gone.iter().map(|gone| gone.txid).collect()),
        sorted(all)
    );
    assert_eq!(desk.pool.len(), 2);
    desk.audit();
}

#[test]
fn a_package_has_twenty_five_transactions_and_no_more() {
    let mut desk = Desk::new();
    let max = PACKAGE_MAX;
    // One line of descent.
    let line = desk.chain_of(desk.coin(0), &[1; PACKAGE_MAX + 1]);
    desk.takes_all(&line[..max]);
    assert_eq!(
        desk.refuses(&line[max]),
        AdmitError::TooManyAncestors { max }
    );
    // Many children of one parent.
    let parent = desk.tx(&[desk.coin(1)], 1, 30);
    let of = desk.takes(&parent);
    let children = (0..30).map(|n| desk.tx(&[out(&parent, n)], 1, 1));
    let children: Vec<Tx> = children.collect();
    desk.takes_all(&children[..max - 1]);
    assert_eq!(
        desk.refuses(&children[max]),
        AdmitError::TooManyDescendants { of, max }
    );
    // Many parents of one child.
    let parents: Vec<Tx> = (2..27).map(|n| desk.tx(&[desk.coin(n)], 1, 1)).collect();
    desk.takes_all(&parents);
    let spends: Vec<Spend> = parents.iter().map(|tx| out(tx, 0)).collect();
    let error = desk.refuses(&desk.tx(&spends, 1, 1));
    assert_eq!(error, AdmitError::TooManyAncestors { max });
    desk.takes(&desk.tx(&spends[1..], 1, 1));
    desk.audit();
    // A full family has room for whoever replaces one of it.
    let rival = desk.tx(&[out(&parent, 0)], 2, 1);
    let change = desk.send(&rival).expect("one goes, one comes");
    assert_eq!(change.removed[0].txid, children[0].txid());
    // A block takes the parent: its children are free to have more.
    desk.mine(vec![parent]);
    desk.takes(&children[max]);
    desk.audit();
}

#[test]
fn diamonds_and_two_outputs_of_one_parent_count_each_relative_once() {
    let mut desk = Desk::new();
    let top = desk.tx(&[desk.coin(0)], 7, 4);
    let left = desk.tx(&[out(&top, 0), out(&top, 1)], 5, 1);
    let right = desk.tx(&[out(&top, 2)], 3, 1);
    let bottom = desk.tx(&[out(&left, 0), out(&right, 0), out(&top, 3)], 1, 1);
    desk.takes_all(&[top.clone(), left.clone(), right.clone(), bottom.clone()]);
    let sums = |desk: &Desk, tx: &Tx| {
        let entry = desk.pool.get(&tx.txid()).expect("taken");
        (entry.ancestors.count, entry.descendants.count)
    };
    assert_eq!(sums(&desk, &top), (1, 4));
    assert_eq!(sums(&desk, &left), (2, 2));
    assert_eq!(sums(&desk, &bottom), (4, 1));
    assert_eq!(
        desk.pool.get(&bottom.txid()).expect("taken").ancestors.fee,
        units(16)
    );
    desk.audit();
    desk.mine(vec![top]);
    assert_eq!(sums(&desk, &bottom), (3, 1));
    desk.audit();
}

#[test]
fn a_full_mempool_drops_the_package_that_pays_least() {
    let one = Desk::new().tx(&[Desk::new().coin(0)], 1, 1).encoded_len();
    let mut desk = Desk::of(&rich(20), limits(5 * one));
    // A parent that pays nothing, whose child pays well: together 50 each, and a loner of 40.
    let parent = desk.tx(&[desk.coin(0)], 0, 1);
    let child = desk.tx(&[out(&parent, 0)], 100, 1);
    let loner = desk.tx(&[desk.coin(1)], 40, 1);
    let pair = desk.chain_of(desk.coin(2), &[60, 10]);
    desk.takes_all(&[parent.clone(), child, loner.clone()]);
    desk.takes_all(&pair);
    // The pair's child pays 10, less than whoever comes.
    let newcomer = desk.tx(&[desk.coin(3)], 10, 1);
    let needed = Some(units(11));
    assert_eq!(desk.refuses(&newcomer), AdmitError::Full { needed });
    let change = desk.send(&desk.tx(&[desk.coin(3)], 11, 1)).expect("more");
    assert_eq!(removed(&change), [(pair[1].txid(), RemovedWhy::Evicted)]);
    desk.audit();
    // Next to go are the one of 11 and the loner, not the parent that pays nothing itself.
    let large = desk.tx(&[desk.coin(5), desk.coin(6)], 900, 1);
    let change = desk.send(&large).expect("more");
    assert!(change.removed.iter().any(|gone| gone.txid == loner.txid()));
    assert!(desk.pool.contains(&parent.txid()));
    desk.audit();
}

#[test]
fn a_newcomer_does_not_drive_out_what_it_builds_on() {
    let one = Desk::new().tx(&[Desk::new().coin(0)], 1, 1).encoded_len();
    let mut desk = Desk::of(&rich(20), limits(3 * one));
    let parent = desk.tx(&[desk.coin(0)], 0, 1);
    desk.takes(&parent);
    desk.takes(&desk.tx(&[desk.coin(1)], 50, 1));
    desk.takes(&desk.tx(&[desk.coin(2)], 60, 1));
    // With it, the parent's package would pay 99 for two: still the worst of all.
    let child = desk.tx(&[out(&parent, 0)], 99, 1);
    assert_eq!(
        desk.refuses(&child),
        AdmitError::Full {
            needed: Some(units(51))
        }
    );
    // With 101 it is better than the one of 50, which goes.
    let change = desk
        .send(&desk.tx(&[out(&parent, 0)], 101, 1))
        .expect("saved");
    assert_eq!(change.removed.len(), 1);
    assert!(desk.pool.contains(&parent.txid()));
    desk.audit();
    // What is larger than the whole mempool never gets in.
    let spends: Vec<Spend> = (5..15).map(|n| desk.coin(n)).collect();
    let error = desk.refuses(&desk.tx(&spends, 900_000, 1));
    assert_eq!(error, AdmitError::Full { needed: None });
}

#[test]
fn a_child_pays_for_its_parents_and_parents_come_first() {
    let mut desk = Desk::new();
    let plain = desk.tx(&[desk.coin(0)], 50, 1);
    let poor = desk.chain_of(desk.coin(1), &[0, 0, 300]);
    desk.takes(&plain);
    desk.takes_all(&poor);
    let order: Vec<Txid> = desk
        .pool
        .select(1_000_000)
        .iter()
        .map(|entry| entry.txid)
        .collect();
    let mut expected = txids(&poor);
    expected.push(plain.txid());
    assert_eq!(order, expected);
    // A parent that one child has paid for is free for another.
    let shared = desk.tx(&[desk.coin(2)], 0, 2);
    let payer = desk.tx(&[out(&shared, 0)], 2_000, 1);
    let other = desk.tx(&[out(&shared, 1)], 900, 1);
    let rival = desk.tx(&[desk.coin(3)], 500, 1);
    desk.takes_all(&[shared.clone(), payer.clone(), other.clone(), rival.clone()]);
    let order: Vec<Txid> = desk
        .pool
        .best_first(4)
        .iter()
        .map(|entry| entry.txid)
        .collect();
    assert_eq!(order, txids(&[shared, payer, other, rival]));
    // Without room for a package, its better part may still go in.
    desk.audit();
    let info = desk.pool.info(2);
    assert_eq!((info.count, info.shown.len()), (8, 2));
}

#[test]
fn errors_are_words_for_people() {
    let outpoint = OutPoint {
        txid: Txid([0xab; 32]),
        index: 3,
    };
    let conflict = AdmitError::Conflict {
        with: Txid([0xcd; 32]),
        fee: Amount::ZERO,
        needed: Some(coins(2)),
    };
    for (error, words) in [
        (
            conflict,
            "spends a coin of cdcdcdcd that waits already, and pays 0: 2 would replace it",
        ),
        (
            AdmitError::MissingInputs(vec![outpoint; 3]),
            "spends output 3 of abababab and 2 more, which are spent or not known",
        ),
        (
            AdmitError::Full {
                needed: Some(coins(1)),
            },
            "the mempool is full: at this size a fee of 1 is needed",
        ),
        (
            AdmitError::TooManyAncestors { max: 25 },
            "builds on more than 24 transactions that wait",
        ),
    ] {
        assert_eq!(error.to_string(), words);
    }
}

trait MapWhy {
    fn map_why(self, why: &RemovedWhy) -> Vec<(Txid, RemovedWhy)>;
}

impl MapWhy for Vec<Txid> {
    fn map_why(self, why: &RemovedWhy) -> Vec<(Txid, RemovedWhy)> {
        self.into_iter().map(|txid| (txid, why.clone())).collect()
    }
}
