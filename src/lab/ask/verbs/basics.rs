//! The methods that are about a connection, not about what is behind it: no verbs, but their names
//! are taken.

use super::row::{Param, needs, takes};

/// A method.
#[derive(Debug)]
pub struct Basic {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub params: &'static [Param],
    /// What it does, in a sentence without its end.
    pub title: &'static str,
    /// It is about a connection that stays; the others are questions, which ask for nothing to be
    /// done.
    pub is_lasting: bool,
}

/// All of them.
pub const BASICS: &[Basic] = &[
    Basic {
        name: "hello",
        params: &[
            needs(
                "version",
                "of this protocol: 2; 1 as well, where time goes by itself",
            ),
            needs("cookie", "what is in the cookie's file"),
            takes("client", "the program that comes in, for people who look"),
        ],
        title: "opens the door; the first request of every connection",
        is_lasting: true,
    },
    Basic {
        name: "status",
        params: &[],
        title: "tells how all nodes look",
        is_lasting: false,
    },
    Basic {
        name: "links",
        params: &[],
        title: "tells what the links between nodes are like, each way",
        is_lasting: false,
    },
    Basic {
        name: "time",
        params: &[],
        title: "tells how the time of a lab in virtual time goes; null: it goes by itself",
        is_lasting: false,
    },
    Basic {
        name: "subscribe",
        params: &[
            takes(
                "events",
                "\"none\", \"news\": all but messages without a block, or \"all\" [news]",
            ),
            takes(
                "interval",
                "the least time between two looks at the nodes, 20ms to 1h [33ms]",
            ),
            takes(
                "wait",
                "true: virtual time waits for this subscriber, 1 s at most [false]",
            ),
        ],
        title: "tells how things are, and from now on what happens; the subscription before it ends",
        is_lasting: true,
    },
    Basic {
        name: "unsubscribe",
        params: &[],
        title: "ends the subscription",
        is_lasting: true,
    },
];
