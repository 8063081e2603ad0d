//! Lanes of the tree as they are drawn: two columns each.
//!
//! ```text
//! ● │      a block of the best branch; a rival's line passes
//! ●─┘      where two branches began
//! ```

use crate::lab::observe::tree::TreeRow;
use crate::ui::theme::Theme;
use ratatui::style::Style;
use ratatui::text::Span;

/// Signs of lanes.
struct Signs {
    line: &'static str,
    across: &'static str,
    end: &'static str,
    tee: &'static str,
    cross: &'static str,
}

const PLAIN: Signs = Signs {
    line: "│",
    across: "─",
    end: "┘",
    tee: "┴",
    cross: "┼",
};

const ASCII: Signs = Signs {
    line: "|",
    across: "-",
    end: "'",
    tee: "+",
    cross: "|",
};

/// What stands for a block; of a branch that lost, for a hollow one.
pub(in crate::ui) fn mark(theme: Theme, is_lost: bool) -> &'static str {
    match (theme.ascii, is_lost) {
        (false, false) => "●",
        (false, true) => "○",
        (true, false) => "*",
        (true, true) => "o",
    }
}

/// Columns of so many lanes.
pub(super) fn width(lanes: usize) -> usize {
    (lanes * 2).saturating_sub(1)
}

/// The lanes of a row, with its block's sign in `ink`. Where there are more lanes than fit, they
/// share the last one.
pub(super) fn spans(
    theme: Theme,
    row: &TreeRow,
    lanes: usize,
    sign: &'static str,
    ink: Style,
) -> Vec<Span<'static>> {
    let signs = if theme.ascii { &ASCII } else { &PLAIN };
    let last = lanes.saturating_sub(1);
    let own = row.lane.min(last);
    let end = row.width().saturating_sub(1).min(last);
    // The lines that come in from the right end here.
    let reach = match row.joining {
        0 => own,
        lines => {
            let highest = usize::try_from(u64::BITS - 1 - lines.leading_zeros());
            highest.unwrap_or(end).min(last)
        }
    };
    let has = |lines: u64, lane: usize| match lane == last {
        // All that have no lane of their own.
        true => lines >> lane != 0,
        false => lines >> lane & 1 == 1,
    };
    let mut spans = Vec::new();
    for lane in 0..lanes {
        let is_crossed = lane > own && lane < reach;
        let (text, style) = if lane == own {
            (sign, ink)
        } else if lane == reach && has(row.joining, lane) {
            (signs.end, theme.dim())
        } else if is_crossed && has(row.joining, lane) {
            (signs.tee, theme.dim())
        } else if has(row.passing, lane) {
            let line = if is_crossed { signs.cross } else { signs.line };
            (line, theme.dim())
        } else if is_crossed {
            (signs.across, theme.dim())
        } else {
            (" ", theme.text())
        };
        spans.push(Span::styled(text, style));
        if lane < last {
            let is_joined = lane >= own && lane < reach;
            let gap = if is_joined { signs.across } else { " " };
            spans.push(Span::styled(gap, theme.dim()));
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::BlockHash;
    use crate::node::BlockId;
    use crate::ui::theme::{Depth, Ground};

    fn shown(lane: usize, passing: u64, joining: u64, lanes: usize) -> String {
        let theme = Theme {
            depth: Depth::None,
            ground: Ground::Dark,
            ascii: false,
        };
        let hash = BlockHash([0; 32]);
        let row = TreeRow {
            id: BlockId { height: 1, hash },
            lane,
            passing,
            joining,
        };
        let spans = spans(theme, &row, lanes, "●", Style::new());
        spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn a_branch_ends_where_it_began_and_other_lines_go_on() {
        assert_eq!(shown(0, 0, 0, 1), "●");
        assert_eq!(shown(1, 0b1, 0, 3), "│ ●  ");
        assert_eq!(shown(0, 0b10, 0, 2), "● │");
        assert_eq!(shown(0, 0, 0b10, 2), "●─┘");
        assert_eq!(shown(0, 0b100, 0b1010, 4), "●─┴─┼─┘");
        assert_eq!(shown(0, 0, 0b1000, 4), "●─────┘");
    }

    #[test]
    fn lanes_that_have_no_room_share_the_last_one() {
        assert_eq!(shown(7, 0b1, 0, 3), "│   ●");
        assert_eq!(shown(0, 0b1_0000, 0, 3), "●   │");
        assert_eq!(shown(0, 0, 0b1_0010, 3), "●─┴─┘");
        assert_eq!(shown(0, 0, 0b10, 1), "●");
    }
}
