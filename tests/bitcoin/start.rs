//! bcoin, found, started and ended as a lab does it.

use crate::node::{PATIENCE, bcoin, now, package};
use crate::processes::{alive, until_none};
use crate::stand_in::{Lab, bcoin_plan, own, running, start, until_ready};
use chainlab::bitcoin::Program;
use chainlab::bitcoin::rpc::Request;
use chainlab::bitcoin::start::{Plan, RPC_USER, RpcLogin};
use chainlab::live::program::{
    Ending, ProgramHandle, StartProgramError, choose_ports, start_program, taken,
};
use chainlab::live::rpc::{Login, RpcClient};
use rustix::process::{Pid, Signal, kill_process};
use std::ffi::OsString;
use std::fs::{read_dir, read_to_string};
use std::io::{Write, stderr};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::{TempDir, tempdir};
use tokio::time::sleep;

/// A node that a lab would have.
struct Node {
    plan: Plan,
    program: ProgramHandle,
    client: RpcClient,
}

impl Node {
    /// Starts one, on other ports if some were taken in between.
    async fn start(folder: &Path, peers: &[SocketAddr]) -> Self {
        for _ in 0..5 {
            let ports = choose_ports().expect("ports");
            let node = Self::of(bcoin_plan(folder, ports, peers));
            if node.is_ready().await {
                return node;
            }
            assert!(
                taken(&node.plan).is_some(),
                "{:?}",
                node.program.last_lines()
            );
        }
        panic!("there are no ports");
    }

    fn of(plan: Plan) -> Self {
        let program = start(&plan);
        let rpc = plan.rpc.clone().expect("it is asked");
        let RpcLogin::Password(password_file) = rpc.login else {
            panic!("{rpc:?}");
        };
        let user = RPC_USER.to_owned();
        let login = Login::User {
            user,
            password_file,
        };
        let client = RpcClient::new(rpc.at, login).expect("on this machine");
        let client = client
            .with_wallet(rpc.wallet.expect("it has one"))
            .expect("on this machine");
        Self {
            plan,
            program,
            client,
        }
    }

