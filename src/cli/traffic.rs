//! `chainlab traffic`: payments that a lab makes by itself.

use super::choose::Choice;
use super::failure::Failure;
use super::table::print_done;
use crate::lab::ask::{Request, TrafficChange};
use crate::lab::paper::units::parse_tx_rate;
use clap::Args;

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab traffic on
  chainlab traffic '5 tx/s'      starts it, or changes how many
  chainlab traffic off
  chainlab traffic               says how it is";

#[derive(Args)]
pub(super) struct Options {
    /// on, off, or how many payments a second, as in '2 tx/s'.
    #[arg(value_name = "on|off|RATE", value_parser = parse_wish)]
    wish: Option<Wish>,
    #[command(flatten)]
    choice: Choice,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Clone, Copy)]
enum Wish {
    On,
    Off,
    Rate(f64),
}

fn parse_wish(text: &str) -> Result<Wish, String> {
    match text {
        "on" => Ok(Wish::On),
        "off" => Ok(Wish::Off),
        rate => parse_tx_rate(rate).map(Wish::Rate),
    }
}

pub(super) async fn run(options: &Options) -> Result<(), Failure> {
    let group = options.choice.open().await?;
    let lab = group.lab("payments between all wallets are made by a lab")?;
    let change = TrafficChange {
        on: options.wish.map(|wish| !matches!(wish, Wish::Off)),
        rate: match options.wish {
            Some(Wish::Rate(rate)) => Some(rate),
            _ => None,
        },
    };
    let answer = lab.request(&Request::Traffic(change)).await?;
    print_done(&answer, options.json)
}
