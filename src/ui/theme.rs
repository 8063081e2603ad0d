//! Colours and signs: what they mean here, and what they are in this terminal.
//!
//! The hues are those of Okabe and Ito, which people with any common colour blindness can tell
//! apart (<https://jfly.uni-koeln.de/color/>). Nothing rests on colour alone: without any, bold,
//! dim and reverse video remain, and words.

use crate::lab::observe::chips::COLOURS;
use crate::lab::observe::marks::MarkKind;
use ratatui::style::{Color, Modifier, Style};

/// How many colours the terminal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None.
    None,
    /// The sixteen that the terminal's own theme defines.
    Sixteen,
    /// The palette of xterm.
    Indexed,
    /// Any.
    True,
}

/// What the text stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Black or nearly.
    #[default]
    Dark,
    /// White or nearly.
    Light,
}

/// How everything looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// How many colours there are.
    pub depth: Depth,
    /// What the text stands on.
    pub ground: Ground,
    /// Nothing beyond ASCII.
    pub ascii: bool,
}

/// What a colour means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hue {
    /// What is focused, and keys.
    Focus,
    /// What went well.
    Good,
    /// What to look at.
    Warn,
    /// What went wrong.
    Bad,
    /// What is there to be read after the rest.
    Dim,
}

/// Backgrounds of chips: hues and their lighter sisters. Each carries black or white text, as said.
/// They stand round a circle, so that those which are three or more places apart look different to
/// people with any common colour blindness as well.
const CHIPS: [((u8, u8, u8), bool); COLOURS] = [
    ((255, 205, 180), true),
    ((240, 228, 66), true),
    ((213, 94, 0), true),
    ((230, 159, 0), true),
    ((153, 153, 153), true),
    ((204, 121, 167), true),
    ((0, 158, 115), true),
    ((86, 180, 233), true),
    ((0, 114, 178), false),
    ((117, 76, 168), false),
    ((140, 60, 50), false),
    ((158, 218, 166), true),
];

/// The same in xterm's palette.
const CHIPS_256: [u8; COLOURS] = [223, 227, 166, 214, 246, 175, 36, 75, 25, 97, 88, 151];

/// The same among sixteen, as well as it goes.
const CHIPS_16: [Color; COLOURS] = [
    Color::White,
    Color::LightYellow,
    Color::LightRed,
    Color::Yellow,
    Color::Gray,
    Color::LightMagenta,
    Color::Green,
    Color::LightCyan,
    Color::Blue,
    Color::Magenta,
    Color::Red,
    Color::LightGreen,
];

impl Theme {
    /// Text.
    pub fn text(self) -> Style {
        Style::new()
    }

