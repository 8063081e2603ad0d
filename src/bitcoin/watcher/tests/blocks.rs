use super::*;

#[test]
fn a_block_is_announced_complete_and_connected_at_three_moments() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    let hash = block.hash();
    let tick = Duration::from_millis(10);
    stage.says(Role::Announcements, short(block));
    assert_eq!(stage.asked(), [hash.0]);
    stage.elapses(tick);
    stage.says(Role::Announcements, Message::Block(block.clone()));
    stage.elapses(tick);
    assert_eq!(stage.tip_height(), 0, "it is not connected yet");
    stage.says(Role::Headers, Message::Headers(vec![*block.header()]));
    let stages = stage.watcher.block(&hash).unwrap().stages;
    assert_eq!(
        stages,
        Stages {
            announced: Some((START, AnnouncedBy::CmpctBlock)),
            complete: Some(START + tick),
            connected: Some((START + tick + tick, ConnectedBy::Headers)),
        }
    );
    assert_eq!(stage.tip_height(), 1);
    assert_eq!(stage.watcher.height(&hash), Some(1));
}

#[test]
fn whichever_connection_tells_first_a_block_is_announced_and_connected_once() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    let header = Message::Headers(vec![*block.header()]);
    stage.says(Role::Headers, header.clone());
    stage.elapses(Duration::from_millis(1));
    stage.says(Role::Announcements, short(block));
    stage.says(Role::Headers, header);
    let stages = stage.watcher.block(&block.hash()).unwrap().stages;
    assert_eq!(stages.announced, Some((START, AnnouncedBy::Headers)));
    assert_eq!(stages.connected, Some((START, ConnectedBy::Headers)));
    let announced = |event: &&WatchEvent| matches!(event.kind, WatchEventKind::Announced { .. });
    assert_eq!(stage.events.iter().filter(announced).count(), 1);
}

#[test]
fn a_block_that_an_answer_brought_before_it_was_announced_has_its_times_all_the_same() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    stage.connects(Role::Headers, SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    let header = Message::Headers(vec![*block.header()]);
    stage.says(Role::Announcements, header.clone());
    stage.says(Role::Headers, Message::Headers(vec![]));
    let stages = |stage: &Stage| stage.watcher.block(&block.hash()).unwrap().stages;
    assert_eq!(stages(&stage), Stages::default(), "it may be old");
    stage.says(Role::Headers, header);
    assert_eq!(
        stages(&stage).announced,
        Some((START, AnnouncedBy::Headers))
    );
    assert_eq!(
        stages(&stage).connected,
        Some((START, ConnectedBy::Headers))
    );
    assert!(stage.has_told(&WatchEventKind::Connected {
        block: block.hash(),
        height: Some(1),
        by: ConnectedBy::Headers,
    }));
}

#[test]
fn a_chain_that_was_there_before_is_read_from_its_beginning_and_has_no_times() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    stage.heard.clear();
    let blocks = chain(&genesis(), 1, &[0; 40]);
    let headers = blocks.iter().map(|block| *block.header()).collect();
    stage.says(Role::Announcements, Message::Headers(headers));
    let mut served = 0;
    loop {
        let asked = stage.asked();
        assert!(asked.len() <= 16);
        if asked.is_empty() {
            break;
        }
        for hash in asked {
            let block = blocks.iter().find(|block| block.hash().0 == hash).unwrap();
            stage.says(Role::Announcements, Message::Block(block.clone()));
            served += 1;
        }
    }
    assert_eq!((served, stage.tip_height()), (40, 40));
    let seen = stage.watcher.block(&blocks[39].hash()).unwrap();
    assert_eq!((seen.stages, seen.is_connected), (Stages::default(), true));
    // The outputs are known from the beginning: so are fees.
    let reward = blocks[0].txs().next().unwrap();
    let paid = tx(&[coin(&reward)], &[4_999_999_000]);
    stage.relays(&paid);
    let fee = stage.watcher.monitor().get(&paid.txid()).unwrap().fee;
    assert_eq!(fee.map(crate::chain::Amount::units), Some(1_000));
}

#[test]
fn a_longer_branch_is_a_reorganisation_of_its_true_depth_and_payments_wait_again() {
    let mut stage = Stage::up(SERVICES);
    let trunk = &chain(&genesis(), 1, &[0])[0];
    stage.mines(trunk);
    let payment = tx(&[coin(&trunk.txs().next().unwrap())], &[4_999_000_000]);
    stage.relays(&payment);
    let mined = block_on(trunk.header(), 2, 1, std::slice::from_ref(&payment));
    stage.mines(&mined);
    let over = chain(mined.header(), 3, &[1])[0].clone();
    stage.mines(&over);
    assert!(stage.watcher.monitor().is_empty());

    let other = chain(trunk.header(), 2, &[2, 2, 2]);
    for block in &other[..2] {
        stage.mines(block);
    }
    assert_eq!(
        stage.snapshot().tip.unwrap().hash,
        over.hash(),
        "as much work: the first stays"
    );
    stage.mines(&other[2]);
    assert_eq!(stage.snapshot().tip.unwrap().hash, other[2].hash());
    assert!(stage.has_told(&WatchEventKind::Reorganised {
        fork: trunk.hash(),
        old: over.hash(),
        new: other[2].hash(),
        depth: 2,
        fork_height: Some(1),
        new_height: Some(4),
    }));
    assert!(stage.has_told(&WatchEventKind::TxBack {
        txid: payment.txid()
    }));
    assert!(stage.watcher.monitor().has(&payment.txid()));
    assert_eq!(stage.snapshot().stale_branches, 1);
}

