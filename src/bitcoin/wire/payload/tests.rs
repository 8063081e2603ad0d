use super::*;
use crate::bitcoin::Network;
use crate::bitcoin::wire::{CompactBlock, NodeHost, Services};
use bitcoin_test_data::blocks::mainnet_702861;
use proptest::prelude::*;

fn again(message: &Message) -> Message {
    Message::read(&message.to_frame()).unwrap()
}

fn block() -> Block {
    Block::new(Bytes::from_static(mainnet_702861())).unwrap()
}

fn addrs() -> Vec<NodeAddr> {
    let other = |network: u8, len: usize| NodeHost::Other {
        network,
        bytes: vec![7; len].into(),
    };
    let hosts = [
        NodeHost::Ip([127, 0, 0, 1].into()),
        NodeHost::Ip([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()),
        other(4, 32),
        other(200, 3),
    ];
    let addr = |host: NodeHost| NodeAddr {
        time: 1_700_000_000,
        services: Services(0x40d),
        host,
        port: 8_333,
    };
    hosts.map(addr).to_vec()
}

fn messages() -> Vec<Message> {
    let (header, hash) = (Network::Mainnet.params().genesis(), block().hash());
    let txs: Vec<Transaction> = block().txs().take(3).collect();
    let item = |kind: InvKind| InvItem { kind, hash: hash.0 };
    let items = INV_KINDS.map(|(_, kind)| item(kind)).to_vec();
    let locator = Locator {
        protocol: 70_016,
        hashes: vec![hash; 12],
        stop: BlockHash::ZERO,
    };
    let version = Version {
        protocol: 70_016,
        services: Services::WITNESS,
        time: -1,
        receiver: ([127, 0, 0, 1], 18_444).into(),
        nonce: 5,
        user_agent: Bytes::from_static(b"/chainlab:0.1.0/"),
        height: 702_861,
        relay: false,
    };
    let short = CompactBlock {
        header,
        nonce: 9,
        short_ids: vec![[1; 6], [2; 6]],
        prefilled: vec![(0, txs[0].clone()), (3, txs[1].clone())],
    };
    let reject = Reject {
        message: Bytes::from_static(b"tx"),
        code: 0x42,
        reason: Bytes::from_static(b"insufficient fee"),
        hash: Some(hash.0),
    };
    vec![
        Message::Version(Box::new(version)),
        Message::Verack,
        Message::Ping(1),
        Message::Pong(u64::MAX),
        Message::SendHeaders,
        Message::SendCmpct {
            announce: true,
            version: 2,
        },
        Message::WtxidRelay,
        Message::SendAddrV2,
        Message::FeeFilter(1_000),
        Message::GetAddr,
        Message::Addr(addrs()[..2].to_vec()),
        Message::AddrV2(addrs()),
        Message::Inv(items.clone()),
        Message::GetData(vec![item(InvKind::Other(99))]),
        Message::NotFound(items),
        Message::GetHeaders(locator),
        Message::Headers(vec![header; 3]),
        Message::Block(block()),
        Message::Tx(txs[2].clone()),
        Message::CmpctBlock(Box::new(short)),
        Message::GetBlockTxn(BlockTxnRequest {
            block: hash,
            indexes: vec![0, 1, 7, 300],
        }),
        Message::BlockTxn(BlockTxn { block: hash, txs }),
        Message::Mempool,
        Message::Reject(reject),
        Message::Unknown {
            command: CommandName::new("feature"),
            payload: Bytes::from_static(b"of a later version"),
        },
    ]
}

#[test]
fn each_message_is_read_as_it_is_written_and_fits_its_limit() {
    let all = messages();
    for message in &all {
        assert_eq!(again(message), *message);
        if let Some(kind) = message.kind() {
            assert!(message.to_frame().payload.len() <= kind.max_len(), "{kind}");
        }
    }
    let kinds: Vec<_> = all.iter().filter_map(Message::kind).collect();
    assert_eq!(kinds, Kind::ALL, "each kind is among them");
}

#[test]
fn the_largest_of_each_kind_fit_their_limits() {
    let (header, item) = (
        Network::Mainnet.params().genesis(),
        InvItem {
            kind: InvKind::Tx,
            hash: [1; 32],
        },
    );
    let long = NodeAddr {
        host: NodeHost::Other {
            network: 99,
            bytes: vec![1; 512].into(),
        },
        services: Services(u64::MAX),
        ..addrs()[0].clone()
    };
    let locator = Locator {
        hashes: vec![BlockHash::ZERO; LOCATOR_MAX],
        ..Locator::default()
    };
    for message in [
        Message::Headers(vec![header; HEADERS_MAX]),
        Message::Inv(vec![item; INV_MAX]),
        Message::Addr(vec![addrs()[0].clone(); ADDR_MAX]),
        Message::AddrV2(vec![long; ADDR_MAX]),
        Message::GetHeaders(locator),
    ] {
        let (kind, len) = (message.kind().unwrap(), message.to_frame().payload.len());
        assert!(len <= kind.max_len(), "{kind}: {len}");
        assert_eq!(again(&message), message);
    }
}

#[test]
fn more_than_a_message_may_have_is_refused_before_it_is_read() {
    for (kind, payload, words) in [
        (
            Kind::Headers,
            &[0xfd, 0xd1, 7][..],
            "headers: 2001 headers: at most 2000 are allowed",
        ),
        (
            Kind::Inv,
            &[0xfd, 0x51, 0xc3],
            "inv: 50001 items: at most 50000 are allowed",
        ),
        (
            Kind::Addr,
            &[0xfd, 0xe9, 3],
            "addr: 1001 addresses: at most 1000 are allowed",
        ),
        (
            Kind::Ping,
            &[1, 2, 3],
            "ping: it ends in the middle of the number",
        ),
        (
            Kind::SendCmpct,
            &[2; 9],
            "sendcmpct: whether to announce is 2",
        ),
        (
            Kind::Tx,
            &[1, 0, 0, 0, 0, 9],
            "tx: a transaction in it has a mark of witnesses that means nothing",
        ),
    ] {
        let frame = Frame {
            command: CommandName::new(kind.name()),
            payload: Bytes::from_static(payload),
        };
        assert_eq!(Message::read(&frame).unwrap_err().to_string(), words);
    }
}

#[test]
fn what_a_later_version_adds_to_a_message_is_passed_over() {
    for message in messages() {
        let mut frame = message.to_frame();
        let grows = !matches!(message.kind(), None | Some(Kind::Block | Kind::Reject));
        if grows {
            frame.payload = [&frame.payload[..], &[1]].concat().into();
            assert_eq!(Message::read(&frame), Ok(message));
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_what_is_read_is_written_the_same(
        kind in 0..Kind::ALL.len(),
        payload in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let frame = Frame {
            command: CommandName::new(Kind::ALL[kind].name()),
            payload: payload.into(),
        };
        if let Ok(message) = Message::read(&frame) {
            prop_assert_eq!(again(&message), message);
        }
    }
}
