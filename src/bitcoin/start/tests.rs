use super::parts::local;
use super::*;
use crate::bitcoin::Program;
use std::ffi::OsString;
use std::path::PathBuf;

const PORTS: Ports = Ports {
    peers: 20_001,
    watch: 20_002,
    rpc: 20_003,
    wallet: 20_004,
};

fn wanted(found: Found, peers: &[&str]) -> Wanted {
    Wanted {
        found,
        folder: "/lab/node 1".into(),
        ports: PORTS,
        peers: peers
            .iter()
            .map(|peer| peer.parse().expect("one"))
            .collect(),
        search: "/usr/bin:/bin".into(),
        mine_to: Some("mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8".to_owned()),
    }
}

fn core() -> Found {
    Found::Core {
        bitcoind: "/usr/bin/bitcoind".into(),
    }
}

fn btcd() -> Found {
    Found::Btcd {
        btcd: "/go/bin/btcd".into(),
    }
}

fn bcoin() -> Found {
    Found::Bcoin {
        node: "/usr/bin/node".into(),
        package: "/opt/bcoin".into(),
    }
}

fn command(words: &[&str]) -> Found {
    Found::Command {
        program: "/opt/coind".into(),
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    }
}

fn words(wanted: &Wanted) -> Vec<String> {
    let plan = plan(wanted).expect("a plan");
    let arguments = plan.arguments.into_iter();
    arguments
        .map(|word| word.into_string().expect("text"))
        .collect()
}

#[test]
fn core_is_told_to_stay_on_this_machine_and_dial_its_proxies() {
    let words = words(&wanted(core(), &["127.0.0.1:5", "127.0.0.1:6"]));
    let expected = [
        "-regtest",
        "-datadir=/lab/node 1",
        "-conf=/lab/node 1/bitcoin.conf",
        "-listen=1",
        "-bind=127.0.0.1:20001",
        "-whitebind=noban,mempool,download,addr@127.0.0.1:20002",
        "-connect=127.0.0.1:5",
        "-connect=127.0.0.1:6",
        "-dnsseed=0",
        "-fixedseeds=0",
        "-discover=0",
        "-listenonion=0",
        "-natpmp=0",
        "-v2transport=0",
        "-server=1",
        "-rpcbind=127.0.0.1:20003",
        "-rpcallowip=127.0.0.1",
        "-rpccookiefile=/lab/node 1/cookie",
        "-fallbackfee=0.0002",
        "-maxtipage=315360000",
        "-printtoconsole=1",
        "-daemon=0",
    ];
    assert_eq!(words, expected);
    let plan = plan(&wanted(core(), &[])).expect("a plan");
    assert!(plan.arguments.contains(&"-connect=0".into()));
    assert_eq!(plan.watch, local(20_002));
    let login = RpcLogin::Cookie("/lab/node 1/cookie".into());
    assert_eq!(plan.rpc.map(|rpc| rpc.login), Some(login));
}

#[test]
fn btcd_never_reads_the_home_of_its_user_and_listens_though_it_connects() {
    let words = words(&wanted(btcd(), &["127.0.0.1:5"]));
    let expected = [
        "--configfile=/lab/node 1/btcd.conf",
        "--datadir=/lab/node 1/data",
        "--logdir=/lab/node 1/logs",
        "--rpccert=/lab/node 1/rpc.cert",
        "--rpckey=/lab/node 1/rpc.key",
        "--regtest",
        "--listen=127.0.0.1:20001",
        "--rpclisten=127.0.0.1:20003",
        "--notls",
        "--nobanning",
        "--nodnsseed",
        "--connect=127.0.0.1:5",
        "--miningaddr=mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8",
    ];
    assert_eq!(words, expected);
}

#[test]
fn a_btcd_without_peers_can_dial_none() {
    let words = words(&wanted(btcd(), &[]));
    assert!(
        words.contains(&"--proxy=127.0.0.1:9".to_owned()),
        "{words:?}"
    );
    assert!(!words.iter().any(|word| word.starts_with("--connect")));
}

#[test]
fn bcoin_is_run_by_the_script_and_keeps_nothing() {
    let wanted = wanted(bcoin(), &["127.0.0.1:5", "127.0.0.1:6"]);
    let expected = [
        "/lab/node 1/bcoin.js",
        "--package",
        "/opt/bcoin",
        "--port",
        "20001",
        "--rpc-port",
        "20003",
        "--wallet-port",
        "20004",
        "--key-file",
        "/lab/node 1/password",
        "--only",
        "127.0.0.1:5,127.0.0.1:6",
        "--bip37",
        "--ends-with-input",
    ];
    assert_eq!(words(&wanted), expected);
    let plan = plan(&wanted).expect("a plan");
    assert!(!plan.is_kept);
    let wallet = plan.rpc.and_then(|rpc| rpc.wallet);
    assert_eq!(wallet, Some(local(20_004)));
}

#[test]
fn no_plan_has_a_secret_and_all_have_their_own_home() {
    for found in [
        core(),
        btcd(),
        bcoin(),
        command(&["{port}", "{password-file}"]),
    ] {
        let plan = plan(&wanted(found, &[])).expect("a plan");
        let home = OsString::from("/lab/node 1");
        assert_eq!(plan.environment[0], ("HOME", home));
        assert_eq!(plan.environment[1], ("PATH", "/usr/bin:/bin".into()));
        assert_eq!(plan.environment.len(), 2);
        for file in &plan.files {
            let is_secret = file.about.contains("password");
            let is_made = matches!(file.content, Content::Password { .. });
            assert_eq!(is_secret, is_made, "{file:?}");
        }
    }
}

