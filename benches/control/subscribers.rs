//! What those who listen cost a lab that gets a block a second: processor time of its process,
//! with screens that listen in another process, beside the same lab alone.

use crate::doors::{Asker, Opened, at, call};
use crate::labs::SECONDLY;
use crate::ratio::Harness;
use chainlab::lab::control::{Cookie, Endpoint, EndpointAddr};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Set for the process that listens: how many do.
const AUDIENCE: &str = "CHAINLAB_BENCH_AUDIENCE";

/// Not counted, after they have come.
const SETTLES: Duration = Duration::from_secs(1);

const WATCHED: Duration = Duration::from_secs(10);

/// How often each number of subscribers has its turn.
const ROUNDS: usize = 3;

/// What one subscriber may add, in shares of a core.
const MOST_EACH: f64 = 0.005;

/// The unit of times in `/proc/PID/stat`: a hundredth of a second (proc(5), `USER_HZ`).
const TICK: Duration = Duration::from_millis(10);

pub fn subscribers(harness: &mut Harness) {
    let opened = Opened::start(SECONDLY);
    let counts = [0_usize, 1, 10, 100];
    let mut shares = counts.map(|_| Vec::new());
    for _ in 0..harness.size(ROUNDS, 1) {
        for (count, shares) in counts.into_iter().zip(&mut shares) {
            shares.push(share(harness, &opened, count));
        }
    }
    let shares = shares.map(|mut shares| {
        shares.sort_unstable_by(f64::total_cmp);
        shares[shares.len() / 2]
    });
    let alone = shares[0];
    println!(
        "a lab of three, a block a second: {:.2} % of a core",
        alone * 100.0
    );
    for (count, share) in counts.into_iter().zip(shares).skip(1) {
        let each = (share - alone) / f64::from(u32::try_from(count).expect("few"));
        let name = format!("with {count} subscribers");
        let verdict = harness.judge(&name, each < MOST_EACH);
        println!(
            "{name}: {:.2} % of a core | alone: {:.2} % | {:.3} % each | under {:.1} % each | \
             {verdict}",
            share * 100.0,
            alone * 100.0,
            each * 100.0,
            MOST_EACH * 100.0,
        );
    }
    opened.close();
}

/// What this process takes of a core while so many listen.
fn share(harness: &Harness, opened: &Opened, count: usize) -> f64 {
    let audience = (count > 0).then(|| Audience::comes(&opened.entry.endpoint, count));
    let (settles, watched) = match harness.quick {
        true => (Duration::from_millis(100), Duration::from_millis(500)),
        false => (SETTLES, WATCHED),
    };
    thread::sleep(settles);
    let (busy, since) = (processor_time(), Instant::now());
    thread::sleep(watched);
    let share = (processor_time() - busy).as_secs_f64() / since.elapsed().as_secs_f64();
    drop(audience);
    share
}

/// This program again, in which subscribers read and do nothing else.
struct Audience {
    child: Child,
    /// It ends when this is closed.
    order: Option<ChildStdin>,
}

impl Audience {
    fn comes(endpoint: &Endpoint, count: usize) -> Self {
        let program = env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .env(AUDIENCE, count.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut order = child.stdin.take().expect("piped");
        let Cookie::File(cookie) = &endpoint.cookie else {
            panic!("a lab has its cookies in files")
        };
        writeln!(order, "{}\n{}", at(endpoint), cookie.display()).expect("it reads");
        let mut ready = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("piped"));
        output.read_line(&mut ready).expect("it writes");
        assert_eq!(ready, "ready\n");
        let order = Some(order);
        Self { child, order }
    }
}

impl Drop for Audience {
    fn drop(&mut self) {
        drop(self.order.take());
        let _ = self.child.wait();
    }
}

/// Listens, if this process was started for that.
pub fn is_audience() -> bool {
    let Ok(count) = env::var(AUDIENCE) else {
        return false;
    };
    let count: usize = count.parse().expect("a number");
    let mut orders = std::io::stdin().lines();
    let mut order = || orders.next().expect("it was told").expect("readable");
    let (addr, cookie) = (order(), order());
    let endpoint = Endpoint {
        at: EndpointAddr::Tcp(addr.parse().expect("an address")),
        cookie: Cookie::File(cookie.into()),
    };
    for _ in 0..count {
        let stream = TcpStream::connect(at(&endpoint)).expect("a door");
        let reads = stream.try_clone().expect("a socket");
        let mut asker = Asker::tcp(stream).greets(&endpoint);
        let screen = json!({ "events": "news", "interval": "33ms" });
        let opening = asker.asks(&call("subscribe", screen));
        assert!(opening.contains("\"nodes\""), "{opening}");
        thread::spawn(move || std::io::copy(&mut &reads, &mut std::io::sink()));
    }
    println!("ready");
    // Until nobody wants it any more.
    while orders.next().is_some() {}
    true
}

/// Time that all threads of this process have run until now.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("a Linux system");
    // The name in parentheses may hold anything. After it come the state, which is field 3, and
    // user and system time, which are 14 and 15.
    let (_, fields) = stat.rsplit_once(')').expect("a name");
    let times = fields.split_whitespace().skip(11).take(2);
    let ticks: u32 = times.filter_map(|n| n.parse::<u32>().ok()).sum();
    TICK * ticks
}
