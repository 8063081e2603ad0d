//! `chainlab completions` and `chainlab man`: what goes with the command line.

use super::failure::Failure;
use super::output::print;
use clap::{Args, Command};
use clap_complete::Shell;

#[derive(Args)]
pub(super) struct Completions {
    /// The shell.
    shell: Shell,
}

pub(super) const EXAMPLES: &str = "\
Examples:
  chainlab completions bash > chainlab.bash    for your shell to source
  chainlab completions fish > ~/.config/fish/completions/chainlab.fish";

/// Prints what a shell needs to complete commands.
pub(super) fn completions(options: &Completions, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(options.shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// A word as a shell reads it: in quotes, if it would be something else otherwise.
pub(super) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./+:,=@%".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// Prints the manual, all subcommands one after the other.
pub(super) fn man(mut command: Command) -> Result<(), Failure> {
    command.build();
    let mut pages = Vec::new();
    let mut render = |command: Command, title: String| {
        let page = clap_mangen::Man::new(command)
            .title(title)
            .render(&mut pages);
        page.map_err(Failure::other)
    };
    render(command.clone(), "chainlab".to_owned())?;
    for sub in command.get_subcommands() {
        render(sub.clone(), format!("chainlab-{}", sub.get_name()))?;
    }
    print(&String::from_utf8_lossy(&pages))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_word_as_it_was() {
        assert_eq!(word("labs/my-lab.toml"), "labs/my-lab.toml");
        assert_eq!(word("my lab.toml"), "'my lab.toml'");
        assert_eq!(word("it's $x"), "'it'\\''s $x'");
        assert_eq!(word(""), "''");
    }
}
