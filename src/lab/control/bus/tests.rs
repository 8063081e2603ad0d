use super::*;
use crate::node::io::{ConnId, EventKind, PeerLabel};

fn own(number: usize) -> Event {
    let kind = EventKind::Mining(format!("{number}"));
    let at = Time(u64::try_from(number).expect("64 bits"));
    Event { at, kind }
}

fn noise(number: usize) -> Event {
    let kind = EventKind::TxRefused {
        txid: crate::chain::Txid([7; 32]),
        from: Some(PeerLabel {
            conn: ConnId(1),
            name: "mallory".into(),
        }),
        why: "no".to_owned(),
    };
    Event {
        kind,
        ..own(number)
    }
}

#[test]
fn noise_does_not_empty_the_history_of_what_a_node_did() {
    let mut recent = RecentEvents::default();
    for number in 0..10_000 {
        let is_own = number % 1_000 == 0;
        let event = if is_own { own(number) } else { noise(number) };
        recent.push(Arc::new(event));
    }
    let kept: Vec<_> = recent.iter().collect();
    assert!(kept.windows(2).all(|two| two[0].at < two[1].at), "in order");
    let is_own = |event: &&&Arc<Event>| !event.kind.is_of_peers();
    assert_eq!(kept.iter().filter(is_own).count(), 10);
    assert_eq!(kept.len(), 10 + RECENT_MAX);
    assert_eq!(recent.last(), Some(Time(9_999)));
}

#[test]
fn time_waits_for_a_subscriber_who_is_behind_and_wants_that_and_for_no_other() {
    let bus = EventBus::default();
    let _slow = bus.listen();
    let tell = |count| {
        for number in 0..count {
            bus.tell(0, NodeIx(0), "nora", &Arc::new(own(number)), Weight::News);
        }
    };
    tell(BEHIND_MAX / 2 + 1);
    assert!(!bus.is_time_wanted(), "it is wanted by none");
    let (mut patient, wants) = (bus.listen(), bus.want_time());
    tell(BEHIND_MAX / 2);
    assert!(!bus.is_time_wanted());
    tell(1);
    assert!(bus.is_time_wanted());
    while let Ok(told) = patient.try_next() {
        wants.took(&told);
    }
    assert!(!bus.is_time_wanted(), "it has come after");
    tell(BEHIND_MAX);
    assert!(bus.is_time_wanted());
    drop(wants);
    assert!(!bus.is_time_wanted(), "it has left");
}

#[test]
fn what_is_told_after_time_went_back_is_no_part_of_a_subscription_from_before() {
    let bus = EventBus::default();
    let mut before = bus.listen();
    bus.tell(0, NodeIx(0), "nora", &Arc::new(own(1)), Weight::News);
    bus.went_back();
    let mut after = bus.listen();
    bus.tell(0, NodeIx(0), "nora", &Arc::new(own(2)), Weight::News);
    let told = [(); 2].map(|()| before.try_next().expect("two were told"));
    assert_eq!(told.map(|told| before.is_before(&told)), [false, true]);
    let told = after.try_next().expect("one was told");
    assert!(!after.is_before(&told));
}

#[test]
fn a_subscriber_that_is_behind_with_noise_misses_nothing_that_a_node_did() {
    let bus = EventBus::default();
    let mut listening = bus.listen();
    let count = 3 * BEHIND_MAX;
    for number in 0..count {
        let event = match number % 100 {
            0 => own(number),
            _ => noise(number),
        };
        bus.tell(0, NodeIx(0), "nora", &Arc::new(event), Weight::News);
    }
    let (mut heard, mut missed) = (Vec::new(), 0);
    loop {
        match listening.try_next() {
            Ok(told) => heard.push(Arc::clone(&told.event.event)),
            Err(TryRecvError::Lagged(more)) => missed += more,
            Err(_) => break,
        }
    }
    let own = heard.iter().filter(|event| !event.kind.is_of_peers());
    assert_eq!(own.count(), count.div_ceil(100));
    assert_eq!(heard.len() + usize::try_from(missed).expect("few"), count);
    let times: Vec<_> = heard.iter().map(|event| event.at).collect();
    assert!(times.is_sorted(), "in order");
}
