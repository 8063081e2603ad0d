//! The labs that are looked at, as people would write them.

use std::fmt::Write;

/// How nodes of a crowd are linked.
pub enum Links {
    /// Everybody with everybody.
    Mesh,
    /// Four links a node, on average.
    Random,
}

/// So many nodes, of which four mine at a low rate and four, named `payer1` on, have money.
pub fn crowd(nodes: usize, links: &Links, interval: &str) -> String {
    let topology = match links {
        Links::Mesh => "kind = \"mesh\"",
        Links::Random => "kind = \"random\"\ndegree = 4\nseed = 1",
    };
    let relays = nodes.saturating_sub(8);
    let mut text = format!(
        r#"
[chain]
block_interval = "{interval}"
retarget = "fixed"
maturity = 1

[chain.genesis]
payer1 = "1000000"
payer2 = "1000000"
payer3 = "1000000"
payer4 = "1000000"

[link]
latency = "20ms"
jitter = "10ms"

[topology]
{topology}

[[node]]
name = "payer"
count = 4
wallets = ["payer"]

[[node]]
name = "miner"
count = 4
mine = {{ hashrate = "250 H/s" }}
"#
    );
    if relays > 0 {
        write!(text, "\n[[node]]\nname = \"relay\"\ncount = {relays}\n").expect("memory");
    }
    text
}

/// Three nodes in a line; the one in the middle mines a block a second, on average.
pub const SECONDLY: &str = r#"
[chain]
block_interval = "1s"
retarget = "fixed"
maturity = 1

[link]
latency = "20ms"

[[node]]
name = "left"

[[node]]
name = "miner"
connect = ["left"]
wallets = ["rewards"]
mine = { hashrate = "1 kH/s", to = "rewards" }

[[node]]
name = "right"
connect = ["miner"]
"#;

/// The names of a [`crowd`], in order.
pub fn names(nodes: usize) -> Vec<String> {
    let payers = (1..=4).map(|nth| format!("payer{nth}"));
    let miners = (1..=4).map(|nth| format!("miner{nth}"));
    let relays = (1..).map(|nth| format!("relay{nth}"));
    payers.chain(miners).chain(relays).take(nodes).collect()
}
