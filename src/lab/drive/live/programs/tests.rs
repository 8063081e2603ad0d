use super::*;
use crate::chain::BlockTime;
use crate::lab::drive::live::open::Ports as RoundPorts;
use crate::lab::drive::live::round::{Lasting, Round};
use crate::lab::drive::live::saved::{Saved, SavedNode};
use crate::lab::layout::{Layout, read};
use crate::link::{Conditions, LinkState};
use crate::live::LabClock;
use std::path::PathBuf;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

const KEY_SEED: [u8; 32] = [7; 32];

/// Two nodes of this program, each of which dials the other.
fn pair_of(program: &str) -> Layout {
    let node = |name: &str, other: &str| {
        format!(
            "[[node]]\nname = \"{name}\"\nkind = \"bitcoin\"\nprogram = {program}\nconnect = [\"{other}\"]\n"
        )
    };
    let text = node("a", "b") + &node("b", "a");
    read("pair.toml", &text).expect("it is sound")
}

/// A command that is there, whatever it would do: this test.
fn any_command() -> String {
    let own = std::env::current_exe().expect("it runs");
    format!(
        "[{:?}, \"{{port}}\", \"{{peer}}\"]",
        own.display().to_string()
    )
}

fn prepare(
    layout: &Layout,
    home: &Home,
    consent: &Consent,
) -> Result<(Programs, ProxyPorts), LabError> {
    Programs::prepare(&Begin {
        specs: layout.nodes.iter().collect(),
        home,
        key_seed: &KEY_SEED,
        consent,
    })
}

fn way(from: &str, to: &str) -> Way {
    (from.to_owned(), to.to_owned())
}

#[test]
fn plans_dial_proxies_in_ports_that_are_theirs_alone() {
    let (layout, home) = (pair_of(&any_command()), Home::temporary().expect("room"));
    let (programs, proxies) = prepare(&layout, &home, &Consent::Given).expect("they are there");
    let mut ports: Vec<SocketAddr> = programs.ways().values().copied().collect();
    for (from, to) in [("a", "b"), ("b", "a")] {
        let plan = programs.plan(from).expect("it has one");
        assert_eq!(plan.folder, home.node(from));
        assert!(plan.folder.is_absolute());
        let at = programs.ways()[&way(from, to)];
        assert_eq!(plan.peers, [at]);
        assert!(plan.arguments.iter().any(|word| *word == *at.to_string()));
        let held = Port::take(at).expect_err("it is held until the proxy listens there");
        assert_eq!(held.kind(), io::ErrorKind::AddrInUse);
        let spec = layout
            .nodes
            .iter()
            .find(|spec| spec.name == from)
            .expect("it is there");
        assert_eq!(programs.place_of(spec), Some(plan.listens[0].1));
        ports.push(plan.listens[0].1);
    }
    let distinct: BTreeSet<_> = ports.iter().collect();
    assert_eq!((distinct.len(), proxies.len()), (4, 2));
    home.leave().expect("it goes");
}

#[test]
fn nothing_is_planned_without_a_yes_and_the_one_who_is_asked_sees_all_of_it() {
    let (layout, home) = (pair_of(&any_command()), Home::temporary().expect("room"));
    let refused = prepare(&layout, &home, &Consent::Refused)
        .map(drop)
        .expect_err("no");
    let words =
        "programs of others would be started, for a, b: --allow-programs says that they may be";
    assert_eq!(
        (refused.to_string().as_str(), refused.is_input()),
        (words, true)
    );
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let no = Consent::Asked(Arc::new(move |programs| {
        seeing.lock().expect("whole").extend_from_slice(programs);
        false
    }));
    let declined = prepare(&layout, &home, &no).map(drop).expect_err("no");
    assert!(matches!(declined, LabError::ProgramsDeclined) && declined.is_input());
    let seen = seen.lock().expect("whole");
    let nodes: Vec<_> = seen.iter().map(|(node, _)| node.as_str()).collect();
    assert_eq!(nodes, ["a", "b"]);
    assert!(seen[0].1.to_string().contains("it dials 127.0.0.1:"));
    home.leave().expect("it goes");
}

/// What is asked, each time takes the port that it is shown, until so often.
#[test]
fn a_port_that_is_taken_before_the_yes_is_chosen_again_and_asked_for_again() {
    let (layout, home) = (pair_of(&any_command()), Home::temporary().expect("room"));
    let taken = Arc::new(std::sync::Mutex::new(Vec::new()));
    let taking = Arc::clone(&taken);
    let slow = Consent::Asked(Arc::new(move |programs| {
        let mut taken = taking.lock().expect("whole");
        if taken.len() < 2 {
            let at = programs[1].1.listens[0].1;
            taken.push((at, Port::take(at).expect("it was free")));
        }
        true
    }));
    let (programs, _) = prepare(&layout, &home, &slow).expect("others are free");
    let taken = taken.lock().expect("whole");
    assert_eq!(taken.len(), 2);
    let listens = |node: &str| programs.plan(node).expect("it has one").listens[0].1;
    for node in ["a", "b"] {
        assert!(taken.iter().all(|(at, _)| *at != listens(node)));
    }
    home.leave().expect("it goes");
}

#[test]
fn a_lab_without_programs_asks_for_nothing() {
    let layout = read("one.toml", "[[node]]\nname = \"a\"\n").expect("it is sound");
    let home = Home::temporary().expect("room");
    let (programs, proxies) = prepare(&layout, &home, &Consent::Refused).expect("none is started");
    assert!(programs.plans.is_empty() && proxies.is_empty());
    home.leave().expect("it goes");
}

