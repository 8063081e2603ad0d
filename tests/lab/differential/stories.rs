//! Shipped layouts without their miners: the same nodes, links and wallets, and steps that tell the same
//! story block by block. Each waits until all is quiet, and the next comes a second later.

use chainlab::lab::Layout;
use chainlab::lab::layout::{read, shipped};
use chainlab::node::config::MiningMode;

/// A step at a time: a blank line ends each.
const SCENARIO: &str = r#"
when = "height == 1 and peers@central == 2 and tips == 1"
note = "Two payments."
hold = "1s"
do = "send"
from = "alice"
to = "carol"
amount = "1"
expect = "mempool == 1"

do = "send"
from = "bob"
to = "dave"
amount = "1"
expect = "mempool == 2"

do = "mine_now"
node = "miner"
expect = 'height == 2 and tips == 1 and mempool == 0 and balance("carol")@miner == 1'

do = "kill"
node = "miner"
expect = "peers@central == 1"

do = "mine_now"
node = "central"
expect = "height == 3 and tips == 1"

do = "restart"
node = "miner"
expect = "height@miner == 3 and tips == 1 and peers@central == 2"

do = "create_wallet"
node = "central"
name = "zoe"

do = "send"
from = "carol"
to = "zoe"
amount = "0.5"
expect = "mempool == 1"

do = "mine_now"
node = "wallet"
expect = 'height == 4 and tips == 1 and balance("zoe")@central == "0.5"'

do = "cut"
from = "central"
to = "wallet"
expect = "peers@wallet == 0 and peers@central == 1"

do = "mine_now"
node = "wallet"
expect = "height@wallet == 5 and tips == 2"

do = "mine_now"
node = "miner"
expect = "height == 5"

do = "mine_now"
node = "miner"
expect = "height@central == 6"

note = ""
do = "heal"
expect = "height == 6 and tips == 1 and peers@central == 2 and reorg_depth@wallet == 1"
within = "1min"

expect = 'balance("bob")@miner == 1'
within = "1s"
"#;

const PARTITION: &str = r#"
when = "height == 1 and peers == 2 and tips == 1"
do = "mine_now"
node = "lima"
expect = "height == 2 and tips == 1"

do = "partition"
groups = [["oslo", "paris", "rome"], ["lima", "quito", "cusco"]]
expect = "peers@oslo == 1 and peers@rome == 1 and peers@lima == 1 and peers@cusco == 1"

do = "send"
from = "alice"
to = "bella"
amount = "4"
expect = "mempool@oslo == 1 and mempool@rome == 1 and mempool@lima == 0"

do = "mine_now"
node = "oslo"
expect = "height@oslo == 3 and height@rome == 3 and mempool == 0"

do = "mine_now"
node = "lima"
expect = "height == 3 and tips == 2"

do = "mine_now"
node = "lima"
expect = "height@quito == 4 and height@cusco == 4"

do = "mine_now"
node = "oslo"
expect = "height == 4 and tips == 2"

do = "mine_now"
node = "lima"
expect = "height@quito == 5 and height@cusco == 5"

do = "unite"
expect = "height == 5 and tips == 1 and peers == 2 and mempool == 1 and reorg_depth@rome == 2"
within = "1min"

do = "mine_now"
node = "oslo"
expect = 'height == 6 and tips == 1 and mempool == 0 and balance("bella")@quito == 14'
"#;

/// When it heals, both branches have as much work.
const DOUBLE_SPEND: &str = r#"
when = "height == 1 and peers == 2 and tips == 1"
do = "import_wallet"
node = "south"
name = "mallory-south"
secret = "mallory"

do = "mine_now"
node = "south"
expect = "height == 2 and tips == 1"

do = "partition"
groups = [["north", "bookshop"], ["south", "wineshop"]]
expect = "peers == 1"

do = "send"
from = "mallory"
to = "books"
amount = "10"
expect = "mempool@bookshop == 1"

do = "send"
from = "mallory-south"
to = "wines"
amount = "10"
expect = "mempool == 1"

do = "mine_now"
node = "north"
expect = 'balance("books")@bookshop == 10 and mempool@north == 0'

do = "mine_now"
node = "south"
expect = 'balance("wines")@wineshop == 10 and mempool == 0 and height == 3 and tips == 2'

do = "unite"
expect = "peers == 2 and height == 3 and tips == 2"
within = "1min"

do = "mine_now"
node = "north"
expect = 'height == 4 and tips == 1 and balance("books") == 10 and balance("wines") == 0'
"#;

/// Each with the number of its steps that does not hold, if there is one.
pub const ALL: [(&str, &str, Option<usize>); 3] = [
    ("scenario", SCENARIO, Some(15)),
    ("partition", PARTITION, None),
    ("double-spend", DOUBLE_SPEND, None),
];

/// A shipped layout with other steps, in which no miner works by itself.
pub fn story(name: &str, steps: &str) -> Layout {
    let text = shipped::text(name).expect("it is built in");
    let (head, _) = text.split_once("[[step]]").unwrap_or((text, ""));
    let steps = steps.trim().split("\n\n");
    let steps = steps.map(|step| format!("[[step]]\nafter = \"1s\"\n{step}\n\n"));
    let text = format!("{head}\n{}", steps.collect::<String>());
    let layout = read(&format!("{name}.toml"), &text);
    let mut layout = layout.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
    for node in &mut layout.nodes {
        node.mine.mode = MiningMode::Off;
        // Several labs run at a time.
        node.port = None;
    }
    layout
}