#[test]
fn a_command_has_its_words_with_ours_in_their_places() {
    let given = [
        "-p={port}",
        "--rpc={rpc-port}:{password-file}",
        "--peer={peer}",
        "--all={peers}",
        "{folder}",
        "{\"a\": {}}",
        "{",
        "a{port",
    ];
    let wanted_two = wanted(command(&given), &["127.0.0.1:5", "127.0.0.1:6"]);
    let expected = [
        "-p=20001",
        "--rpc=20003:/lab/node 1/password",
        "--peer=127.0.0.1:5",
        "--peer=127.0.0.1:6",
        "--all=127.0.0.1:5,127.0.0.1:6",
        "/lab/node 1",
        "{\"a\": {}}",
        "{",
        "a{port",
    ];
    assert_eq!(words(&wanted_two), expected);
    let alone = words(&wanted(command(&given), &[]));
    assert!(!alone.iter().any(|word| word.starts_with("--peer")));
    assert!(alone.contains(&"--all=".to_owned()));
}

#[test]
fn every_place_is_filled_and_one_that_is_not_there_is_named() {
    for (place, _) in PLACES {
        let filled = words(&wanted(command(&["{port}", place]), &["127.0.0.1:5"]));
        assert!(!filled[1].contains('{'), "{place} became {}", filled[1]);
    }
    let error = |given: &[&str]| {
        let error = plan(&wanted(command(given), &[])).expect_err("no plan");
        error.to_string()
    };
    let said = error(&["{port}", "{rpcport}"]);
    assert!(
        said.starts_with("there is no {rpcport} for a command; there is {port}"),
        "{said}"
    );
    assert!(error(&["-x"]).contains("needs {port}"));
    assert!(error(&["{port}", "{cookie-file}", "{password-file}"]).contains("not both"));
}

#[test]
fn a_folder_with_braces_is_not_filled_again() {
    let mut wanted = wanted(command(&["{port}", "{folder}"]), &[]);
    wanted.folder = "/lab/{rpc-port}".into();
    assert_eq!(words(&wanted), ["20001", "/lab/{rpc-port}"]);
}

#[test]
fn what_would_leave_the_machine_or_collide_is_refused() {
    let mut far = wanted(core(), &["127.0.0.1:5", "192.0.2.1:8333"]);
    let words = "192.0.2.1:8333 is not on this machine: what a lab starts dials nothing else";
    assert_eq!(plan(&far).expect_err("far").to_string(), words);
    far.peers = vec!["[::ffff:127.0.0.1]:5".parse().expect("an address")];
    assert!(plan(&far).is_ok());
    for ports in [
        Ports { watch: 0, ..PORTS },
        Ports {
            rpc: 20_001,
            ..PORTS
        },
    ] {
        let wanted = Wanted {
            ports,
            ..wanted(core(), &[])
        };
        assert_eq!(plan(&wanted), Err(PlanError::Ports));
    }
    let found = Found::Btcd {
        btcd: "btcd".into(),
    };
    let error = plan(&wanted(found, &[])).expect_err("it could be another one");
    assert_eq!(error.to_string(), "btcd is no absolute path");
    let folder = PathBuf::from("/lab/$HOME");
    let dollar = Wanted {
        folder,
        ..wanted(btcd(), &[])
    };
    assert!(matches!(plan(&dollar), Err(PlanError::Dollar(_))));
}

#[test]
fn all_that_happens_is_shown_word_by_word() {
    let found = command(&[
        "--port",
        "{port}",
        "",
        "a b",
        "\u{1b}[2J\u{202e}x\u{3164}",
        "it's",
    ]);
    let shown = plan(&wanted(found, &["127.0.0.1:5"]))
        .expect("a plan")
        .to_string();
    let expected = "\
/opt/coind
    --port
    20001
    \"\"
    \"a b\"
    \"\\u{1b}[2J\\u{202e}x\u{fffd}\"
    \"it's\"
in \"/lab/node 1\", which is for its user alone
with these variables, and no others:
    HOME=\"/lab/node 1\"
    PATH=/usr/bin:/bin
it listens at 127.0.0.1:20001 (peers)
it dials 127.0.0.1:5, if it does as its arguments say: it is not known here
";
    assert_eq!(shown, expected);
}

#[test]
fn the_files_and_ports_of_a_known_program_are_shown() {
    let plan = plan(&wanted(bcoin(), &[])).expect("a plan");
    let shown = plan.to_string();
    for part in [
        "/usr/bin/node\n    \"/lab/node 1/bcoin.js\"\n    --package\n    /opt/bcoin\n",
        "    bcoin.js: the script by which bcoin is run; it is part of chainlab\n",
        "    password: the password of its RPC, made anew for each start\n",
        "127.0.0.1:20001 (peers), 127.0.0.1:20003 (RPC), 127.0.0.1:20004 (its wallet's RPC)\n",
        "it dials no peer\nit keeps nothing: started again, it starts empty\n",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert!(
        plan.command_line()
            .starts_with("/usr/bin/node \"/lab/node 1/bcoin.js\" --package ")
    );
}

#[test]
fn programs_are_chosen_by_name() {
    assert_eq!("auto".parse(), Ok(Choice::Auto));
    assert_eq!("bitcoind".parse(), Ok(Choice::Known(Program::Core)));
    assert_eq!("bcoin".parse(), Ok(Choice::Known(Program::Bcoin)));
    let error = "sh".parse::<Choice>().expect_err("no program");
    assert!(error.contains("or a command as a list of words"));
}