    async fn is_ready(&self) -> bool {
        let mut watched = self.program.state();
        while !matches!(watched, chainlab::live::program::ProgramState::Ended(_)) {
            if self.program.last_lines().iter().any(|line| line == "ready") {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
            watched = self.program.state();
        }
        false
    }

    async fn ask<T>(&mut self, request: &Request<T>) -> T {
        self.client.ask(request, now()).await.expect("an answer")
    }

    async fn until<T>(&mut self, request: &Request<T>, is_it: impl Fn(&T) -> bool) -> T {
        let since = Instant::now();
        loop {
            let answer = self.ask(request).await;
            if is_it(&answer) {
                return answer;
            }
            assert!(since.elapsed() < PATIENCE, "it does not come");
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn mine(&mut self, count: u16) {
        let request = bcoin().new_address(None).expect("it has a wallet");
        let address = self.ask(&request).await;
        self.ask(&bcoin().mine(count, &address)).await;
    }

    async fn height(&mut self) -> u32 {
        self.ask(&bcoin().chain_info()).await.blocks
    }
}

fn folder() -> TempDir {
    tempdir().expect("a folder")
}

fn signal(number: u32, signal: Signal) {
    let pid = i32::try_from(number).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("a process"), signal).expect("it is there");
}

/// What others on this machine see of the processes of a group.
fn seen_by_others(group: u32) -> String {
    let pids = alive(group).into_iter();
    let read = |pid, name| read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let seen = pids.map(|pid: i32| read(pid, "cmdline") + &read(pid, "environ"));
    seen.collect()
}

#[tokio::test]
async fn a_node_is_started_answers_and_starts_empty_again() {
    if package().is_none() {
        return;
    }
    let folder = folder();
    let home = folder.path().join("alice");
    let mut alice = Node::start(&home, &[]).await;
    let known = alice.client.tell_apart().await.expect("it is known");
    assert_eq!(known.program, Program::Bcoin);
    alice.mine(2).await;
    assert_eq!(alice.height().await, 2);

    let password = read_to_string(home.join("password")).expect("a file");
    assert_eq!(password.trim().len(), 48);
    for seen in [
        seen_by_others(alice.program.group()),
        alice.plan.to_string(),
        format!("{:?}", alice.plan),
        alice.program.last_lines().join("\n"),
    ] {
        assert!(
            !seen.is_empty() && !seen.contains(password.trim()),
            "{seen}"
        );
    }
    assert_eq!(
        home.metadata().expect("a folder").permissions().mode() & 0o777,
        0o700
    );
    for file in read_dir(&home).expect("a folder") {
        let file = file.expect("a file");
        let mode = file.metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.file_name());
    }

    alice.program.kill();
    assert_eq!(alice.program.ended().await, Ending::Killed);
    until_none(alice.program.group()).await;
    // At once, at the same ports: who dials it finds it again.
    let mut alice = Node::of(alice.plan);
    assert!(alice.is_ready().await, "{:?}", alice.program.last_lines());
    assert_eq!(alice.height().await, 0);
    let again = read_to_string(home.join("password")).expect("a file");
    assert_ne!(again, password);
    let since = Instant::now();
    alice.program.stop();
    assert_eq!(alice.program.ended().await, Ending::Stopped);
    assert!(since.elapsed() < Duration::from_secs(4));
    until_none(alice.program.group()).await;
}

#[tokio::test]
async fn a_node_dials_whom_it_is_given_and_what_was_lost_comes_back() {
    if package().is_none() {
        return;
    }
    let folder = folder();
    let home = |name| folder.path().join(name);
    let mut alice = Node::start(&home("alice"), &[]).await;
    let mut bob = Node::start(&home("bob"), &[alice.plan.listens[0].1]).await;
    alice.mine(3).await;
    bob.until(&bcoin().chain_info(), |info| info.blocks == 3)
        .await;
    let peers = bob.ask(&bcoin().peers()).await;
    assert_eq!(peers.items[0].socket, Some(alice.plan.listens[0].1));

    alice.program.kill();
    alice.program.ended().await;
    let mut alice = Node::of(alice.plan);
    assert!(alice.is_ready().await);
    alice
        .until(&bcoin().chain_info(), |info| info.blocks == 3)
        .await;
}

#[tokio::test]
async fn a_port_that_was_taken_meanwhile_is_chosen_again() {
    if package().is_none() {
        return;
    }
    let folder = folder();
    let ports = choose_ports().expect("ports");
    let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.rpc)).expect("it was free");
    let plan = bcoin_plan(folder.path(), ports, &[]);
    let at = SocketAddr::from((Ipv4Addr::LOCALHOST, ports.rpc));
    assert_eq!(taken(&plan), Some(("RPC", at)));
    let refused = start_program(&plan, Some(own())).expect_err("it is taken");
    assert!(matches!(refused, StartProgramError::Port { .. }));
    let words = format!("{at} (RPC) is another program's by now");
    assert_eq!(refused.to_string(), words);
    let mut node = Node::start(folder.path(), &[]).await;
    assert_eq!(node.height().await, 0);
}

#[tokio::test]
async fn no_node_is_left_whichever_process_is_killed() {
    if package().is_none() {
        return;
    }
    let folder = folder();
    for (lab, guard) in [(true, false), (false, true), (true, true)] {
        let lab_with_one = Lab::start("bcoin", folder.path());
        let all = [(lab, lab_with_one.pid()), (guard, lab_with_one.group)];
        let killed = all.iter().filter(|(is_killed, _)| *is_killed);
        for (_, number) in killed.clone() {
            signal(*number, Signal::STOP);
        }
        for (_, number) in killed {
            signal(*number, Signal::KILL);
        }
        until_none(lab_with_one.group).await;
    }
}

