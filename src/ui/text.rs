//! Quantities as the screen shows them, and lines that fit.
//!
//! A figure is never cut: a part of a line is shown whole or left out, the least important first
//! ([`Row`]), and a sentence ends at a whole word ([`clip`]).

pub use crate::node::io::words::counted;

use crate::chain::Amount;
use crate::chain::amount::COIN;
use crate::node::foreign::is_hidden;
use ratatui::buffer::Buffer;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// What stands where nothing else of a cell can be seen.
const INSTEAD: &str = "\u{fffd}";

/// An age or an expected time, in one unit: `3 s`, `42 s`, `2 min`, `5 h`, `3 d`.
pub fn age(duration: Duration) -> String {
    let s = duration.as_secs();
    match s {
        0..60 => format!("{s} s"),
        60..3_600 => format!("{} min", s / 60),
        3_600..86_400 => format!("{} h", s / 3_600),
        _ => format!("{} d", s / 86_400),
    }
}

/// A time to be expected, of at least a second: `~5 s`.
pub fn about(duration: Duration) -> String {
    format!("~{}", age(duration.max(Duration::from_secs(1))))
}

/// A short time that was measured: `0`, `241 ms`, `1.2 s`, `42 s`.
pub fn lapse(duration: Duration) -> String {
    match duration.as_micros() {
        0 => "0".to_owned(),
        1..1_000 => "<1 ms".to_owned(),
        1_000..1_000_000 => format!("{} ms", duration.as_millis()),
        1_000_000..10_000_000 => {
            let tenths = duration.as_millis() / 100;
            format!("{}.{} s", tenths / 10, tenths % 10)
        }
        _ => age(duration),
    }
}

pub use crate::lab::paper::units::show_clock as clock;

/// A time of day, UTC, of so many seconds since 1970.
pub fn time_of_day(unix_s: u64) -> String {
    let s = unix_s % 86_400;
    format!("{:02}:{:02}:{:02}", s / 3_600, s / 60 % 60, s % 60)
}

/// A hash rate with one decimal: `14.0 kH/s`.
pub fn rate(hashes: f64) -> String {
    let (number, unit) = match hashes {
        rate if rate >= 999_950_000.0 => (rate / 1e9, "GH/s"),
        rate if rate >= 999_950.0 => (rate / 1e6, "MH/s"),
        rate if rate >= 999.95 => (rate / 1e3, "kH/s"),
        rate => (rate, "H/s"),
    };
    format!("{number:.1} {unit}")
}

/// A number of bytes with one decimal: `0.2 kB`, `1.3 MB`.
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    let tenths = bytes.saturating_mul(10).div_ceil(unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

/// Decimals of an amount in a pane, a table or a list of the lab.
const DECIMALS: u32 = 4;

/// An amount for a narrow place, with at most four decimals: `9.5`, `~0.3333` where it was rounded.
pub fn coins(amount: Amount) -> String {
    rounded(amount, DECIMALS)
}

/// As [`coins`], with as many decimals as leave it within so many columns; where not even whole coins
/// have room, in thousands, millions or thousands of millions: `~90G`.
pub fn coins_within(amount: Amount, room: usize) -> String {
    let exact = (0..=DECIMALS)
        .rev()
        .map(|decimals| rounded(amount, decimals));
    let coins = amount.units() / COIN;
    let scales = [(1_000, 'k'), (1_000_000, 'M'), (1_000_000_000, 'G')];
    let scaled = scales.map(|(scale, sign)| format!("~{}{sign}", (coins + scale / 2) / scale));
    let mut texts = exact.chain(scaled);
    let last = texts.next_back().unwrap_or_default();
    texts.find(|text| text.len() <= room).unwrap_or(last)
}

fn rounded(amount: Amount, decimals: u32) -> String {
    let step = COIN / 10_u64.pow(decimals);
    let units = amount.units();
    if units.is_multiple_of(step) {
        return amount.to_string();
    }
    let near = (units + step / 2) / step * step;
    // What is next to the most that can exist goes down.
    let near = Amount::from_units(near).or_else(|_| Amount::from_units(units / step * step));
    format!("~{}", near.unwrap_or(amount))
}

/// A name, or as much of it as fits, with a mark where it was cut.
pub fn short_name(name: &str, width: usize, mark: &str) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    let Some(kept) = width.checked_sub(mark.chars().count()) else {
        return String::new();
    };
    let kept: String = name.chars().take(kept).collect();
    kept + mark
}