    /// A figure that is worth a look.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The name of a figure, and all that comes second.
    pub fn dim(self) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            _ => self.hue(Hue::Dim),
        }
    }

    /// All of a node that does not run.
    pub fn faint(self) -> Style {
        self.dim().add_modifier(Modifier::DIM)
    }

    /// A key.
    pub fn key(self) -> Style {
        self.hue(Hue::Focus).add_modifier(Modifier::BOLD)
    }

    /// What is focused.
    pub fn focus(self) -> Style {
        self.hue(Hue::Focus).add_modifier(Modifier::BOLD)
    }

    /// The line in a list that is chosen.
    pub fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// What time has stopped at.
    pub fn lit(self) -> Style {
        self.warn().add_modifier(Modifier::REVERSED)
    }

    /// What went well.
    pub fn good(self) -> Style {
        self.hue(Hue::Good)
    }

    /// What to look at.
    pub fn warn(self) -> Style {
        self.hue(Hue::Warn).add_modifier(Modifier::BOLD)
    }

    /// What went wrong.
    pub fn bad(self) -> Style {
        self.hue(Hue::Bad).add_modifier(Modifier::BOLD)
    }

    /// A badge in a title, such as MINING.
    pub fn badge(self) -> Style {
        self.good().add_modifier(Modifier::BOLD)
    }

    /// A block's chip.
    pub fn chip(self, colour: usize) -> Style {
        let ((r, g, b), on_black) = CHIPS[colour % COLOURS];
        let ink = |dark: Color, light: Color| if on_black { dark } else { light };
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::BOLD),
            Depth::Sixteen => Style::new()
                .bg(CHIPS_16[colour % COLOURS])
                .fg(ink(Color::Black, Color::White)),
            Depth::Indexed => Style::new()
                .bg(Color::Indexed(CHIPS_256[colour % COLOURS]))
                .fg(ink(Color::Indexed(16), Color::Indexed(231))),
            Depth::True => Style::new()
                .bg(Color::Rgb(r, g, b))
                .fg(ink(Color::Rgb(0, 0, 0), Color::Rgb(255, 255, 255))),
        }
    }

    /// A block's bar or mark, in its chip's colour.
    pub fn chip_ink(self, colour: usize) -> Style {
        match self.chip(colour).bg {
            Some(colour) => Style::new().fg(colour),
            None => Style::new(),
        }
    }

    fn hue(self, hue: Hue) -> Style {
        let ((r, g, b), index, sixteen) = match (hue, self.ground) {
            (Hue::Focus, Ground::Dark) => ((86, 180, 233), 75, Color::LightCyan),
            (Hue::Focus, Ground::Light) => ((0, 94, 158), 25, Color::Blue),
            (Hue::Good, Ground::Dark) => ((64, 196, 150), 79, Color::LightGreen),
            (Hue::Good, Ground::Light) => ((0, 110, 80), 29, Color::Green),
            (Hue::Warn, Ground::Dark) => ((240, 200, 60), 221, Color::LightYellow),
            (Hue::Warn, Ground::Light) => ((148, 96, 0), 94, Color::Magenta),
            (Hue::Bad, Ground::Dark) => ((255, 126, 71), 209, Color::LightRed),
            (Hue::Bad, Ground::Light) => ((176, 60, 0), 130, Color::Red),
            (Hue::Dim, Ground::Dark) => ((152, 160, 170), 248, Color::Gray),
            (Hue::Dim, Ground::Light) => ((88, 94, 102), 241, Color::DarkGray),
        };
        match self.depth {
            Depth::None => Style::new(),
            Depth::Sixteen => Style::new().fg(sixteen),
            Depth::Indexed => Style::new().fg(Color::Indexed(index)),
            Depth::True => Style::new().fg(Color::Rgb(r, g, b)),
        }
    }

    /// One of two signs.
    fn sign(self, plain: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { plain }
    }

    /// Where something was cut off.
    pub fn cut(self) -> &'static str {
        self.sign("…", "~")
    }

    /// A part of a bar.
    pub fn bar(self) -> &'static str {
        self.sign("▇", "=")
    }

    /// A part of a bar that is not reached yet.
    pub fn bar_rest(self) -> &'static str {
        self.sign("░", ".")
    }

    /// A horizontal line.
    pub fn rule(self) -> &'static str {
        self.sign("─", "-")
    }

    /// What points at the chosen line.
    pub fn pointer(self) -> &'static str {
        self.sign("▶", ">")
    }

    /// From here to there.
    pub fn arrow(self) -> &'static str {
        self.sign("→", "->")
    }

    /// The line of time below a node.
    pub fn lane(self) -> &'static str {
        self.sign("│", "|")
    }

    /// The end of an arrow to the right.
    pub fn head_right(self) -> &'static str {
        self.sign("▶", ">")
    }

    /// The end of an arrow to the left.
    pub fn head_left(self) -> &'static str {
        self.sign("◀", "<")
    }

    /// What is done.
    pub fn done(self) -> &'static str {
        self.sign("✓", "+")
    }

    /// What has failed.
    pub fn failed(self) -> &'static str {
        self.sign("✗", "x")
    }

    /// What has not begun.
    pub fn waiting(self) -> &'static str {
        self.sign("·", ".")
    }

    /// A payment on its way.
    pub fn payment(self) -> &'static str {
        self.sign("•", "*")
    }

    /// Before what has happened already, and is shown again.
    pub fn replay(self) -> &'static str {
        self.sign("»", ">")
    }

    /// What is later than now, on a line of time.
    pub fn dotted(self) -> &'static str {
        self.sign("┄", ".")
    }

    /// Now, on a line of time.
    pub fn here(self) -> &'static str {
        self.sign("▼", "V")
    }

    /// The ends of a line of time.
    pub fn ends(self) -> (&'static str, &'static str) {
        (self.sign("├", "|"), self.sign("┤", "|"))
    }

    /// What stands out, on a line of time.
    pub fn mark(self, kind: MarkKind) -> &'static str {
        match kind {
            MarkKind::Block => "o",
            MarkKind::Caption => "\"",
            MarkKind::Joined => self.sign("┴", "J"),
            MarkKind::Fork => self.sign("┬", "Y"),
            MarkKind::Heal => "+",
            MarkKind::Restart => "S",
            MarkKind::Kill => "K",
            MarkKind::Cut => "x",
            MarkKind::Reorganisation => "R",
            MarkKind::Hand => ">",
        }
    }

    /// Any other message on its way.
    pub fn word(self) -> &'static str {
        self.sign("·", ".")
    }

    /// Columns of rising height.
    pub fn columns(self) -> &'static [&'static str] {
        if self.ascii {
            &["_", ".", "-", "="]
        } else {
            &["▁", "▂", "▃", "▄", "▅", "▆", "▇"]
        }
    }

    /// The border of a node that is a program of others.
    pub fn program_border(self) -> ratatui::symbols::border::Set<'static> {
        if self.ascii {
            ratatui::symbols::border::Set {
                horizontal_top: "=",
                horizontal_bottom: "=",
                ..self.border()
            }
        } else {
            ratatui::symbols::border::DOUBLE
        }
    }

    /// The border of a pane.
    pub fn border(self) -> ratatui::symbols::border::Set<'static> {
        if self.ascii {
            ratatui::symbols::border::Set {
                top_left: "+",
                top_right: "+",
                bottom_left: "+",
                bottom_right: "+",
                vertical_left: "|",
                vertical_right: "|",
                horizontal_top: "-",
                horizontal_bottom: "-",
            }
        } else {
            ratatui::symbols::border::ROUNDED
        }
    }
}