#[test]
fn a_pruned_block_is_passed_over_and_the_way_goes_on() {
    let mut stage = Stage::up(SERVICES);
    let blocks = chain(&genesis(), 1, &[0; 3]);
    let headers: Vec<_> = blocks.iter().map(|block| *block.header()).collect();
    stage.says(Role::Headers, Message::Headers(headers));
    stage.does(WatchInput::Tick);
    let asked = stage.asked();
    assert_eq!(asked.len(), 3);
    stage.says(
        Role::Announcements,
        Message::NotFound(vec![item(InvKind::WitnessBlock, asked[0])]),
    );
    let payment = tx(&[coin(&blocks[1].txs().next().unwrap())], &[1_000]);
    stage.says(Role::Announcements, Message::Block(blocks[1].clone()));
    stage.relays(&payment);
    assert!(
        stage
            .watcher
            .monitor()
            .get(&payment.txid())
            .unwrap()
            .fee
            .is_some()
    );
}

#[test]
fn where_blocks_are_announced_by_hash_alone_they_are_seen_all_the_same() {
    let mut stage = Stage::up(SERVICES);
    let block = &chain(&genesis(), 1, &[0])[0];
    let inv = Message::Inv(vec![item(InvKind::Block, block.hash().0)]);
    stage.says(Role::Announcements, inv.clone());
    stage.elapses(Duration::from_millis(5));
    stage.says(Role::Headers, inv);
    assert_eq!(stage.asked(), [block.hash().0], "once");
    stage.says(Role::Announcements, Message::Block(block.clone()));
    let stages = stage.watcher.block(&block.hash()).unwrap().stages;
    assert_eq!(stages.announced, Some((START, AnnouncedBy::Inv)));
    assert_eq!(stages.connected.unwrap().1, ConnectedBy::Inv);
    assert_eq!(stage.tip_height(), 1);
}

#[test]
fn a_block_whose_parent_is_missing_makes_it_ask_for_headers() {
    let mut stage = Stage::up(SERVICES);
    let blocks = chain(&genesis(), 1, &[0; 2]);
    stage.says(Role::Announcements, short(&blocks[1]));
    let asked = stage.heard.iter().find_map(|(_, message)| match message {
        Message::GetHeaders(Locator { hashes, .. }) => Some(hashes.clone()),
        _ => None,
    });
    assert_eq!(asked.unwrap(), [genesis().hash()]);
    let headers = blocks.iter().map(|block| *block.header()).collect();
    stage.says(Role::Announcements, Message::Headers(headers));
    assert_eq!(stage.tip_height(), 2);
    let stages = stage.watcher.block(&blocks[1].hash()).unwrap().stages;
    assert_eq!(stages.announced, Some((START, AnnouncedBy::CmpctBlock)));
}

/// How often headers were asked for.
fn asked_headers(stage: &Stage) -> usize {
    let asks = |message: &Message| matches!(message, Message::GetHeaders(_));
    stage
        .heard
        .iter()
        .filter(|(_, message)| asks(message))
        .count()
}

#[test]
fn headers_that_bring_nothing_new_are_not_asked_for_again() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    let blocks = chain(&genesis(), 1, &[0; 2_000]);
    let headers: Vec<_> = blocks.iter().map(|block| *block.header()).collect();
    assert_eq!(asked_headers(&stage), 1);
    stage.says(Role::Announcements, Message::Headers(headers.clone()));
    assert_eq!(asked_headers(&stage), 2, "there may be more");
    stage.says(Role::Announcements, Message::Headers(headers));
    assert_eq!(asked_headers(&stage), 2);
    let orphan = *chain(blocks[9].header(), 11, &[1, 1])[1].header();
    stage.says(Role::Announcements, Message::Headers(vec![orphan]));
    assert_eq!(asked_headers(&stage), 3);
    stage.says(Role::Announcements, Message::Headers(vec![orphan]));
    assert_eq!(asked_headers(&stage), 3, "an answer that leads nowhere");
}

#[test]
fn a_node_that_does_not_answer_for_headers_is_heard_all_the_same() {
    let mut stage = Stage::new(false);
    stage.connects(Role::Announcements, SERVICES);
    stage.connects(Role::Headers, SERVICES);
    let ping = |stage: &Stage, role: Role| {
        let pings = stage
            .heard
            .iter()
            .rev()
            .find_map(|(of, message)| match message {
                Message::Ping(number) if *of == role => Some(*number),
                _ => None,
            });
        pings.expect("it pings")
    };
    for _ in 0..3 {
        for role in Role::ALL {
            let number = ping(&stage, role);
            stage.says(role, Message::Pong(number));
        }
        stage.elapses(Duration::from_secs(30));
    }
    let block = &chain(&genesis(), 1, &[0])[0];
    stage.says(Role::Headers, Message::Headers(vec![*block.header()]));
    let stages = stage.watcher.block(&block.hash()).unwrap().stages;
    assert_eq!(stages.connected, Some((stage.now, ConnectedBy::Headers)));
}

#[test]
fn a_public_chain_begins_with_the_first_header_and_anew_where_the_node_has_another() {
    let config = WatchConfig {
        network: Network::Testnet3,
        ..Stage::new(false).watcher.config().clone()
    };
    let mut blocks = Blocks::new(&config);
    assert!(blocks.tree().is_none() && blocks.locator().is_empty());
    let genesis = Network::Testnet3.params().genesis();
    assert_eq!(blocks.header(genesis), Ok(true));
    blocks.reach(genesis.hash());
    assert_eq!(blocks.locator(), [genesis.hash()]);
    assert_eq!(
        blocks.height(&genesis.hash()),
        None,
        "no coinbase has said it"
    );
    blocks.begin_anew();
    assert!(blocks.tree().is_none() && blocks.tip().is_none());
}
