//! Each dialect against what its program writes; see answers/README.md for where that is from.

use chainlab::bitcoin::rpc::{
    Apart, Dialect, Listed, Request, RpcError, TipStatus, after_first, after_second, dialect,
    first_question,
};
use chainlab::bitcoin::{Network, Program};
use chainlab::chain::{BlockHash, Txid};
use chainlab::node::Time;
use std::fs::read_to_string;
use std::path::Path;
use std::time::Duration;

const ID: Txid = Txid([1; 32]);

fn body(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bitcoin/answers");
    let text = read_to_string(folder.join(format!("{name}.json"))).expect("an answer");
    match name.ends_with(".error") {
        true => format!(r#"{{"result":null,"error":{text},"id":"chainlab"}}"#),
        false => format!(r#"{{"result":{text},"error":null,"id":"chainlab"}}"#),
    }
}

fn at(seconds: u64) -> Time {
    Time(seconds * 1_000_000)
}

fn read<T>(request: &Request<T>, name: &str, now: Time) -> T {
    let answer = request.answered(200, body(name).as_bytes(), now);
    answer.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn core() -> &'static dyn Dialect {
    dialect(Program::Core)
}

fn btcd() -> &'static dyn Dialect {
    dialect(Program::Btcd)
}

fn bcoin() -> &'static dyn Dialect {
    dialect(Program::Bcoin)
}

#[test]
fn programs_are_told_apart_by_what_they_answer() {
    let first = |name: &str| after_first(200, body(name).as_bytes());
    let known = |name: &str| match first(name) {
        Ok(Apart::Known(known)) => (known.program, known.agent),
        other => panic!("{name}: {other:?}"),
    };
    let told = (Program::Core, "/Satoshi:0.20.0/".to_owned());
    assert_eq!(known("core-getnetworkinfo"), told);
    let told = (Program::Bcoin, "/bcoin:v1.0.2/".to_owned());
    assert_eq!(known("bcoin-getnetworkinfo"), told);

    let second = first("btcd-getnetworkinfo.error");
    let Ok(Apart::Ask(question)) = second else {
        panic!("{second:?}");
    };
    assert_eq!(question.method, "version");
    let known = after_second(200, body("btcd-version").as_bytes()).expect("btcd");
    assert_eq!(known.program, Program::Btcd);
    assert_eq!(known.agent, "btcd, RPC 1.3.0");
    assert_eq!(known.dialect().program(), Program::Btcd);
    assert_eq!(first_question().method, "getnetworkinfo");
}

#[test]
fn a_node_that_starts_is_waited_for() {
    let error = after_first(500, body("core-warmup.error").as_bytes()).expect_err("it starts");
    assert!(error.is_of_the_moment());
    assert_eq!(
        error.to_string(),
        "it is starting: \"Loading block index…\""
    );
}

#[test]
fn a_ping_is_as_long_in_every_unit() {
    let peer = |dialect: &dyn Dialect, name, now| {
        let peers = read(&dialect.peers(), name, at(now));
        assert_eq!((peers.items.len(), peers.left_out), (1, 0));
        peers.items[0].clone()
    };
    let of_core = peer(core(), "core-getpeerinfo", 1_594_836_414 + 90);
    assert_eq!(of_core.ping, Some(Duration::from_micros(165_518)));
    assert_eq!(of_core.connected_for, Some(Duration::from_secs(90)));
    assert_eq!(of_core.agent, "/Satoshi:0.20.0/");
    assert!(of_core.socket.is_some_and(|socket| socket.is_ipv6()));
    assert!(!of_core.is_inbound);

    let of_btcd = peer(btcd(), "btcd-getpeerinfo", 1_388_182_973 + 90);
    assert_eq!(of_btcd.ping, Some(Duration::from_micros(405_551)));
    assert_eq!(of_btcd.connected_for, Some(Duration::from_secs(90)));
    assert_eq!(of_btcd.address, "178.172.xxx.xxx:8333");
    assert_eq!(of_btcd.socket, None);

    let of_bcoin = peer(bcoin(), "bcoin-getpeerinfo-inbound", 1_795_817_056);
    assert_eq!(of_bcoin.ping, Some(Duration::from_millis(1)));
    assert_eq!(of_bcoin.connected_for, Some(Duration::from_secs(5)));
    assert!(of_bcoin.is_inbound);
}

