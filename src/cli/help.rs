//! The first page of help: subcommands by what people want, not in one long row.

use clap::Command;
use std::fmt::Write as _;

/// All subcommands, under what they are for.
const GROUPS: [(&str, &[&str]); 4] = [
    (
        "Labs and nodes",
        &[
            "run", "replay", "layouts", "node", "network", "bitcoin", "proxy",
        ],
    ),
    (
        "What runs already",
        &[
            "attach", "status", "wallet", "send", "traffic", "mine", "chain", "peers", "link",
            "script", "time", "timeline", "events", "rpc",
        ],
    ),
    ("What does not run", &["check"]),
    ("This program", &["config", "completions", "man", "help"]),
];

/// The names of all subcommands.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    GROUPS.iter().flat_map(|(_, names)| *names).copied()
}

/// The command with its help in groups.
pub(super) fn grouped(command: Command) -> Command {
    let width = names().map(str::len).max().unwrap_or(0);
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
        let listed: Vec<_> = names().collect();
        for sub in command.get_subcommands() {
            let count = listed.iter().filter(|name| **name == sub.get_name());
            assert_eq!(count.count(), 1, "{}", sub.get_name());
        }
        assert_eq!(listed.len(), command.get_subcommands().count() + 1);
    }

    /// A command and all below it, with its name.
    fn all(command: &Command, name: &str, found: &mut Vec<(String, Command)>) {
        found.push((name.to_owned(), command.clone()));
        for sub in command.get_subcommands() {
            all(sub, &format!("{name} {}", sub.get_name()), found);
        }
    }

    fn commands() -> Vec<(String, Command)> {
        let mut command = grouped(super::super::Cli::command());
        command.build();
        let mut found = Vec::new();
        all(&command, "chainlab", &mut found);
        found.retain(|(name, _)| !name.contains(" help"));
        found
    }

    #[test]
    fn every_command_option_and_value_says_in_words_what_it_is() {
        let mut bare = Vec::new();
        for (name, command) in commands() {
            let about = command.get_about().map(ToString::to_string);
            if about.is_none_or(|about| about.is_empty()) {
                bare.push(name.clone());
            }
            for arg in command.get_arguments() {
                let place = format!("{name} {}", arg.get_id());
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                if !help.contains(' ') || help.ends_with([',', ':', ';']) {
                    bare.push(format!("{place}: {help}"));
                }
                for value in arg.get_possible_values() {
                    let is_a_flag = matches!(value.get_name(), "true" | "false");
                    let said = value.get_help().map(ToString::to_string);
                    if !is_a_flag && !said.is_some_and(|help| help.contains(' ')) {
                        bare.push(format!("{place} {}", value.get_name()));
                    }
                }
            }
        }
        // What completions are for is said above them; a shell's name needs no more.
        bare.retain(|place| !place.starts_with("chainlab completions shell "));
        assert_eq!(bare, [""; 0]);
    }

    #[test]
    fn help_is_whole_in_80_columns_and_examples_are_not_broken() {
        let mut long = Vec::new();
        for (name, command) in commands() {
            let examples = command.get_after_help().map(ToString::to_string);
            let mut command = command.term_width(80);
            let short = command.render_help().to_string();
            let whole = command.render_long_help().to_string();
            for line in examples
                .iter()
                .chain([&short, &whole])
                .flat_map(|text| text.lines())
            {
                // How it is used is one line, to be copied.
                if line.chars().count() > 80 && !line.contains("[OPTIONS]") {
                    long.push(format!("{name}: {line}"));
                }
            }
        }
        assert_eq!(long, [""; 0]);
    }
}
