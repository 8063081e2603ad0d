//! What a link is like: in words that a layout, a script or a key can set, checked when they are.

use crate::node::time::duration_text;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use thiserror::Error;

/// Longest latency, and longest jitter: a minute is thrice what a node waits for a sign of life,
/// so no end misses more.
pub const DELAY_MAX: Duration = Duration::from_secs(60);

/// Narrowest and widest link, in bytes a second: an early modem, and a byte a nanosecond.
pub const BANDWIDTH_RANGE: std::ops::RangeInclusive<u64> = 100..=1_000_000_000;

/// Most frames that get lost, as a share. Beyond it a stream hardly moves; what lets nothing
/// through at all is a black hole.
pub const LOSS_MAX: f64 = 0.9;

/// One direction of a link. Default: everything arrives at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Conditions {
    /// From the last byte's leaving to its arrival; text such as `80ms` in a layout.
    #[serde(serialize_with = "duration_text::serialize")]
    pub latency: Duration,
    /// Up to so much is added to the latency of a frame, any part of it equally likely.
    #[serde(serialize_with = "duration_text::serialize")]
    pub jitter: Duration,
    /// Bytes a second; `None`: as many as there are.
    pub bandwidth: Option<u64>,
    /// How likely a frame is to be lost, from 0 to [`LOSS_MAX`]; each time it is sent.
    pub loss: f64,
    /// Whether anything passes.
    pub state: LinkState,
}

/// Whether anything passes a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// Everything does.
    #[default]
    Open,
    /// Nothing does, and both sides know: connections end, new ones are refused.
    Cut,
    /// Nothing does, and no end is told. What was sent is sent anew when the hole closes, as TCP
    /// does.
    BlackHole,
}

/// A condition is out of its range.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {problem}")]
pub struct ConditionsError {
    /// The field's name.
    pub key: &'static str,
    /// What is wrong, with the range.
    pub problem: String,
}

impl Conditions {
    /// An open link with this latency and nothing else to it.
    pub fn latency(latency: Duration) -> Self {
        Self {
            latency,
            ..Self::default()
        }
    }

    /// The same link in another state.
    pub fn in_state(self, state: LinkState) -> Self {
        Self { state, ..self }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn validate(&self) -> Result<(), ConditionsError> {
        delay_within("latency", self.latency)?;
        delay_within("jitter", self.jitter)?;
        if let Some(bandwidth) = self.bandwidth.filter(|b| !BANDWIDTH_RANGE.contains(b)) {
            let (min, max) = (BANDWIDTH_RANGE.start(), BANDWIDTH_RANGE.end());
            let problem = format!("{bandwidth} bytes a second is not between {min} and {max}");
            return Err(refuse("bandwidth", problem));
        }
        if !(0.0..=LOSS_MAX).contains(&self.loss) {
            let problem = format!(
                "{} is not between 0 and {LOSS_MAX}; for a link on which nothing arrives set \
                 state = \"black-hole\"",
                self.loss
            );
            return Err(refuse("loss", problem));
        }
        Ok(())
    }
}

fn delay_within(key: &'static str, delay: Duration) -> Result<(), ConditionsError> {
    if delay <= DELAY_MAX {
        return Ok(());
    }
    let problem = format!("{delay:?} is more than {DELAY_MAX:?}");
    Err(refuse(key, problem))
}

fn refuse(key: &'static str, problem: String) -> ConditionsError {
    ConditionsError { key, problem }
}

/// Conditions as they are written, before anybody looked at the ranges.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Unchecked {
    #[serde(with = "duration_text")]
    latency: Duration,
    #[serde(with = "duration_text")]
    jitter: Duration,
    bandwidth: Option<u64>,
    loss: f64,
    state: LinkState,
}

impl TryFrom<Unchecked> for Conditions {
    type Error = ConditionsError;

    fn try_from(written: Unchecked) -> Result<Self, ConditionsError> {
        let conditions = Self {
            latency: written.latency,
            jitter: written.jitter,
            bandwidth: written.bandwidth,
            loss: written.loss,
            state: written.state,
        };
        conditions.validate().map(|()| conditions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Conditions, String> {
        toml::from_str(toml).map_err(|e: toml::de::Error| e.message().to_owned())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let written = "latency = '80ms'\njitter = '1.5s'\nbandwidth = 125000\nloss = 0.25\n\
                       state = 'black-hole'";
        let conditions = read(written).expect("plain data");
        let expected = Conditions {
            latency: Duration::from_millis(80),
            jitter: Duration::from_millis(1_500),
            bandwidth: Some(125_000),
            loss: 0.25,
            state: LinkState::BlackHole,
        };
        assert_eq!(conditions, expected);
        let text = toml::to_string(&conditions).expect("plain data");
        assert_eq!(read(&text), Ok(expected));
        assert_eq!(read(""), Ok(Conditions::default()));
        for us in [1, 999, 80_000, 59_999_999] {
            let delay = Duration::from_micros(us);
            let text = toml::to_string(&Conditions::latency(delay)).expect("plain data");
            assert_eq!(read(&text), Ok(Conditions::latency(delay)));
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused_by_name() {
        let refused = [
            ("latency = '61s'", "latency: 61s is more than 60s"),
            ("jitter = '70000ms'", "jitter: 70s is more than 60s"),
            (
                "bandwidth = 10",
                "bandwidth: 10 bytes a second is not between 100 and 1000000000",
            ),
            ("loss = 1.0", "loss: 1 is not between 0 and 0.9"),
            ("loss = -0.1", "loss: -0.1 is not between"),
            ("loss = nan", "loss: NaN is not between"),
            ("latency = '80'", "expected a time such as"),
            ("latency = '-1ms'", "expected a time such as"),
            ("latency = 'infs'", "expected a time such as"),
            ("latency = '1e400s'", "expected a time such as"),
            ("latency = 'ms'", "expected a time such as"),
            ("latency = 80", "expected a time such as"),
            ("delay = '80ms'", "unknown field `delay`"),
            ("state = 'shut'", "unknown variant `shut`"),
        ];
        for (toml, why) in refused {
            let error = read(toml).unwrap_err();
            assert!(error.contains(why), "{toml}: {error}");
        }
    }
}