#[tokio::test]
async fn two_nodes_reach_nothing_outside_this_machine() {
    if package().is_none() {
        return;
    }
    let folder = folder();
    let home = |name| folder.path().join(name);
    let ports = choose_ports().expect("ports");
    let Some(alice) = traced(bcoin_plan(&home("alice"), ports, &[])) else {
        skip("there is no strace");
        return;
    };
    let mut alice = Node::of(alice);
    if !alice.is_ready().await {
        // Not every machine lets one process look at another.
        skip(&format!(
            "strace cannot look: {:?}",
            alice.program.last_lines()
        ));
        return;
    }
    let at = alice.plan.listens[0].1;
    let ports = choose_ports().expect("ports");
    let bob = traced(bcoin_plan(&home("bob"), ports, &[at])).expect("strace is there");
    let mut bob = Node::of(bob);
    assert!(bob.is_ready().await, "{:?}", bob.program.last_lines());
    alice.mine(1).await;
    bob.until(&bcoin().chain_info(), |info| info.blocks == 1)
        .await;
    // bcoin dials again, and looks for peers, every three seconds.
    sleep(Duration::from_secs(7)).await;
    for mut node in [alice, bob] {
        node.program.stop();
        node.program.ended().await;
        let calls = read_to_string(node.plan.folder.join("calls")).expect("a file");
        assert!(calls.contains("inet_addr(\"127.0.0.1\")"), "it saw nothing");
        let far: Vec<&str> = calls.lines().filter(|call| leaves(call)).collect();
        assert!(far.is_empty(), "{far:?}");
    }
}

fn skip(why: &str) {
    // As in `package`.
    writeln!(stderr(), "what two nodes open is not looked at: {why}").expect("stderr is open");
}

/// The same program, watched by strace.
fn traced(mut plan: Plan) -> Option<Plan> {
    let path = std::env::var_os("PATH")?;
    let mut folders = std::env::split_paths(&path).map(|folder| folder.join("strace"));
    let strace = folders.find(|file| file.is_file())?;
    let mut words: Vec<OsString> = vec!["-f".into(), "-o".into(), plan.folder.join("calls").into()];
    words.extend(["-e", "trace=connect,bind,sendto,sendmsg,sendmmsg"].map(OsString::from));
    words.push(plan.program.into());
    words.append(&mut plan.arguments);
    (plan.arguments, plan.program) = (words, strace);
    Some(plan)
}

/// Whether a call names an address that is not on this machine, or a server of names anywhere.
fn leaves(call: &str) -> bool {
    let asks_a_name = call.contains("sin_port=htons(53)") || call.contains("sin6_port=htons(53)");
    let is_local = ["inet_addr(\"127.", "inet_pton(AF_INET6, \"::1\""];
    let has_address = call.contains("sa_family=AF_INET");
    asks_a_name || has_address && !is_local.iter().any(|local| call.contains(local))
}

#[test]
fn a_call_that_leaves_this_machine_is_known() {
    for (call, does) in [
        (
            r#"connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("192.0.2.1")}"#,
            true,
        ),
        (
            r#"connect(3, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}"#,
            true,
        ),
        (
            r#"connect(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("127.0.0.1")}"#,
            false,
        ),
        (
            r#"bind(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr("0.0.0.0")}"#,
            true,
        ),
        (r#"bind(3, {sa_family=AF_NETLINK, nl_pid=0}"#, false),
        (
            r#"connect(3, {sa_family=AF_UNIX, sun_path="/run/x"}"#,
            false,
        ),
    ] {
        assert_eq!(leaves(call), does, "{call}");
    }
}

#[tokio::test]
async fn what_a_node_says_first_is_in_its_lines() {
    if package().is_none() {
        return;
    }
    let folder = folder();
    let node = Node::start(folder.path(), &[]).await;
    running(&node.program).await;
    until_ready(&node.program).await;
    let lines = node.program.last_lines();
    assert!(
        lines.iter().all(|line| !line.contains('\u{1b}')),
        "{lines:?}"
    );
    assert!(lines.iter().any(|line| line == "ready"), "{lines:?}");
}
