//! How time is to go in a lab that is opened.

use super::failure::Failure;
use crate::lab::Layout;
use crate::lab::ask::When;
use crate::lab::layout::resolve::Resolver;
use crate::lab::script::Expr;
use crate::lab::spec::{OpeningTime, Speed};
use clap::Args;
use std::time::Duration;

#[derive(Args)]
pub(super) struct TimeOptions {
    /// In virtual time, without threads, ports and disks: the same history for the same --seed. On the
    /// screen it goes as fast as real time or as --speed says, with --headless it does not wait.
    #[arg(long = "virtual")]
    is_virtual: bool,
    /// With real nodes, though the layout says that it opens in virtual time.
    #[arg(long, conflicts_with = "is_virtual")]
    live: bool,
    /// In virtual time: how many times as fast as real time, as in 5, 1/10, or max.
    #[arg(long, value_name = "X")]
    speed: Option<Speed>,
    /// In virtual time: it stands still at first.
    #[arg(long)]
    paused: bool,
    /// In virtual time: go to this moment since the beginning first, as in +01:23 or 83s.
    #[arg(id = "moment", long = "at", value_name = "TIME", value_parser = parse_moment)]
    at: Option<Duration>,
    /// In virtual time: stand still whenever this begins to be true, as in 'tips == 2'; docs/layout.md has
    /// all that can be written.
    #[arg(long, value_name = "EXPR")]
    pause_at: Option<Expr>,
}

fn parse_moment(text: &str) -> Result<Duration, String> {
    match text.parse()? {
        When::At(at) => Ok(at),
        When::Block(_) => Err("a time since the beginning is wanted, as in +01:23".to_owned()),
    }
}

impl TimeOptions {
    /// Whether a lab of this layout is to be in virtual time.
    pub(super) fn is_virtual(&self, layout: &Layout) -> bool {
        self.is_virtual || (layout.time.is_virtual && !self.live)
    }

    /// Whether it was asked for here, and not by the layout.
    pub(super) fn is_asked_for(&self) -> bool {
        self.is_virtual
    }

    /// How its time goes then, from the beginning.
    pub(super) fn opening(&self, layout: &Layout) -> OpeningTime {
        let said = OpeningTime::from(&layout.time);
        OpeningTime {
            speed: self.speed.unwrap_or(said.speed),
            is_paused: self.paused || said.is_paused,
            at: self.at,
            pause_at: self.pause_at.as_ref().map(ToString::to_string),
            ..said
        }
    }

    /// That nothing is said of time which has no meaning.
    pub(super) fn check(&self, layout: &Layout, is_headless: bool) -> Result<(), Failure> {
        let Some(option) = self.said() else {
            return Ok(());
        };
        if !self.is_virtual(layout) {
            let words = "the time of real nodes goes by itself: this needs --virtual";
            return Err(Failure::input(format!("{option}: {words}")));
        }
        if is_headless {
            let words = "with --headless virtual time goes as fast as it can, and does not stand still; \
                         --for and --until say how far";
            return Err(Failure::input(format!("{option}: {words}")));
        }
        self.check_moment(layout)?;
        let Some(expr) = &self.pause_at else {
            return Ok(());
        };
        let resolver = Resolver::at_the_end(layout);
        let known = expr.check(&resolver.names());
        known.map_err(|words| Failure::input(format!("--pause-at: {words}")))
    }

    fn check_moment(&self, layout: &Layout) -> Result<(), Failure> {
        match (self.at, layout.time.limit) {
            (Some(at), Some(limit)) if at > limit => {
                let words = "--at: that is later than the limit which the layout has under [time]";
                Err(Failure::input(words))
            }
            _ => Ok(()),
        }
    }

    /// The first option that says something of time which goes as it is told to.
    fn said(&self) -> Option<&'static str> {
        [
            ("--speed", self.speed.is_some()),
            ("--paused", self.paused),
            ("--at", self.at.is_some()),
            ("--pause-at", self.pause_at.is_some()),
        ]
        .into_iter()
        .find_map(|(option, is_said)| is_said.then_some(option))
    }
}