#[test]
fn a_ping_that_was_not_answered_is_none() {
    let none = [
        (core(), "core-getpeerinfo-before-version"),
        (bcoin(), "bcoin-getpeerinfo-outbound"),
    ];
    for (dialect, name) in none {
        let peers = read(&dialect.peers(), name, at(1_700_000_009));
        assert_eq!(peers.items[0].ping, None, "{name}");
    }
    let said = r#"{"result":[{"addr":"127.0.0.1:1","pingtime":0}],"error":null,"id":"chainlab"}"#;
    let peers = btcd()
        .peers()
        .answered(200, said.as_bytes(), at(0))
        .expect("a list");
    assert_eq!(peers.items[0].ping, None);
}

#[test]
fn a_peer_that_has_not_said_who_it_is_is_told_of() {
    // So bcoin says while a handshake is on its way.
    let said =
        r#"[{"addr":"127.0.0.1:1","subver":null,"inbound":true,"pingtime":-1,"conntime":0}]"#;
    let body = format!(r#"{{"result":{said},"error":null,"id":"chainlab"}}"#);
    let peers = bcoin().peers().answered(200, body.as_bytes(), at(0));
    let peers = peers.expect("a list");
    assert_eq!(
        (peers.items[0].agent.as_str(), peers.items[0].ping),
        ("", None)
    );
}

#[test]
fn tips_have_their_status() {
    let of = |dialect: &dyn Dialect, name| {
        let tips: Listed<_> = read(&dialect.tips(), name, at(0));
        let told = tips
            .items
            .iter()
            .map(|tip| (tip.height, tip.branch, tip.status));
        told.collect::<Vec<_>>()
    };
    let told = [
        (310_985, 182_402, TipStatus::HeadersOnly),
        (128_583, 0, TipStatus::Active),
    ];
    assert_eq!(of(core(), "core-getchaintips"), told);
    let told = [(1, 1, TipStatus::ValidFork), (1, 0, TipStatus::Active)];
    assert_eq!(of(btcd(), "btcd-getchaintips"), told);
}

#[test]
fn networks_are_known_by_each_name_and_by_the_first_block() {
    let network = |dialect: &dyn Dialect, name| read(&dialect.chain_info(), name, at(0)).network;
    assert_eq!(
        network(core(), "core-getblockchaininfo"),
        Some(Network::Mainnet)
    );
    assert_eq!(
        network(bcoin(), "bcoin-getblockchaininfo"),
        Some(Network::Regtest)
    );
    let info = read(&btcd().chain_info(), "btcd-getblockchaininfo", at(0));
    let first = info.best;
    assert_eq!(info.network_with(first), Ok(Network::Regtest));
    let error = info
        .network_with(BlockHash([7; 32]))
        .expect_err("another block");
    let words =
        "it says that it is on regtest, but its first block is another than that of regtest";
    assert_eq!(error.to_string(), words);
}

#[test]
fn a_waiting_transaction_has_its_fee_to_the_satoshi() {
    let entry = |dialect: &dyn Dialect, name| {
        let request = dialect.mempool_entry(ID).expect("it tells of one");
        let entry = read(&request, name, at(0));
        let relatives = (entry.ancestors, entry.descendants);
        (entry.vsize, entry.fee.get(), entry.time, relatives)
    };
    let told = (190, 11_775, 1_579_094_591, (Some(5), Some(1)));
    assert_eq!(entry(core(), "core-getmempoolentry"), told);
    let told = (141, 1_410, 1_700_000_000, (Some(1), Some(2)));
    assert_eq!(entry(core(), "core-getmempoolentry-bip141"), told);
    // It does not count the transaction itself.
    let told = (226, 4_540, 1_795_817_056, (Some(1), Some(1)));
    assert_eq!(entry(bcoin(), "bcoin-getmempoolentry"), told);
}

#[test]
fn all_that_wait_can_be_told_at_once() {
    let all = read(
        &btcd().mempool_entries(),
        "btcd-getrawmempool-verbose",
        at(0),
    );
    let (id, entry) = all.items[0];
    assert_eq!(id.short(), "33ad3f9cc".split_at(1).1);
    assert_eq!((entry.vsize, entry.fee.get()), (226, 10_000));
    assert_eq!((entry.ancestors, entry.descendants), (None, None));
    let all = read(
        &bcoin().mempool_entries(),
        "bcoin-getrawmempool-verbose",
        at(0),
    );
    assert_eq!((all.items.len(), all.items[1].1.descendants), (2, Some(1)));
    let ids = read(&btcd().mempool(), "btcd-getrawmempool", at(0));
    assert_eq!(ids.items.len(), 2);
}

#[test]
fn bans_are_told() {
    let ban = |dialect: &dyn Dialect, name| {
        let request = dialect.bans().expect("it tells");
        let bans = read(&request, name, at(0));
        (bans.items[0].address.clone(), bans.items[0].until)
    };
    let told = ("127.0.0.1/32".to_owned(), 1_700_086_400);
    assert_eq!(ban(core(), "core-listbanned"), told);
    let told = ("127.0.0.1".to_owned(), 1_795_903_422);
    assert_eq!(ban(bcoin(), "bcoin-listbanned"), told);
}

#[test]
fn what_a_wallet_of_a_node_s_own_holds_is_told_to_the_satoshi() {
    let core = core().balance(Some("w")).expect("it has wallets");
    let told = read(&core, "core-getbalances", at(0));
    let text = |amount: chainlab::chain::Amount| amount.to_string();
    assert_eq!(text(told.confirmed), "12.34567891");
    assert_eq!(text(told.immature), "6.25");
    assert_eq!(text(told.incoming), "0.00000001");
    assert_eq!(told.spendable(), told.confirmed);
    let bcoin = bcoin().balance(None).expect("it has a wallet");
    let answer = |coins: &str| format!("{{\"result\":{coins},\"error\":null,\"id\":\"chainlab\"}}");
    let ten = bcoin
        .answered(200, answer("10").as_bytes(), at(0))
        .expect("an amount");
    let all = |coins: &str| coins.parse().expect("an amount");
    let paid = ten.with_waiting(all("7.5"));
    assert_eq!(
        (text(paid.outgoing), text(paid.spendable())),
        ("2.5".into(), "7.5".into())
    );
    let gets = ten.with_waiting(all("12"));
    assert_eq!(
        (text(gets.incoming), text(gets.spendable())),
        ("2".into(), "10".into())
    );
    for bad in ["-1", "1e-9", "\"10\"", "null", "22000000"] {
        assert!(
            bcoin.answered(200, answer(bad).as_bytes(), at(0)).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn what_a_program_does_not_do_is_said_in_words_with_its_name() {
    let words =
        |lacks: Option<chainlab::bitcoin::rpc::Lacks>| lacks.expect("it does not").to_string();
    assert_eq!(words(btcd().new_address(None).err()), "btcd has no wallet");
    assert_eq!(words(btcd().balance(None).err()), "btcd has no wallet");
    assert_eq!(
        words(bcoin().wallets().err()),
        "bcoin does not list its wallets"
    );
    for dialect in [btcd(), bcoin()] {
        let said = words(dialect.set_network_active(false).err());
        let rest = "cannot leave the network and come back while it runs";
        assert_eq!(said, format!("{} {rest}", dialect.program()));
    }
    assert!(words(btcd().mempool_entry(ID).err()).starts_with("btcd tells of all"));
    assert!(words(btcd().bans().err()).starts_with("btcd does not"));
    assert!(words(btcd().clear_bans().err()).contains("--nobanning"));
    assert!(
        bcoin()
            .on_reconsider()
            .is_some_and(|note| note.contains("only forgets"))
    );
    assert!(core().on_reconsider().is_none());
    let request = core().new_address(None).expect("it has wallets");
    let error = request.answered(200, body("btcd-getnewaddress.error").as_bytes(), at(0));
    let words = "it says \"This implementation does not implement wallet commands\" (-1)";
    assert_eq!(error.expect_err("refused").to_string(), words);
}

#[test]
fn each_program_is_asked_in_its_own_words() {
    let call = |request: &chainlab::bitcoin::rpc::Call| {
        format!(
            "{}{} at {}",
            request.method,
            serde_json::json!(request.params),
            request.path()
        )
    };
    let peer = "127.0.0.1:18444".parse().expect("an address");
    let (hash, hex) = (BlockHash([0xab; 32]), "ab".repeat(32));
    let mine = |dialect: &dyn Dialect| call(dialect.mine(3, "rb1q").call());
    assert_eq!(mine(core()), "generatetoaddress[3,\"rb1q\"] at /");
    assert_eq!(mine(bcoin()), "generatetoaddress[3,\"rb1q\"] at /");
    assert_eq!(mine(btcd()), "generate[3] at /");
    let leave = |dialect: &dyn Dialect| call(dialect.disconnect(peer).call());
    assert_eq!(leave(core()), "disconnectnode[\"127.0.0.1:18444\"] at /");
    assert_eq!(
        leave(btcd()),
        "node[\"disconnect\",\"127.0.0.1:18444\"] at /"
    );
    let block = |dialect: &dyn Dialect| call(dialect.block(hash).call());
    assert_eq!(block(core()), format!("getblock[\"{hex}\",0] at /"));
    assert_eq!(block(bcoin()), format!("getblock[\"{hex}\",false] at /"));
    let address = core().new_address(Some("a b")).expect("it has wallets");
    assert_eq!(call(address.call()), "getnewaddress[] at /wallet/a%20b");
    let pay = |dialect: &dyn Dialect, of| {
        let amount = "0.29".parse().expect("an amount");
        call(
            dialect
                .pay(of, "rb1q", amount)
                .expect("it has a wallet")
                .call(),
        )
    };
    let paid = "sendtoaddress[\"rb1q\",0.29] at /";
    assert_eq!(pay(core(), Some("w")), format!("{paid}wallet/w"));
    assert_eq!(pay(bcoin(), None), paid);
    assert_eq!(
        call(core().send(&[0, 0xff]).call()),
        "sendrawtransaction[\"00ff\"] at /"
    );
    let connect = call(core().connect(peer).call());
    assert_eq!(connect, "addnode[\"127.0.0.1:18444\",\"onetry\"] at /");
}

#[test]
fn a_list_without_an_end_is_cut_with_a_count() {
    let tip = r#"{"height":1,"hash":"00","branchlen":0,"status":"active"}"#;
    let tip = tip.replace("00", &"0".repeat(64));
    let all = vec![tip.as_str(); 5_000].join(",");
    let body = format!(r#"{{"result":[{all}],"error":null,"id":"chainlab"}}"#);
    let tips = core()
        .tips()
        .answered(200, body.as_bytes(), at(0))
        .expect("a list");
    assert_eq!((tips.items.len(), tips.left_out), (1_000, 4_000));
}

#[test]
fn numbers_out_of_range_and_hostile_words_do_no_harm() {
    let said = |result: &str| format!(r#"{{"result":{result},"error":null,"id":"chainlab"}}"#);
    let entry = core().mempool_entry(ID).expect("it tells of one");
    for fee in ["-1", "1e-9", "21000000.1", "1e400", "\"1\"", "null"] {
        let body = said(&format!(
            r#"{{"vsize":1,"time":1,"fees":{{"base":{fee}}}}}"#
        ));
        let error = entry.answered(200, body.as_bytes(), at(0)).expect_err(fee);
        assert!(matches!(error, RpcError::Unreadable { .. }), "{error}");
    }
    for vsize in ["0", "1000001", "-1", "1.5"] {
        let body = said(&format!(
            r#"{{"vsize":{vsize},"time":1,"fees":{{"base":1}}}}"#
        ));
        assert!(
            entry.answered(200, body.as_bytes(), at(0)).is_err(),
            "{vsize}"
        );
    }
    let peers = said(r#"[{"addr":"\u001b[2Jx","subver":"a\nb","pingtime":1e3,"conntime":-5}]"#);
    let peers = core()
        .peers()
        .answered(200, peers.as_bytes(), at(0))
        .expect("a list");
    let peer = &peers.items[0];
    assert_eq!(
        (peer.address.as_str(), peer.agent.as_str()),
        ("\u{fffd}[2Jx", "a b")
    );
    assert_eq!(
        (peer.ping, peer.connected_for),
        (Some(Duration::from_secs(1_000)), None)
    );
    let block = core().block(BlockHash([0; 32]));
    for hex in ["\"0\"", "\"0g\"", "7", "\"é\""] {
        assert!(
            block.answered(200, said(hex).as_bytes(), at(0)).is_err(),
            "{hex}"
        );
    }
    let bytes = block.answered(200, said("\"00fF10\"").as_bytes(), at(0));
    assert_eq!(bytes, Ok(vec![0, 255, 16]));
}
