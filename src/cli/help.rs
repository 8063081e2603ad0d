//! The first page of help: subcommands by what people want, not in one long row.

use clap::Command;
use std::fmt::Write as _;

/// All subcommands, under what they are for.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Labs and nodes", &["run", "layouts", "node", "network"]),
    (
        "What runs already",
        &[
            "attach", "status", "wallet", "send", "traffic", "mine", "chain", "peers", "link",
            "script", "events", "rpc",
        ],
    ),
    ("What does not run", &["check"]),
    ("This program", &["config", "completions", "man", "help"]),
];

/// The command with its help in groups.
pub(super) fn grouped(command: Command) -> Command {
    let width = GROUPS.iter().flat_map(|(_, names)| names.iter());
    let width = width.map(|name| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (heading, names) in GROUPS {
        let _ = writeln!(text, "{heading}:");
        for name in names {
            let about = match command.find_subcommand(name).and_then(Command::get_about) {
                Some(about) => about.to_string(),
                None => "Print this, or the help of a subcommand".to_owned(),
            };
            let _ = writeln!(text, "  {name:<width$}  {about}");
        }
        text.push('\n');
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{text}Arguments:\n{{positionals}}\n\n\
         Options:\n{{options}}{{after-help}}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_subcommand_stands_in_one_group() {
        let command = super::super::Cli::command();
        let listed: Vec<_> = GROUPS.iter().flat_map(|(_, names)| names.iter()).collect();
        for sub in command.get_subcommands() {
            let count = listed.iter().filter(|name| ***name == sub.get_name());
            assert_eq!(count.count(), 1, "{}", sub.get_name());
        }
        assert_eq!(listed.len(), command.get_subcommands().count() + 1);
    }
}
