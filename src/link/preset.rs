//! Links as there are in the world, by name: what people would otherwise have to look up.
//!
//! Each is one direction of a link, in round numbers, and of a usual day rather than of the best:
//!
//! - `lan`: switched Gigabit Ethernet. 1 Gbit/s (IEEE 802.3ab) is 125 MB/s; a round trip through
//!   a switch or two and both kernels takes about half a millisecond.
//! - `dsl`: ADSL2+ at 16 Mbit/s (ITU-T G.992.5). With interleaving the last mile alone takes
//!   20 ms or so; round trips of 30 to 40 ms are what the FCC's *Measuring Broadband America*
//!   finds.
//! - `3g`: what WebPageTest calls "3G", 1.6 Mbit/s and a round trip of 300 ms, with the jitter
//!   and the losses of a radio.
//! - `satellite`: a geostationary one, 35 786 km up. Light needs 239 ms up and down at the least;
//!   ITU-T G.114 counts 260 ms one way, and the modems share the channel on top of that.
//! - `intercontinental`: a fibre from Europe to East Asia: a round trip of 220 ms, as large
//!   providers publish it for their backbones, and now and then a full queue on the way.

use super::{Conditions, LinkState};
use std::time::Duration;

/// A link that has a name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// What people write.
    pub name: &'static str,
    /// What it stands for, in a few words.
    pub about: &'static str,
    /// What it is like; open.
    pub conditions: Conditions,
}

/// All of them, the fastest first.
pub const PRESETS: &[Preset] = &[
    preset(
        "lan",
        "a switched Gigabit network in one house",
        (300, 100),
        125_000_000,
        0.0,
    ),
    preset(
        "dsl",
        "a telephone line to the next town",
        (20_000, 5_000),
        2_000_000,
        0.0,
    ),
    preset(
        "intercontinental",
        "a fibre from Europe to East Asia",
        (110_000, 5_000),
        10_000_000,
        0.001,
    ),
    preset(
        "3g",
        "a mobile phone of 2010",
        (150_000, 50_000),
        200_000,
        0.01,
    ),
    preset(
        "satellite",
        "a geostationary satellite",
        (280_000, 20_000),
        3_000_000,
        0.01,
    ),
];

const fn preset(
    name: &'static str,
    about: &'static str,
    (latency_us, jitter_us): (u64, u64),
    bandwidth: u64,
    loss: f64,
) -> Preset {
    let conditions = Conditions {
        latency: Duration::from_micros(latency_us),
        jitter: Duration::from_micros(jitter_us),
        bandwidth: Some(bandwidth),
        loss,
        state: LinkState::Open,
    };
    Preset {
        name,
        about,
        conditions,
    }
}

impl Preset {
    /// The one of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// The names of all.
    pub fn names() -> impl Iterator<Item = &'static str> + Clone {
        PRESETS.iter().map(|preset| preset.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_preset_is_a_link_that_there_can_be_under_a_name_of_its_own() {
        for preset in PRESETS {
            assert_eq!(preset.conditions.validate(), Ok(()), "{}", preset.name);
            assert_eq!(Preset::named(preset.name), Some(preset));
        }
        assert_eq!(
            Preset::names().collect::<BTreeSet<_>>().len(),
            PRESETS.len()
        );
        assert_eq!(Preset::named("5g"), None);
    }
}
