use super::*;

#[test]
fn the_second_connection_is_dialled_once_the_first_stands_and_each_asks_for_its_own() {
    let mut stage = Stage::new(false);
    assert_eq!(stage.dials, [(Duration::ZERO, Role::Announcements)]);
    stage.connects(Role::Announcements, SERVICES);
    assert_eq!(stage.dials.len(), 2, "{:?}", stage.dials);
    stage.connects(Role::Headers, SERVICES);
    use Kind::*;
    let greeting = [Version, WtxidRelay, SendAddrV2, Verack];
    let announcements = [&greeting[..], &[SendCmpct, GetAddr, GetHeaders, Ping]].concat();
    assert_eq!(stage.kinds(Role::Announcements), announcements);
    let headers = [&greeting[..], &[SendHeaders, GetHeaders, Ping]].concat();
    assert_eq!(stage.kinds(Role::Headers), headers);
    let relays = stage
        .heard
        .iter()
        .filter_map(|(role, message)| match message {
            Message::Version(version) => Some((*role, version.relay, version.services)),
            _ => None,
        });
    let wants = [(Role::Announcements, true), (Role::Headers, false)];
    assert!(relays.eq(wants.map(|(role, relay)| (role, relay, Services::default()))));
    let peer = stage.snapshot().peer.unwrap();
    assert_eq!((&peer.user_agent[..], peer.height), ("\"/played:1/\"", 5));
}

#[test]
fn it_says_why_it_was_left_when_it_asked_what_waits() {
    let mut stage = Stage::new(true);
    stage.connects(Role::Announcements, SERVICES);
    stage.elapses(Duration::from_millis(20));
    stage.hangs_up(Role::Announcements);
    let [Line::Down { why, .. }, _] = &stage.snapshot().lines else {
        panic!("it is down");
    };
    assert_eq!(
        why,
        "it hung up 20 ms after it was asked what waits: it does not answer `mempool`"
    );
}

#[test]
fn a_node_that_is_not_there_is_dialled_again_after_a_wait_that_grows() {
    let mut stage = Stage::new(false);
    for dial in 1..9 {
        let (role, why) = (Role::Announcements, "connection refused".to_owned());
        stage.does(WatchInput::DialFailed { role, why });
        while stage.dials.len() == dial {
            stage.now = stage.watcher.deadline().unwrap();
            stage.does(WatchInput::Tick);
        }
    }
    let waits = stage
        .dials
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0).as_secs());
    assert_eq!(waits.collect::<Vec<_>>(), [1, 2, 4, 8, 16, 32, 60, 60]);
    // One that stood for a minute was a good one.
    stage.connects(Role::Announcements, SERVICES);
    stage.now = stage.now + Duration::from_secs(60);
    stage.hangs_up(Role::Announcements);
    let again = stage.now + Duration::from_secs(1);
    assert!(matches!(&stage.snapshot().lines[0], Line::Down { again: at, .. } if *at == again));
}

#[test]
fn pings_are_timed_and_silence_ends_the_connection() {
    let mut stage = Stage::up(SERVICES);
    stage.elapses(Duration::from_secs(25));
    assert_eq!(
        stage.snapshot().pings,
        [None, None],
        "the first is not answered"
    );
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    let ping = stage.heard.iter().find_map(|(_, message)| match message {
        Message::Ping(number) => Some(*number),
        _ => None,
    });
    stage.elapses(Duration::from_millis(42));
    stage.says(Role::Announcements, Message::Pong(ping.unwrap() ^ 1));
    assert_eq!(stage.snapshot().pings[0], None, "another number");
    stage.says(Role::Announcements, Message::Pong(ping.unwrap()));
    let time = Duration::from_millis(42);
    assert_eq!(stage.snapshot().pings[0], Some((time, time)));
    stage.elapses(Duration::from_secs(100));
    assert_eq!(stage.closed, [Role::Announcements]);
}

#[test]
fn what_a_node_may_not_send_ends_that_connection_with_words() {
    let block = &chain(&genesis(), 1, &[0])[0];
    let bent = {
        let mut bytes = block.bytes().to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        Block::new(bytes.into()).unwrap()
    };
    let mut idle = *block.header();
    while idle.meets_target(REGTEST) {
        idle.nonce += 1;
    }
    let mut stage = Stage::up(SERVICES);
    stage.says(Role::Announcements, short(block));
    stage.says(Role::Announcements, Message::Block(bent));
    stage.says(Role::Headers, Message::Headers(vec![idle]));
    assert_eq!(stage.closed, Role::ALL);
    let whys = stage.snapshot().lines.map(|line| match line {
        Line::Down { why, .. } => why,
        other => panic!("{other:?}"),
    });
    assert_eq!(
        whys,
        [
            "it sent what it may not: a block of it: its transactions are not those that the header commits to",
            "it sent what it may not: a header of it is not taken: its proof of work is not enough",
        ]
    );

    let mut stage = Stage::up(SERVICES);
    stage.says_bytes(Role::Headers, Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n"));
    assert_eq!(stage.closed, [Role::Headers]);
    stage.answers(Role::Headers);
    let own = Message::Version(Box::new(Version {
        nonce: stage.watcher.conns.values().next().unwrap().nonce,
        ..version(SERVICES)
    }));
    stage.says(Role::Headers, own);
    assert_eq!(
        stage.closed,
        [Role::Headers; 2],
        "it is this program itself"
    );
}

#[test]
fn after_a_disconnect_nothing_of_the_connection_is_left() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    stage.says(Role::Announcements, short(block));
    stage.says(
        Role::Announcements,
        Message::Inv(vec![item(InvKind::Tx, [9; 32])]),
    );
    stage.says(
        Role::Headers,
        Message::Inv(vec![item(InvKind::Block, [8; 32])]),
    );
    stage.hangs_up(Role::Announcements);
    stage.hangs_up(Role::Headers);
    let watcher = &stage.watcher;
    assert!(watcher.conns.is_empty() && watcher.bodies_asked.is_empty());
    assert_eq!(watcher.wanted.deadline(), None);
    // The block is asked for again once its node is back, as it is part of its chain.
    stage.elapses(Duration::from_secs(2));
    stage.connects(Role::Announcements, SERVICES);
    stage.heard.clear();
    stage.says(Role::Announcements, Message::Headers(vec![*block.header()]));
    assert_eq!(stage.asked(), [block.hash().0]);
}
