//! Whether and where other programs can control what is started.

use crate::lab::Control;
use clap::Args;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

#[derive(Args)]
pub(super) struct ControlOptions {
    /// Where other programs can control it: a port, or IP:PORT [default: any port on loopback].
    #[arg(long, visible_alias = "control-bind", value_name = "ADDR", value_parser = parse_addr)]
    control: Option<SocketAddr>,
    /// Let whoever has the cookie come from other machines.
    #[arg(long, requires = "control")]
    control_allow_remote: bool,
    /// Do not let other programs control it.
    #[arg(long, conflicts_with = "control")]
    no_control: bool,
}

fn parse_addr(text: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let wanted = "write a port, or IP:PORT, as in 127.0.0.1:7000";
    text.parse().map_err(|_| wanted.to_owned())
}

impl ControlOptions {
    /// Whether it was said where.
    pub(super) fn is_chosen(&self) -> bool {
        self.control.is_some()
    }

    pub(super) fn control(&self) -> Control {
        match self.control {
            _ if self.no_control => Control::Off,
            None => Control::Anywhere,
            Some(addr) => Control::At {
                addr,
                allows_remote: self.control_allow_remote,
            },
        }
    }
}