/// The width of spans, in columns.
pub fn width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(Span::width).sum()
}

/// As many whole words as fit, and a mark if there are more.
pub fn clip(spans: Vec<Span<'static>>, room: usize, mark: &str) -> Vec<Span<'static>> {
    if width(&spans) <= room {
        return spans;
    }
    let room = room.saturating_sub(mark.chars().count());
    let (mut kept, mut used) = (Vec::new(), 0);
    for span in spans {
        if used + span.width() <= room {
            used += span.width();
            kept.push(span);
            continue;
        }
        let mut words = String::new();
        for word in span.content.split_inclusive(' ') {
            let word_width = Span::raw(word.trim_end()).width();
            if used + word_width > room {
                break;
            }
            used += Span::raw(word).width();
            words.push_str(word);
        }
        kept.push(Span::styled(words.trim_end().to_owned(), span.style));
        break;
    }
    kept.push(Span::raw(mark.to_owned()));
    kept
}

/// Words in lines of at most so many columns; a longer word gets a line of its own, and is cut.
pub fn wrap(words: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split_whitespace() {
        let line = lines.last_mut().expect("one from the start");
        let taken = Span::raw(&**line).width();
        if taken > 0 && taken + 1 + Span::raw(word).width() > room {
            lines.push(word.chars().take(room).collect());
            continue;
        }
        if taken > 0 {
            line.push(' ');
        }
        line.extend(word.chars().take(room));
    }
    lines
}

/// Units of a coin for a byte, with one decimal.
pub fn fee_rate(units: u64, bytes: usize) -> String {
    let tenths = u128::from(units) * 10 / (bytes.max(1) as u128);
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// A line of parts of which some may be left out.
pub struct Row {
    parts: Vec<RowPart>,
}

struct RowPart {
    spans: Vec<Span<'static>>,
    /// Columns between the part before and this one.
    gap: usize,
    /// The higher, the sooner it is left out; 0 stays longest.
    rank: u8,
}

impl Row {
    /// With nothing.
    pub fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds a part after a gap of so many columns, if it is not the first.
    #[must_use]
    pub fn part(mut self, rank: u8, gap: usize, spans: Vec<Span<'static>>) -> Self {
        // What says nothing takes no room either.
        if width(&spans) > 0 || self.parts.is_empty() {
            self.parts.push(RowPart { spans, gap, rank });
        }
        self
    }

    /// Adds words.
    #[must_use]
    pub fn text(self, rank: u8, gap: usize, text: impl Into<String>, style: Style) -> Self {
        self.part(rank, gap, vec![Span::styled(text.into(), style)])
    }

    /// What fits into so many columns.
    pub fn fit(self, room: usize) -> Line<'static> {
        Line::from(self.fit_spans(room))
    }

    /// As [`Row::fit`], as spans.
    pub fn fit_spans(mut self, room: usize) -> Vec<Span<'static>> {
        while self.width() > room {
            let worst = self.parts.iter().enumerate();
            let Some((at, _)) = worst.max_by_key(|(at, part)| (part.rank, *at)) else {
                break;
            };
            self.parts.remove(at);
        }
        let mut spans = Vec::new();
        for (at, part) in self.parts.into_iter().enumerate() {
            if at > 0 && part.gap > 0 {
                spans.push(Span::raw(" ".repeat(part.gap)));
            }
            spans.extend(part.spans);
        }
        spans
    }

    /// Columns that all of it takes.
    pub fn width(&self) -> usize {
        let gaps: usize = self.parts.iter().skip(1).map(|part| part.gap).sum();
        let parts: usize = self.parts.iter().map(|part| width(&part.spans)).sum();
        gaps + parts
    }
}

impl Default for Row {
    fn default() -> Self {
        Self::new()
    }
}

