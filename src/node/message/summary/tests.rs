use super::*;
use crate::chain::Txid;

#[test]
fn a_long_list_is_shown_by_its_beginning_and_the_rest_is_counted() {
    let items: Vec<Item> = (0..20).map(|i| Item::Tx(Txid([i; 32]))).collect();
    let summary = Message::Inv(items.clone()).summary();
    let first = items[..FIRST_MAX].to_vec();
    assert_eq!(summary, MessageSummary::Items { count: 20, first });
    let fields = summary.fields();
    assert_eq!(fields.len(), 1 + FIRST_MAX + 1);
    assert_eq!(fields[0], ("items", "20".to_owned()));
    assert_eq!(fields[2], ("tx", Txid([1; 32]).to_string()), "whole");
    assert_eq!(fields.last(), Some(&("more", "12".to_owned())));
    let short = Message::GetData(items[..2].to_vec()).summary();
    assert_eq!(short.fields().len(), 3, "nothing was left out");
}

#[test]
fn a_locator_without_end_says_so() {
    let locator = Locator {
        have: vec![BlockHash([3; 32]), BlockHash([2; 32])],
        stop: BlockHash::ZERO,
    };
    let fields = Message::GetHeaders(locator).summary().fields();
    let wanted = [
        ("hashes", "2".to_owned()),
        ("first", BlockHash([3; 32]).to_string()),
        ("stop", "none".to_owned()),
    ];
    assert_eq!(fields, wanted);
}

#[test]
fn headers_are_shown_by_the_first_and_the_last_and_one_alone_only_once() {
    let header = *crate::chain::Params::default().genesis_block().header();
    let summary = |headers: Vec<Header>| Message::Headers(headers).summary();
    assert_eq!(summary(Vec::new()).fields(), [("headers", "0".to_owned())]);
    assert_eq!(summary(vec![header]).fields().len(), 1 + 3);
    assert_eq!(summary(vec![header; 3]).fields().len(), 1 + 2 * 3);
}

#[test]
fn a_gist_comes_back_from_json_as_it_was() {
    let block = crate::chain::Params::default().genesis_block();
    let coinbase = std::sync::Arc::new(block.txs()[0].clone());
    for message in [
        Message::GetAddr,
        Message::Ping(u64::MAX),
        Message::Watch(vec![KeyHash([4; 20])]),
        Message::GetProofs(ProofQuery {
            from: ProofPlace { height: 7, tx: 2 },
            stop: BlockHash([5; 32]),
        }),
        Message::FeeFilter(FeeRates::default()),
        Message::Tx(coinbase),
        Message::Block(std::sync::Arc::new(block)),
    ] {
        let summary = message.summary();
        let text = serde_json::to_string(&summary).expect("plain data");
        let read: MessageSummary = serde_json::from_str(&text).expect("what was written");
        assert_eq!(read, summary, "{text}");
    }
}
