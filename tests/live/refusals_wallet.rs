//! What must never happen to wallets and their payments, at running nodes: a coin paid twice, a
//! refusal without a reason, a key or a payment lost to a crash, a "success" that nobody heard.

use crate::common::child::{Orders, Process, ports};
use crate::common::live::{Scene, addr, ask, import, mine, pay, soon, until, wallet_address};
use crate::common::{ALICE, BOB, coins, owner, params, units};
use chainlab::chain::params::Allocation;
use chainlab::chain::{Amount, OutPoint, Params, Txid};
use chainlab::node::io::{Command, Payment, Question, Reply};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Alice has so many coins of 10 from the start.
fn network(count: usize) -> Params {
    let given = Allocation {
        owner: owner(ALICE),
        amount: coins(10),
    };
    Params {
        genesis: vec![given; count],
        ..params()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_payments_in_a_row_never_pick_the_same_coin() {
    const COINS: usize = 8;
    let scene = Scene::new(network(COINS));
    let mut config = scene.config("nora");
    config.mine_to = Some("nora".to_owned());
    let node = scene.start(config).await;
    import(&node, "alice", ALICE).await;
    let to = wallet_address(&node, "nora").await;
    let mut spent: BTreeSet<OutPoint> = BTreeSet::new();
    for round in 0..12 {
        // With nothing in a block, from the ninth on only change is left.
        let paid = pay(&node, "alice", &to, coins(4)).await;
        let Ok(Reply::Sent { plan, .. }) = paid else {
            panic!("{round}: {paid:?}");
        };
        for coin in plan.inputs {
            assert!(spent.insert(coin.outpoint), "{round}: {coin:?} twice");
        }
    }
    until(&node, |now| now.mempool.count == 12).await;
    mine(&node).await;
    until(&node, |now| now.mempool.count == 0).await;
    let rest = coins(10 * COINS as u64 - 4 * 12);
    assert_eq!(crate::common::live::balance(&node, "alice").await, rest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_cannot_be_made_says_what_is_missing() {
    let scene = Scene::new(network(1));
    let node = scene.join("nora", &[]).await;
    import(&node, "alice", ALICE).await;
    import(&node, "bob", BOB).await;
    let to = wallet_address(&node, "nora").await;
    let mut typo = to.clone().into_bytes();
    typo.swap(5, 6);
    typo[7] = if typo[7] == b'x' { b'y' } else { b'x' };
    let typo = String::from_utf8(typo).expect("ASCII");
    let there = "there are: nora, alice, bob";
    for (from, payee, amount, words) in [
        ("alice", &to, coins(11), "alice has 10, needs 11".to_owned()),
        ("bob", &to, coins(1), "wallet bob is empty".to_owned()),
        (
            "alice",
            &to,
            Amount::ZERO,
            "a payment of 0 pays nobody".to_owned(),
        ),
        (
            "carol",
            &to,
            coins(1),
            format!("no wallet \"carol\" on this node ({there})"),
        ),
        (
            "alice",
            &"carol".to_owned(),
            coins(1),
            format!("cannot pay \"carol\": no wallet of that name on this node ({there}), and "),
        ),
        ("alice", &typo, coins(1), format!("cannot pay {typo:?}: ")),
    ] {
        let refused = pay(&node, from, payee, amount).await;
        let said = refused.expect_err("cannot be made").to_string();
        assert!(said.starts_with(&words), "{said}");
    }
    // What waits for a block is not there yet, and that is said too.
    pay(&node, "alice", &to, coins(10))
        .await
        .expect("all there is");
    let refused = pay(&node, "nora", "alice", coins(1)).await;
    let said = refused.expect_err("waits").to_string();
    assert!(
        said.starts_with("nora has 10, of which 0 can be spent now: "),
        "{said}"
    );
    mine(&node).await;
    until(&node, |now| now.mempool.count == 0).await;
    pay(&node, "nora", "alice", coins(1))
        .await
        .expect("there now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_nobody_has_heard_of_does_not_say_success() {
    let scene = Scene::new(network(2));
    let node = scene.join("nora", &[]).await;
    import(&node, "alice", ALICE).await;
    let to = wallet_address(&node, "nora").await;
    let alone = pay(&node, "alice", &to, coins(4)).await.expect("it can");
    let Reply::Sent { announced_to, .. } = &alone else {
        panic!("{alone:?}");
    };
    assert_eq!(*announced_to, 0);
    let said = alone.words();
    assert!(
        said.ends_with("; no peer has heard of it yet: it is announced as soon as one connects"),
        "{said}"
    );
    // And so it is.
    let otto = scene.join("otto", &[&node]).await;
    until(&otto, |now| now.mempool.count == 1).await;
    let heard = pay(&node, "alice", &to, coins(4)).await.expect("it can");
    let said = heard.words();
    assert!(said.ends_with(", announced to 1 peer"), "{said}");
    // A sender that is down says that.
    soon(node.stop()).await;
    let refused = pay(&node, "alice", &to, coins(1)).await;
    assert_eq!(
        refused.expect_err("down").to_string(),
        "the node was stopped"
    );
}

/// A node that knows nobody, in a process that is killed again and again.
struct Nora {
    orders: Orders,
    process: Process,
    dice: ChaCha20Rng,
    wallets: BTreeMap<String, String>,
    sent: Vec<Txid>,
    height: u32,
}

impl Nora {
    fn call(&mut self, command: &Command) -> Reply {
        let reply = self.process.call(command);
        reply.unwrap_or_else(|why| panic!("{command:?}: {why}"))
    }

    fn ask(&mut self, question: &Question) -> Reply {
        let reply = self.process.ask(question);
        reply.unwrap_or_else(|why| panic!("{question:?}: {why}"))
    }

    fn notes(&mut self, reply: Reply) {
        match reply {
            Reply::Wallet(wallet) => drop(self.wallets.insert(wallet.name, wallet.address)),
            Reply::Sent { txid, .. } => self.sent.push(txid),
            Reply::Mined { block, .. } => self.height = block.height,
            other => panic!("{other:?}"),
        }
    }

    /// Killed at some moment after something was asked of her; what she still says counts.
    fn is_killed_over(&mut self, command: &Command) {
        let number = self.process.tell(command);
        let moment = self.dice.next_u64() % 12_000;
        std::thread::sleep(Duration::from_micros(moment));
        self.process.kill();
        if let Some(answer) = self.process.answer(number, Duration::from_secs(5)) {
            self.notes(answer.expect("she can"));
        }
        self.process = Process::start(&self.orders);
    }

    /// All that she has ever said is still so.
    fn keeps_her_word(&mut self) {
        let Reply::Wallets(wallets) = self.ask(&Question::Wallets) else {
            panic!("no wallets");
        };
        let found: BTreeMap<_, _> = wallets
            .into_iter()
            .map(|wallet| (wallet.name, wallet.address))
            .collect();
        for (name, address) in &self.wallets {
            assert_eq!(found.get(name), Some(address));
        }
        let top = Question::Chain {
            from: u32::MAX,
            to: 0,
            limit: 1,
        };
        let Reply::Chain(blocks) = self.ask(&top) else {
            panic!("no chain");
        };
        assert!(blocks[0].id.height >= self.height, "{:?}", blocks[0].id);
        for txid in self.sent.clone() {
            let Reply::Tx(_) = self.ask(&Question::Tx { txid }) else {
                panic!("no transaction {txid}");
            };
        }
    }
}

fn payment() -> Command {
    Command::Send(Payment {
        from: "alice".to_owned(),
        to: "nora".to_owned(),
        amount: units(70_000_000),
        fee: Some(Amount::ZERO),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_a_node_has_the_same_keys_chain_and_sent_payments() {
    const KILLS: usize = 16;
    let scene = Scene::new(network(40));
    let orders = Orders {
        name: "nora".to_owned(),
        dir: scene.dir("nora"),
        at: ports(1)[0],
        connect: Vec::new(),
        wallets: vec!["nora".to_owned()],
        hashrate: None,
        params: network(40),
    };
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut nora = Nora {
        process: Process::start(&orders),
        orders,
        dice: ChaCha20Rng::seed_from_u64(seed),
        wallets: BTreeMap::new(),
        sent: Vec::new(),
        height: 0,
    };
    let hex = crate::common::key(ALICE)
        .to_bytes()
        .map(|byte| format!("{byte:02x}"));
    let alice = nora.call(&Command::ImportWallet {
        name: "alice".to_owned(),
        secret: hex.concat(),
        birthday: None,
    });
    nora.notes(alice);
    for round in 0..KILLS {
        let last = match round % 4 {
            0 => Command::CreateWallet {
                name: format!("w{round}"),
            },
            1 => Command::MineNow,
            _ => payment(),
        };
        let paid = nora.call(&payment());
        nora.notes(paid);
        nora.is_killed_over(&last);
        nora.keeps_her_word();
    }
    // What is in no block yet is announced to whoever comes.
    let mut waiting = BTreeSet::new();
    for txid in nora.sent.clone() {
        if let Reply::Tx(detail) = nora.ask(&Question::Tx { txid })
            && detail.block.is_none()
        {
            waiting.insert(txid);
        }
    }
    println!("{} payments, {} wait", nora.sent.len(), waiting.len());
    assert!(nora.sent.len() >= KILLS && !waiting.is_empty());
    let witness = scene.join("otto", &[]).await;
    nora.call(&Command::AddPeer(addr(&witness)));
    until(&witness, |now| now.mempool.count >= waiting.len()).await;
    for txid in waiting {
        let Reply::Tx(_) = ask(&witness, Question::Tx { txid }).await else {
            panic!("Otto has not heard of {txid}");
        };
    }
}