#[test]
fn a_program_that_is_not_there_is_named_with_its_node() {
    let (layout, home) = (
        pair_of("[\"/nowhere/node\", \"{port}\"]"),
        Home::temporary().expect("room"),
    );
    let missing = prepare(&layout, &home, &Consent::Given)
        .map(drop)
        .expect_err("no");
    let words = missing.to_string();
    assert_eq!(words, "node a: /nowhere/node: there is no such file");
    assert!(missing.is_input());
    home.leave().expect("it goes");
}

/// What is `auto` is known when it is found, and not before.
#[test]
fn programs_that_do_not_make_one_network_are_refused_when_they_are_found() {
    let layout = pair_of("\"auto\"");
    let auto = Choice::Auto;
    let started: Vec<Started<'_>> = layout.nodes.iter().map(|spec| (spec, &auto)).collect();
    let bcoin = Found::Bcoin {
        node: PathBuf::from("/node"),
        package: PathBuf::from("/bcoin"),
    };
    let core = Found::Core {
        bitcoind: PathBuf::from("/bitcoind"),
    };
    assert!(check_links(&started, &[bcoin.clone(), bcoin.clone()]).is_ok());
    let refused = check_links(&started, &[bcoin, core]).expect_err("they do not");
    assert!(refused.is_input());
    let words = refused.to_string();
    assert!(
        words.starts_with("nodes a and b: bcoin and Bitcoin Core do not make one network"),
        "{words}"
    );
}

#[test]
fn rewards_go_to_the_first_wallet_or_to_one_of_the_nodes_name() {
    let layout = pair_of("\"auto\"");
    let named = NodeSpec {
        wallets: vec!["a".to_owned(), "w".to_owned()],
        ..layout.nodes[1].clone()
    };
    let address = reward_address(&KEY_SEED, &layout.nodes[0]);
    assert_eq!(address, reward_address(&KEY_SEED, &named));
    assert_ne!(address, reward_address(&KEY_SEED, &layout.nodes[1]));
    let script = crate::bitcoin::address::to_script(&address, Network::Regtest);
    assert!(script.is_ok(), "{address}");
}

/// A round whose nodes have not started, with its proxies.
fn round(layout: &Layout, home: &Home) -> Arc<Round> {
    let (programs, proxies) = prepare(layout, home, &Consent::Given).expect("they are there");
    let clock = LabClock::from_wall();
    let (answered, _) = mpsc::unbounded_channel();
    let params = layout.params(&KEY_SEED, BlockTime(1_800_000_000_000));
    let lasting = Lasting {
        programs,
        ..Lasting::around(
            layout.clone(),
            Arc::new(params),
            clock.clone(),
            Handle::current(),
            answered,
            [3; 32],
        )
    };
    let mut saved = Saved::new("pair", "", &KEY_SEED, clock.now());
    saved.nodes = layout.nodes.iter().map(SavedNode::new).collect();
    let listeners = layout.nodes.iter().map(|_| None).collect();
    let ports = RoundPorts { listeners, proxies };
    Round::begin(Arc::new(lasting), 0, &saved, ports).expect("it begins")
}

/// The end of a connection, which comes soon.
async fn ended(stream: &mut TcpStream) -> usize {
    let mut rest = [0; 8];
    let read = timeout(Duration::from_secs(10), stream.read(&mut rest));
    read.await.expect("it comes soon").unwrap_or(0)
}

#[tokio::test]
async fn what_one_program_dials_is_the_other_and_the_link_between_them_is_the_labs() {
    let (layout, home) = (pair_of(&any_command()), Home::temporary().expect("room"));
    let round = round(&layout, &home);
    let place = |name: &str| round.programs.plan(name).expect("it has one").listens[0].1;
    let (a, b) = (place("a"), place("b"));
    assert_eq!(round.core().nodes()[1].addr(), Some(b));
    let listens = TcpListener::bind(b).await.expect("it is free");
    let at = round.programs.ways()[&way("a", "b")];
    assert_eq!(round.proxies().dialled(at), Some((&way("a", "b"), false)));

    let mut dials = TcpStream::connect(at).await.expect("a proxy is there");
    let (mut dialled, peer) = listens.accept().await.expect("it comes");
    dials.write_all(b"hello").await.expect("it goes");
    let mut heard = [0; 5];
    dialled.read_exact(&mut heard).await.expect("it comes");
    assert_eq!(&heard, b"hello");
    let behind = round.proxies().behind(peer).map(|(way, _)| way.clone());
    assert_eq!(behind, Some(way("a", "b")));

    let cut = Conditions::default().in_state(LinkState::Cut);
    round.links.set(a, b, cut).expect("it can be");
    assert_eq!((ended(&mut dials).await, ended(&mut dialled).await), (0, 0));
    let mut again = TcpStream::connect(at).await.expect("a cut accepts");
    assert_eq!(ended(&mut again).await, 0);

    // The next round has the same ports, and links of its own.
    let ports = round.take_proxy_ports().await.expect("they are free");
    assert_eq!(
        ports.keys().collect::<Vec<_>>(),
        [&way("a", "b"), &way("b", "a")]
    );
    assert_eq!(ports[&way("a", "b")].local_addr().expect("it is held"), at);
    home.leave().expect("it goes");
}