/// Marks what of a picture cannot be seen: it would be an order to the terminal, or change how it shows
/// the rest. Whatever names and captions went through, nothing is drawn past this.
pub fn without_hidden(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let symbol = cell.symbol();
        // Nearly all are a letter or a line, and this is done for each frame.
        if symbol.len() > 1 && symbol.chars().any(is_hidden) {
            let seen: String = cell.symbol().chars().filter(|c| !is_hidden(*c)).collect();
            let seen = if seen.is_empty() { INSTEAD } else { &seen };
            cell.set_symbol(seen);
        }
    }
}

/// Two lots of spans at the two ends of a line; the right one is left out if both do not fit.
pub fn ends(left: Vec<Span<'static>>, right: Vec<Span<'static>>, room: usize) -> Line<'static> {
    let gap = room.checked_sub(width(&left) + width(&right));
    let mut spans = left;
    if let Some(gap) = gap.filter(|gap| *gap > 0) {
        spans.push(Span::raw(" ".repeat(gap)));
        spans.extend(right);
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spans: &[Span<'_>]) -> String {
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn times_and_rates_have_at_most_one_decimal() {
        let ms = Duration::from_millis;
        assert_eq!(age(ms(3_900)), "3 s");
        assert_eq!(age(ms(125_000)), "2 min");
        assert_eq!(lapse(ms(0)), "0");
        assert_eq!(lapse(Duration::from_micros(400)), "<1 ms");
        assert_eq!(lapse(ms(241)), "241 ms");
        assert_eq!(lapse(ms(1_290)), "1.2 s");
        assert_eq!(lapse(ms(42_900)), "42 s");
        assert_eq!(clock(ms(102_000)), "+01:42");
        assert_eq!(clock(ms(7_207_000)), "+2:00:07");
        assert_eq!(rate(14_000.0), "14.0 kH/s");
        assert_eq!(rate(999.99), "1.0 kH/s");
        assert_eq!(size(231), "0.3 kB");
        assert_eq!(size(0), "0.0 kB");
        assert_eq!(size(1_290_000), "1.3 MB");
    }

    #[test]
    fn amounts_have_four_decimals_and_say_when_they_were_rounded() {
        let amount = |text: &str| text.parse::<Amount>().expect("an amount");
        for (whole, shown) in [
            ("0", "0"),
            ("10", "10"),
            ("9.5", "9.5"),
            ("0.0001", "0.0001"),
            ("9.99981", "~9.9998"),
            ("9.99985", "~9.9999"),
            ("9.99996", "~10"),
            ("0.00000001", "~0"),
            ("89999999999.99999999", "~90000000000"),
        ] {
            assert_eq!(coins(amount(whole)), shown, "{whole}");
        }
        assert_eq!(coins_within(amount("12.34567"), 9), "~12.3457");
        assert_eq!(coins_within(amount("12.34567"), 6), "~12.35");
        assert_eq!(coins_within(amount("12.34567"), 3), "~12");
        assert_eq!(coins_within(amount("89999999999.99999999"), 7), "~90000M");
        assert_eq!(coins_within(amount("89999999999.99999999"), 4), "~90G");
        assert_eq!(coins_within(amount("12.5"), 4), "12.5");
    }

    #[test]
    fn a_line_that_is_too_long_loses_whole_parts_the_least_important_first() {
        let row = || {
            let style = Style::default();
            Row::new()
                .text(0, 0, "height 12", style)
                .text(2, 2, "3 s", style)
                .text(1, 2, "[a9]", style)
        };
        assert_eq!(text(&row().fit_spans(20)), "height 12  3 s  [a9]");
        assert_eq!(text(&row().fit_spans(19)), "height 12  [a9]");
        assert_eq!(text(&row().fit_spans(14)), "height 12");
        assert_eq!(text(&row().fit_spans(8)), "");
    }

    #[test]
    fn a_sentence_ends_at_a_whole_word() {
        let spans = || vec![Span::raw("sent 1000 to "), Span::raw("dave and carol")];
        assert_eq!(text(&clip(spans(), 40, "…")), "sent 1000 to dave and carol");
        assert_eq!(text(&clip(spans(), 20, "…")), "sent 1000 to dave…");
        assert_eq!(text(&clip(spans(), 8, "…")), "sent…");
        assert_eq!(text(&clip(spans(), 0, "…")), "…");
        assert_eq!(short_name("rewards", 4, "~"), "rew~");
    }

    #[test]
    fn long_lines_are_wrapped_at_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "kl"]);
    }
}
