use super::*;

#[test]
fn nothing_that_was_not_asked_for_counts() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    stage.says(Role::Announcements, Message::Block(block.clone()));
    stage.says(Role::Announcements, Message::Tx(coinbase(1, 0)));
    stage.says(
        Role::Announcements,
        Message::Tx(tx(&[coin(&coinbase(1, 0))], &[1])),
    );
    assert!(stage.watcher.monitor().is_empty() && stage.watcher.block(&block.hash()).is_none());
}

#[test]
fn a_flood_of_announcements_stays_within_limits() {
    let mut stage = Stage::up(SERVICES);
    let flood = |kind: InvKind, round: u32| {
        let items = (0..50_000_u32).map(|nth| {
            let mut hash = [0; 32];
            hash[..4].copy_from_slice(&(round * 50_000 + nth).to_le_bytes());
            item(kind, hash)
        });
        Message::Inv(items.collect())
    };
    for round in 0..5 {
        stage.says(Role::Announcements, flood(InvKind::Tx, round));
        stage.says(Role::Announcements, flood(InvKind::Block, 100 + round));
    }
    assert_eq!(stage.asked().len(), 1_000 + Limits::BODIES_ASKED);
    assert!(stage.snapshot().txs_left_out >= 100_000);
    let addr = |nth: u32| NodeAddr {
        time: 0,
        services: SERVICES,
        host: NodeHost::Ip(nth.to_be_bytes().into()),
        port: 8_333,
    };
    for round in 0..20 {
        let addrs = (round * 1_000..round * 1_000 + 1_000).map(addr);
        stage.says(Role::Announcements, Message::Addr(addrs.collect()));
    }
    assert_eq!(stage.snapshot().addresses, 10_000);
}
