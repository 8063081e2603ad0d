//! Who says what, as both ends tell it.

use super::chunks::CHUNK;
use super::*;
use crate::node::io::PeerLabel;
use crate::node::message::MessageSummary;

const A: NodeIx = NodeIx(0);
const B: NodeIx = NodeIx(1);

fn event(at: u64, peer: &str, command: &str, was_sent: bool) -> Arc<Event> {
    let peer = PeerLabel {
        conn: ConnId(1),
        name: peer.into(),
    };
    let (command, bytes, item) = (command.to_owned(), 32, None);
    let kind = match was_sent {
        true => EventKind::MessageSent {
            peer,
            command,
            bytes,
            item,
            summary: MessageSummary::Nothing,
        },
        false => EventKind::MessageReceived {
            peer,
            command,
            bytes,
            item,
            summary: MessageSummary::Nothing,
        },
    };
    Arc::new(Event { at: Time(at), kind })
}

fn party(name: &Arc<str>) -> Party {
    match &**name {
        "a" => Party::Node(A),
        "b" => Party::Node(B),
        other => Party::Stranger(other.into()),
    }
}

fn said(listener: &Listener) -> Vec<(Option<u64>, Option<u64>)> {
    let transcript = listener.transcript();
    let mut all: Vec<_> = transcript.newest().cloned().collect();
    all.reverse();
    let time = |time: Option<Time>| time.map(|time| time.0);
    let ends = all
        .iter()
        .map(|said| (time(said.sent), time(said.received)));
    ends.collect()
}

#[test]
fn both_ends_of_a_message_are_one_whichever_is_heard_first() {
    let mut listener = Listener::default();
    listener.hear(A, &event(10, "b", "ping", true), party);
    listener.hear(B, &event(30, "a", "ping", false), party);
    listener.hear(A, &event(50, "b", "pong", false), party);
    listener.hear(B, &event(40, "a", "pong", true), party);
    assert_eq!(
        said(&listener),
        [(Some(10), Some(30)), (Some(40), Some(50))]
    );
    let transcript = listener.transcript();
    let last = transcript.newest().next().expect("two were said");
    assert_eq!((&last.from, &last.to), (&Party::Node(B), &Party::Node(A)));
    assert_eq!(last.took(), Some(Duration::from_micros(10)));
}

#[test]
fn messages_of_a_kind_arrive_in_the_order_in_which_they_were_sent() {
    let mut listener = Listener::default();
    for at in [1, 2, 3] {
        listener.hear(A, &event(at, "b", "inv", true), party);
    }
    for at in [11, 12] {
        listener.hear(B, &event(at, "a", "inv", false), party);
    }
    let ends = [(Some(1), Some(11)), (Some(2), Some(12)), (Some(3), None)];
    assert_eq!(said(&listener), ends);
    assert_eq!(
        listener.transcript().counts()[&(A, B)][slot(Some(Kind::Inv))].messages,
        3
    );
}

#[test]
fn what_is_on_its_way_is_lost_with_its_connection_and_never_takes_a_later_ones_place() {
    let mut listener = Listener::default();
    listener.hear(A, &event(1, "b", "inv", true), party);
    listener.hear(A, &down(2, "b"), party);
    let later = 10_000_000;
    listener.hear(A, &event(later, "b", "inv", true), party);
    listener.hear(B, &event(later + 1, "a", "inv", false), party);
    let ends = [(Some(1), None), (Some(later), Some(later + 1))];
    assert_eq!(said(&listener), ends);
    let transcript = listener.transcript();
    let lost: Vec<_> = transcript.newest().map(|said| said.is_lost).collect();
    assert_eq!(lost, [false, true]);
}

fn down(at: u64, peer: &str) -> Arc<Event> {
    let kind = EventKind::PeerDown {
        peer: PeerLabel {
            conn: ConnId(1),
            name: peer.into(),
        },
        addr: std::net::SocketAddr::from(([127, 0, 0, 1], 1)),
        why: "cut".to_owned(),
    };
    Arc::new(Event { at: Time(at), kind })
}

#[test]
fn what_came_in_before_the_end_of_its_connection_was_not_lost_whoever_is_heard_first() {
    let mut listener = Listener::default();
    listener.hear(A, &event(1, "b", "inv", true), party);
    listener.hear(A, &down(9, "b"), party);
    let lost = |listener: &Listener| listener.transcript().newest().any(|said| said.is_lost);
    assert!(lost(&listener));
    listener.hear(B, &event(5, "a", "inv", false), party);
    assert_eq!(said(&listener), [(Some(1), Some(5))]);
    assert!(!lost(&listener));
    // The other end notices later, and has nothing to do with what is said by then.
    listener.hear(A, &event(20, "b", "inv", true), party);
    listener.hear(B, &down(11, "a"), party);
    assert!(!lost(&listener));
}

