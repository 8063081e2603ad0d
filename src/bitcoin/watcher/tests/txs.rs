use super::*;

#[test]
fn what_waits_is_asked_for_only_where_the_node_offers_it_or_on_request() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    assert!(!stage.kinds(Role::Announcements).contains(&Kind::Mempool));
    assert!(
        stage
            .snapshot()
            .mempool_not_asked
            .unwrap()
            .contains("service bit 4")
    );
    for (forced, services) in [(false, WITH_BLOOM), (true, SERVICES)] {
        let mut stage = Stage::new(forced);
        stage.connects(Role::Announcements, services);
        assert!(stage.kinds(Role::Announcements).contains(&Kind::Mempool));
        assert_eq!(stage.snapshot().mempool_not_asked, None);
    }
}

#[test]
fn a_replacement_is_told_with_what_it_replaces() {
    let mut stage = Stage::up(SERVICES);
    let money = coin(&coinbase(1, 0));
    let (old, new) = (tx(&[money], &[1_000]), tx(&[money], &[900]));
    stage.relays(&old);
    stage.relays(&new);
    let why = Gone::Replaced(new.txid());
    assert!(stage.has_told(&WatchEventKind::TxGone {
        txid: old.txid(),
        why
    }));
    let waits: Vec<Txid> = stage.watcher.monitor().iter().map(|tx| tx.txid).collect();
    assert_eq!(waits, [new.txid()]);
}
