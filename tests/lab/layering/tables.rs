//! The floors, and the rooms of four of them. A circle of more than two files has to be named in
//! `CIRCLES` with its reason; there is none.

/// From the bottom up. What stands side by side must not know each other.
pub const FLOORS: [&[&str]; 7] = [
    &["chain"],
    &["node"],
    &["bitcoin", "link"],
    &["live", "sim"],
    &["lab"],
    &["ui"],
    &["cli"],
];

/// The rooms of a floor, from the bottom up, as the floors above. A floor's own `mod.rs` is the room
/// `mod`, and defines nothing.
pub const ROOMS: [(&str, &[&[&str]]); 4] = [
    (
        "node",
        &[
            &[
                "families", "fee", "foreign", "ids", "random", "store", "time",
            ],
            &["chainstate", "message", "undone"],
            &["attack", "check", "config", "outbox"],
            &[
                "addrbook",
                "gossip",
                "handshake",
                "mining",
                "private_chain",
                "relay",
                "snapshot",
            ],
            &["io"],
            &["mempool", "peers"],
            &["fees", "serve", "sync", "template", "wallets"],
            &["conns", "prover"],
            &["state"],
            &[
                "attacking",
                "commands",
                "light_peers",
                "queries",
                "raw",
                "route",
                "selfish",
                "txs",
            ],
            &["blocks", "open"],
            &["light"],
            &["machine"],
        ],
    ),
    (
        "live",
        &[
            &[
                "end",
                "files",
                "inbox",
                "links",
                "log",
                "news",
                "port",
                "stopwatch",
                "threads",
                "wire",
            ],
            &[
                "clock", "conn", "disk", "failures", "output", "program", "rpc", "signals",
            ],
            &["bend", "entry", "machine", "miner", "watch"],
            &["handle", "proxy", "tcp"],
            &["run"],
            &["start"],
            &["bitcoin"],
        ],
    ),
    (
        "lab",
        &[
            &["paper"],
            &["spec"],
            &["ask"],
            &["observe"],
            &["script"],
            &["layout"],
            &["view"],
            &["core"],
            &["control"],
            &["drive"],
            &["handle"],
        ],
    ),
    (
        "ui",
        &[
            &["keymap", "text", "theme"],
            &["viewer"],
            &["widgets"],
            &["dialogs", "views"],
            &["app"],
        ],
    ),
];

/// Circles of more than two files, each with its reason. One that is there no more, or has other
/// files, fails as well, so that this list can only shrink.
pub const CIRCLES: &[(&[&str], &str)] = &[];

/// The files of src/ that may use what `clippy.toml` disallows, outside their tests, each with its
/// reason. Another one wants a better reason than these.
pub const ALLOWANCES: &[(&str, &str)] = &[
    (
        "cli/files.rs",
        "what a person names may be a link, or a pipe",
    ),
    (
        "cli/look.rs",
        "the environment says what the terminal can show",
    ),
    ("live/clock.rs", "here the wall clock is read"),
    (
        "live/files/dir.rs",
        "the one place where files of ours are opened",
    ),
    ("live/files/lock.rs", "here files are locked"),
    (
        "live/port.rs",
        "here ports are taken, also outside of a runtime",
    ),
    (
        "live/stopwatch.rs",
        "here durations are measured; what a lab decides goes by the lab clock",
    ),
    ("live/threads.rs", "here threads are started, and wait"),
    (
        "ui/app/run.rs",
        "frames have an interval, and the terminal has a thread",
    ),
];
