//! This test binary as another process: as a lab that starts a program, and as programs that behave
//! badly. Which one is said by a variable; without it the test below is over at once.

use crate::processes::{END, alive, until};
use chainlab::bitcoin::Program;
use chainlab::bitcoin::start::{Choice, Found, Plan, Ports, Wanted, plan};
use chainlab::live::program::{
    ProgramHandle, ProgramState, Search, choose_ports, find_program, start_program,
};
use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

const ROLE: &str = "CHAINLAB_TEST_ROLE";

/// What the lab starts.
const PROGRAM: &str = "CHAINLAB_TEST_PROGRAM";

/// Longer than any test, and not for ever.
const LONG: Duration = Duration::from_mins(3);

/// The executable that has the guard.
pub fn own() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_chainlab"))
}

/// A program with these arguments, in a folder.
pub fn plan_of(program: &str, arguments: &[&str], folder: &Path) -> Plan {
    let choice = Choice::Command(vec![program.to_owned(), "{port}".to_owned()]);
    let found = find_program(&choice, &Search::of_this_user()).expect("it is there");
    let mut plan = plan(&wanted(found, folder)).expect("a plan");
    plan.arguments = arguments.iter().map(OsString::from).collect();
    plan
}

fn wanted(found: Found, folder: &Path) -> Wanted {
    let ports = Ports {
        peers: 1,
        watch: 2,
        rpc: 3,
        wallet: 4,
    };
    Wanted {
        found,
        folder: folder.to_owned(),
        ports,
        peers: Vec::new(),
        search: env::var_os("PATH").expect("a PATH"),
        mine_to: None,
    }
}

/// bcoin, where `CHAINLAB_BCOIN` names it.
pub fn bcoin_plan(folder: &Path, ports: Ports, peers: &[SocketAddr]) -> Plan {
    let choice = Choice::Known(Program::Bcoin);
    let found = find_program(&choice, &Search::of_this_user()).expect("it is there");
    let wanted = Wanted {
        ports,
        peers: peers.to_vec(),
        ..wanted(found, folder)
    };
    plan(&wanted).expect("a plan")
}

/// This binary in one of the roles below.
pub fn role(role: &str, folder: &Path) -> Plan {
    let this = env::current_exe().expect("this binary");
    let this = this.to_str().expect("text").to_owned();
    let mut plan = plan_of(&this, &ARGUMENTS, folder);
    plan.environment.push((ROLE, role.into()));
    plan
}

const ARGUMENTS: [&str; 3] = ["stand_in::a_process_of_its_own", "--exact", "--nocapture"];

/// A role, or the name of a program that sleeps.
fn plan_by_name(name: &str, folder: &Path) -> Plan {
    match name {
        "sleep" => plan_of("sleep", &["180"], folder),
        "bcoin" => bcoin_plan(folder, choose_ports().expect("ports"), &[]),
        name => role(name, folder),
    }
}

pub fn start(plan: &Plan) -> ProgramHandle {
    start_program(plan, Some(own())).expect("it is started")
}

/// Waits until it runs, and returns its process.
pub async fn running(program: &ProgramHandle) -> i32 {
    let state = until(|| match program.state() {
        ProgramState::Starting => None,
        state => Some(state),
    });
    match state.await {
        ProgramState::Runs(pid) => pid,
        state => panic!("it does not run: {state:?}, {:?}", program.last_lines()),
    }
}

/// A lab in another process, with one program.
pub struct Lab {
    child: Child,
    pub group: u32,
    pub program: i32,
}

impl Lab {
    /// Starts it, in a process group of its own, and waits until its program is ready.
    pub fn start(program: &str, folder: &Path) -> Self {
        let mut child = Command::new(env::current_exe().expect("this binary"))
            .args(ARGUMENTS)
            .env(ROLE, "lab")
            .env(PROGRAM, program)
            .current_dir(folder)
            .process_group(0)
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let said = out.lines().find_map(|line| {
            let line = line.expect("a line");
            let (group, program) = line.strip_prefix("group ")?.split_once(" program ")?;
            Some((group.parse().ok()?, program.parse().ok()?))
        });
        let (group, program) = said.expect("it says so");
        Self {
            child,
            group,
            program,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_process_of_its_own() {
    let Ok(role) = env::var(ROLE) else {
        return;
    };
    match role.as_str() {
        "lab" => be_a_lab(),
        "deaf" => be_deaf(),
        "parent" => be_a_parent(true),
        "leaves" => be_a_parent(false),
        "flood" => flood(),
        "three" => std::process::exit(3),
        "shown" => show(),
        role => panic!("there is no role {role}"),
    }
}

/// Says what it is given.
fn show() {
    let here = env::current_dir().expect("a folder");
    println!("\nin {}", here.display());
    let mode = Path::new("made");
    std::fs::write(mode, "").expect("a file");
    eprintln!("this is an error");
    println!("\u{1b}[2J\u{202e}no orders");
}

fn be_deaf() {
    block_on(async {
        let _heard = signal(SignalKind::terminate()).expect("a signal");
        println!("\nready");
        tokio::time::sleep(LONG).await;
    });
}

/// Starts two that sleep, and waits or leaves them.
#[allow(clippy::zombie_processes, reason = "that is what it is for")]
fn be_a_parent(waits: bool) {
    for _ in 0..2 {
        let _left = Command::new("sleep").arg("180").spawn().expect("a child");
    }
    println!("\nready");
    if waits {
        sleep(LONG);
    }
    std::process::exit(0);
}

fn flood() {
    let mut out = std::io::stdout().lock();
    while out
        .write_all(&b"all work and no play\n".repeat(1_000))
        .is_ok()
    {}
}

fn be_a_lab() {
    let name = env::var(PROGRAM).expect("a program");
    let here = env::current_dir().expect("a folder");
    block_on(async {
        let _heard = signal(SignalKind::interrupt()).expect("a signal");
        let program = start(&plan_by_name(&name, &here));
        let pid = running(&program).await;
        if name != "sleep" {
            until_ready(&program).await;
        }
        assert!(alive(program.group()).contains(&pid));
        println!("\ngroup {} program {pid}", program.group());
        tokio::time::sleep(LONG).await;
    });
}

/// Waits until it has said so.
pub async fn until_ready(program: &ProgramHandle) {
    let is_ready = || {
        let lines = program.last_lines();
        lines.iter().any(|line| line == "ready").then_some(())
    };
    until(is_ready).await;
}

fn block_on(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let mut runtime = runtime;
    let runtime = runtime.enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let _ = tokio::time::timeout(LONG, work).await;
    });
    assert!(END < LONG);
}
