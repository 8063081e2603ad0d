use super::*;
use crate::bitcoin::rpc::{ChainInfo, Listed, Tip, TipStatus};

/// One that is up, of a node that is asked as well.
fn asked() -> Stage {
    let mut stage = Stage::with(false, true);
    stage.connects(Role::Announcements, SERVICES);
    stage.connects(Role::Headers, SERVICES);
    stage.says(Role::Announcements, Message::Headers(vec![]));
    stage.says(Role::Headers, Message::Headers(vec![]));
    stage.events.clear();
    stage
}

fn chain_info(best: BlockHash, blocks: u32) -> RpcAnswer {
    RpcAnswer::Chain(ChainInfo {
        chain: "regtest".to_owned(),
        network: Some(Network::Regtest),
        blocks,
        best,
    })
}

fn mempool(ids: &[Txid]) -> RpcAnswer {
    RpcAnswer::Mempool(Listed {
        items: ids.to_vec(),
        left_out: 0,
    })
}

impl Stage {
    /// Answers questions in their order, with these where they fit, until the round is over.
    fn round(&mut self, chain: &RpcAnswer, pool: &RpcAnswer) {
        self.now = self.now + Duration::from_secs(1);
        self.does(WatchInput::Tick);
        while let Some(question) = self.questions.pop() {
            let answer = match question {
                RpcQuestion::Chain => chain.clone(),
                RpcQuestion::Mempool => pool.clone(),
                RpcQuestion::Tips => RpcAnswer::Tips(Listed {
                    items: vec![],
                    left_out: 0,
                }),
                RpcQuestion::Entry(txid) => RpcAnswer::Entry(txid, None),
            };
            self.does(WatchInput::Answered(Ok(answer)));
        }
    }
}

#[test]
fn questions_are_asked_one_at_a_time_and_again_after_a_second() {
    let mut stage = asked();
    assert_eq!(stage.questions, [RpcQuestion::Chain]);
    stage.elapses(Duration::from_secs(5));
    assert_eq!(stage.questions.len(), 1, "it waits for the answer");
    stage.questions.clear();
    let best = genesis().hash();
    stage.does(WatchInput::Answered(Ok(chain_info(best, 0))));
    assert_eq!(
        stage.questions,
        [RpcQuestion::Tips],
        "the tip is another than before"
    );
    let stale = |status: TipStatus| Tip {
        height: 1,
        hash: BlockHash([1; 32]),
        branch: 1,
        status,
    };
    let tips = [
        TipStatus::Active,
        TipStatus::ValidFork,
        TipStatus::HeadersOnly,
    ];
    stage.does(WatchInput::Answered(Ok(RpcAnswer::Tips(Listed {
        items: tips.map(stale).to_vec(),
        left_out: 0,
    }))));
    assert_eq!(stage.snapshot().stale_branches, 1);
    assert_eq!(stage.questions.pop(), Some(RpcQuestion::Mempool));
    stage.does(WatchInput::Answered(Ok(mempool(&[]))));
    stage.elapses(Duration::from_secs(1));
    assert_eq!(stage.questions.pop(), Some(RpcQuestion::Chain));
}

#[test]
fn a_tip_that_went_back_counts_once_it_was_said_twice() {
    let mut stage = asked();
    let blocks = chain(&genesis(), 1, &[0, 0]);
    blocks.iter().for_each(|block| stage.mines(block));
    let (lower, none) = (chain_info(blocks[0].hash(), 1), mempool(&[]));
    stage.round(&lower, &none);
    assert_eq!(
        stage.tip_height(),
        2,
        "the answer may be older than the block"
    );
    stage.round(&lower, &none);
    assert_eq!(stage.tip_height(), 1);
    // On top of it the other tip is a block as any other.
    stage.round(&chain_info(blocks[1].hash(), 2), &none);
    stage.round(&chain_info(blocks[1].hash(), 2), &none);
    assert_eq!(stage.tip_height(), 2);
}

#[test]
fn what_the_node_has_no_more_is_gone_once_it_was_left_out_twice() {
    let mut stage = asked();
    let waits = tx(&[coin(&coinbase(1, 0))], &[1_000]);
    stage.relays(&waits);
    let best = chain_info(genesis().hash(), 0);
    stage.round(&best, &mempool(&[]));
    assert!(stage.watcher.monitor().has(&waits.txid()));
    stage.round(&best, &mempool(&[waits.txid()]));
    stage.round(&best, &mempool(&[]));
    assert!(
        stage.watcher.monitor().has(&waits.txid()),
        "it was there in between"
    );
    stage.round(&best, &mempool(&[]));
    let (txid, why) = (waits.txid(), Gone::Dropped);
    assert!(stage.has_told(&WatchEventKind::TxGone { txid, why }));
    assert!(stage.watcher.monitor().is_empty());
}

#[test]
fn a_node_that_does_not_answer_is_asked_less_often_and_it_is_told_once() {
    let mut stage = asked();
    for _ in 0..3 {
        stage.questions.clear();
        let why = "127.0.0.1:18443 cannot be reached".to_owned();
        stage.does(WatchInput::Answered(Err(why)));
        stage.now = stage.now + Duration::from_millis(4_999);
        stage.does(WatchInput::Tick);
        assert!(stage.questions.is_empty());
        stage.now = stage.now + Duration::from_millis(1);
        stage.does(WatchInput::Tick);
        assert_eq!(stage.questions, [RpcQuestion::Chain]);
    }
    let told = stage
        .events
        .iter()
        .filter(|event| matches!(event.kind, WatchEventKind::NotAnswered { .. }));
    assert_eq!(told.count(), 1);
    assert!(stage.snapshot().rpc_fault.is_some());
    stage.does(WatchInput::Answered(Ok(chain_info(genesis().hash(), 0))));
    assert_eq!(stage.snapshot().rpc_fault, None);
}

#[test]
fn a_node_of_another_network_is_not_asked_any_more() {
    let mut stage = asked();
    stage.does(WatchInput::Answered(Ok(RpcAnswer::Chain(ChainInfo {
        chain: "main".to_owned(),
        network: Some(Network::Mainnet),
        blocks: 900_000,
        best: BlockHash([1; 32]),
    }))));
    stage.questions.clear();
    stage.elapses(Duration::from_secs(20));
    assert_eq!(stage.questions, []);
    assert!(
        stage
            .snapshot()
            .rpc_fault
            .unwrap()
            .contains("it says that it is on \"main\"")
    );
}
