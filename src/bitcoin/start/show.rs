//! A plan as a person reads it before the yes: all of it.

use super::parts::Plan;
use crate::node::foreign::one_line;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::net::SocketAddr;

impl fmt::Display for Plan {
    /// Lines: each argument has its own, so that where one ends is seen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", word(self.program.as_os_str()))?;
        for argument in &self.arguments {
            writeln!(f, "    {}", word(argument))?;
        }
        let folder = word(self.folder.as_os_str());
        writeln!(f, "in {folder}, which is for its user alone")?;
        self.fmt_environment(f)?;
        self.fmt_files(f)?;
        writeln!(f, "it listens at {}", self.listens())?;
        writeln!(f, "{}", self.dials())?;
        match self.is_kept {
            true => Ok(()),
            false => writeln!(f, "it keeps nothing: started again, it starts empty"),
        }
    }
}

impl Plan {
    /// The command in one line, with each word in quotes that needs some.
    pub fn command_line(&self) -> String {
        let arguments = self.arguments.iter().map(|argument| word(argument));
        let words = std::iter::once(word(self.program.as_os_str())).chain(arguments);
        words.collect::<Vec<_>>().join(" ")
    }

    fn fmt_environment(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "with these variables, and no others:")?;
        for (name, value) in &self.environment {
            writeln!(f, "    {name}={}", word(value))?;
        }
        Ok(())
    }

    fn fmt_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.files.is_empty() {
            return Ok(());
        }
        writeln!(f, "these files are written there first:")?;
        for file in &self.files {
            writeln!(f, "    {}: {}", file.name, file.about)?;
        }
        Ok(())
    }

    fn listens(&self) -> String {
        let place = |(what, at): &(&str, SocketAddr)| format!("{at} ({what})");
        let places: Vec<String> = self.listens.iter().map(place).collect();
        places.join(", ")
    }

    fn dials(&self) -> String {
        let peers: Vec<String> = self.peers.iter().map(ToString::to_string).collect();
        let said = match peers.is_empty() {
            true => "it dials no peer".to_owned(),
            false => format!("it dials {}", peers.join(", ")),
        };
        match self.kind {
            Some(_) => said,
            None => format!("{said}, if it does as its arguments say: it is not known here"),
        }
    }
}

/// A word, in quotes if it could be taken for more or less than one.
fn word(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,=@%+~{}".contains(c);
    let shown = match !text.is_empty() && text.chars().all(is_plain) {
        true => text,
        false => Cow::Owned(format!("{text:?}")),
    };
    one_line(&shown).into_owned()
}