#[test]
fn after_something_was_missed_nothing_is_put_together_that_does_not_belong_together() {
    let mut listener = Listener::default();
    listener.hear(A, &event(1, "b", "ping", true), party);
    listener.missed(B);
    listener.hear(A, &event(1_000, "b", "ping", true), party);
    listener.hear(B, &event(1_005, "a", "ping", false), party);
    assert_eq!(
        said(&listener),
        [(Some(1), None), (Some(1_000), Some(1_005))]
    );
}

#[test]
fn with_a_node_go_its_connections_and_another_life_has_the_same_numbers() {
    let mut listener = Listener::default();
    listener.hear(B, &event(5, "127.0.0.1:9", "version", false), party);
    listener.left(B, Time(6));
    listener.hear(B, &event(9, "a", "verack", true), party);
    let transcript = listener.transcript();
    let from: Vec<_> = transcript.newest().map(|said| said.from.node()).collect();
    assert_eq!(from, [Some(B), None], "who said it then is not known");
}

#[test]
fn no_number_is_too_large_to_be_counted() {
    let mut count = Count::default();
    count.add(usize::MAX);
    count.add(usize::MAX);
    assert_eq!((count.messages, count.bytes), (2, u64::MAX));
}

#[test]
fn strangers_are_heard_as_the_node_hears_them() {
    let mut listener = Listener::default();
    listener.hear(A, &event(1, "127.0.0.1:9", "version", false), party);
    assert_eq!(said(&listener), [(None, Some(1))]);
    assert!(listener.transcript().counts().is_empty());
}

#[test]
fn who_dials_is_known_by_a_port_at_first_and_its_words_are_its_own_later() {
    let mut listener = Listener::default();
    listener.hear(B, &event(5, "127.0.0.1:9", "version", false), party);
    listener.hear(A, &event(1, "b", "version", true), party);
    assert_eq!(said(&listener), [(None, Some(5)), (Some(1), None)]);
    listener.hear(B, &event(6, "a", "verack", true), party);
    assert_eq!(said(&listener), [(Some(1), Some(5)), (Some(6), None)]);
    assert_eq!(
        listener.transcript().counts()[&(A, B)][slot(Some(Kind::Version))].messages,
        1
    );
}

#[test]
fn the_newest_are_remembered_and_whoever_looked_has_what_was_there() {
    let mut listener = Listener::default();
    for at in 0..20_000 {
        listener.hear(A, &event(at, "b", "inv", true), party);
    }
    let before = listener.transcript();
    assert!(before.len() <= TRANSCRIPT_MAX && before.len() > TRANSCRIPT_MAX - 2 * CHUNK);
    let newest = before.newest().next().expect("many").clone();
    assert_eq!((newest.number, newest.sent), (19_999, Some(Time(19_999))));
    assert_eq!(before.get(19_999), Some(&newest));
    assert_eq!(before.get(0), None);
    listener.hear(A, &event(20_000, "b", "tx", true), party);
    assert_eq!(before.newest().next(), Some(&newest));
    assert_eq!(
        listener.transcript().get(20_000).map(Spoken::command),
        Some("tx")
    );
    assert!(listener.waiting[&(A, B)].len() <= WAITING_MAX);
}

#[test]
fn what_strangers_say_does_not_drive_out_what_nodes_said_and_all_is_in_its_order() {
    let mut listener = Listener::default();
    for at in 0..50_000 {
        let peer = if at % 100 == 0 { "b" } else { "127.0.0.1:9" };
        listener.hear(A, &event(at, peer, "inv", at % 100 == 0), party);
    }
    let transcript = listener.transcript();
    let all: Vec<_> = transcript.newest().collect();
    assert!(all.is_sorted_by(|one, other| one.number > other.number));
    let between = all.iter().filter(|said| said.to == Party::Node(B));
    assert_eq!(between.count(), 500);
    assert!(
        transcript.len() <= 500 + TRANSCRIPT_MAX,
        "{}",
        transcript.len()
    );
    assert_eq!(transcript.get(0).map(Spoken::at), Some(Time(0)));
    assert_eq!(transcript.get(1), None, "it was a stranger's, long ago");
    assert_eq!(transcript.get(49_999).map(Spoken::at), Some(Time(49_999)));
}

#[test]
fn every_kind_is_counted_by_itself_and_what_is_none_at_the_end() {
    let mut listener = Listener::default();
    for (at, kind) in (1..).zip(Kind::ALL) {
        for _ in 0..at {
            listener.hear(A, &event(at, "b", kind.name(), true), party);
        }
    }
    listener.hear(A, &event(99, "b", "sendheaders", true), party);
    let transcript = listener.transcript();
    let counts = transcript.counts()[&(A, B)].map(|count| count.messages);
    let known = u64::try_from(Kind::ALL.len()).expect("few");
    assert!(counts.into_iter().eq((1..=known).chain([1])), "{counts:?}");
    let newest = transcript.newest().next().expect("it was said");
    assert_eq!((newest.command(), newest.kind()), ("sendheaders", None));
}
