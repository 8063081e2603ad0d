//! How many bytes wait at which fee rate, as bars.

use crate::node::snapshot::MempoolTx;
use crate::ui::text;
use crate::ui::widgets::scene::Scene;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// The most bars.
const BARS: usize = 7;

/// Lines of the list that stay for each line of bars.
const LIST_SHARE: usize = 2;

/// Columns of the words before a bar, and of those after it.
const BEFORE: usize = 18;
const AFTER: usize = 22;

/// What waits at rates like this.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Band {
    words: String,
    txs: usize,
    bytes: u64,
}

/// What waits, by its fee rate, the best paying first.
pub(super) struct Rates {
    bands: Vec<Band>,
    /// Of how many transactions.
    txs: usize,
}

impl Rates {
    /// Of these, where a list and its bars have so many lines: no bars where that is little, or where one
    /// alone says nothing.
    pub fn of(txs: &[MempoolTx], lines: usize) -> Self {
        let most = (lines / (LIST_SHARE + 1)).saturating_sub(2).min(BARS);
        let bands = bands(txs, most);
        let has_room = bands.len() <= most && txs.len() > 1;
        Self {
            bands: bands.into_iter().filter(|_| has_room).collect(),
            txs: txs.len(),
        }
    }

    /// Lines that it takes: a bar each, and two above them.
    pub fn height(&self) -> usize {
        match self.bands.len() {
            0 => 0,
            bars => bars + 2,
        }
    }

    /// The bars, where so many transactions wait in all.
    pub fn lines(&self, scene: Scene<'_>, waiting: usize, room: usize) -> Vec<Line<'static>> {
        if self.bands.is_empty() {
            return Vec::new();
        }
        let mut head = format!("{:>BEFORE$}", "fee rate, units/B");
        if waiting > self.txs {
            head += &format!("  of the best {}", self.txs);
        }
        let mut lines = vec![Line::default(), Line::styled(head, scene.theme.dim())];
        let longest = self.bands.iter().map(|band| band.bytes).max().unwrap_or(1);
        let columns = room.saturating_sub(BEFORE + AFTER + 2);
        lines.extend(
            self.bands
                .iter()
                .map(|band| band.line(scene, columns, longest.max(1))),
        );
        lines
    }
}

impl Band {
    fn line(&self, scene: Scene<'_>, columns: usize, longest: u64) -> Line<'static> {
        let theme = scene.theme;
        let part = u128::from(self.bytes) * columns as u128 / u128::from(longest);
        let bar = usize::try_from(part).map_or(columns, |bar| bar.max(1));
        let txs = format!("  {} tx", self.txs);
        Line::from(vec![
            Span::styled(format!("{:>BEFORE$}  ", self.words), theme.text()),
            Span::styled(theme.bar().repeat(bar), theme.good()),
            Span::styled(txs, theme.text()),
            Span::styled(format!("  {}", text::size(self.bytes)), theme.dim()),
        ])
    }
}

/// Bands of rates from the highest to the lowest, also those between with nothing in them, and one of what
/// is not known. Fine ones, if there are no more of them than this, else wide ones.
fn bands(txs: &[MempoolTx], most: usize) -> Vec<Band> {
    let known: Vec<_> = txs.iter().filter_map(|tx| Some((rate(tx)?, tx))).collect();
    let unknown = txs.iter().filter(|tx| rate(tx).is_none());
    let unknown = unknown.fold((0, 0), |(txs, sum), tx| (txs + 1, sum + bytes(tx)));
    let is_known = unknown.0 == 0;
    let room = most.saturating_sub(usize::from(!is_known));
    let fine = between(&known, &[1, 2, 5]);
    let mut bands = match fine.len() <= room {
        true => fine,
        false => between(&known, &[1]),
    };
    if !is_known {
        bands.push(Band {
            words: "unknown".to_owned(),
            txs: unknown.0,
            bytes: unknown.1,
        });
    }
    bands
}

/// Bands that begin at 0 and at these numbers times powers of ten.
fn between(txs: &[(u64, &MempoolTx)], steps: &[u64]) -> Vec<Band> {
    let powers = (0..19).map(|power| 10_u64.pow(power));
    let edges = powers.flat_map(|power| {
        steps
            .iter()
            .filter_map(move |step| power.checked_mul(*step))
    });
    let edges: Vec<u64> = std::iter::once(0).chain(edges).collect();
    let place = |rate: u64| edges.partition_point(|edge| *edge <= rate) - 1;
    let mut sums: BTreeMap<usize, (usize, u64)> = BTreeMap::new();
    for (rate, tx) in txs {
        let sum = sums.entry(place(*rate)).or_default();
        *sum = (sum.0 + 1, sum.1 + bytes(tx));
    }
    let (first, last) = (sums.keys().next(), sums.keys().next_back());
    let Some((first, last)) = first.zip(last) else {
        return Vec::new();
    };
    let band = |at: usize| {
        let (txs, bytes) = sums.get(&at).copied().unwrap_or_default();
        let words = match edges.get(at + 1) {
            Some(next) => format!("{} to {next}", edges[at]),
            None => format!("from {}", edges[at]),
        };
        Band { words, txs, bytes }
    };
    (*first..=*last).rev().map(band).collect()
}

/// Units a byte, rounded down; `None`: the fee is not known.
fn rate(tx: &MempoolTx) -> Option<u64> {
    Some(tx.fee?.units() / bytes(tx).max(1))
}

fn bytes(tx: &MempoolTx) -> u64 {
    u64::try_from(tx.bytes).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Amount, Txid};
    use crate::node::Time;

    fn waits(fee: Option<u64>, bytes: usize) -> MempoolTx {
        MempoolTx {
            txid: Txid([1; 32]),
            amount: None,
            to: Vec::new().into(),
            payees: 0,
            fee: fee.map(|fee| Amount::from_units(fee).expect("an amount")),
            bytes,
            since: Time(0),
            ancestors: 0,
            descendants: 0,
        }
    }

    fn shown(txs: &[MempoolTx], most: usize) -> Vec<(String, usize, u64)> {
        let bands = bands(txs, most).into_iter();
        bands
            .map(|band| (band.words, band.txs, band.bytes))
            .collect()
    }

    #[test]
    fn what_waits_is_counted_in_the_band_of_its_rate_and_gaps_are_shown() {
        let txs = [
            waits(Some(1_200), 200),
            waits(Some(1_900), 200),
            waits(Some(500), 250),
            waits(None, 140),
        ];
        let band = |words: &str, txs, bytes| (words.to_owned(), txs, bytes);
        assert_eq!(
            shown(&txs, 7),
            [
                band("5 to 10", 2, 400),
                band("2 to 5", 1, 250),
                band("unknown", 1, 140)
            ]
        );
        let far = [waits(Some(40_000), 100), waits(Some(100), 100)];
        assert_eq!(
            shown(&far, 4),
            [
                band("100 to 1000", 1, 100),
                band("10 to 100", 0, 0),
                band("1 to 10", 1, 100)
            ],
            "wide ones"
        );
        assert_eq!(shown(&[waits(Some(0), 100)], 4), [band("0 to 1", 1, 100)]);
    }

    #[test]
    fn bars_take_no_more_than_their_part_of_the_lines_and_one_transaction_has_none() {
        let txs = [waits(Some(1_200), 200), waits(Some(90_000), 200)];
        for lines in 0..60 {
            let rates = Rates::of(&txs, lines);
            assert!(rates.height() * (LIST_SHARE + 1) <= lines, "{lines}");
        }
        assert_eq!(Rates::of(&txs, 30).height(), 8);
        assert_eq!(Rates::of(&txs[..1], 30).height(), 0);
    }
}
