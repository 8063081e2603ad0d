//! The page for those who come from the tutorials: its walk through three terminals, typed line by
//! line into real shells, prints what the page says.

use crate::shell::Shell;
use std::fs;
use std::net::TcpListener;
use std::path::Path;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/from-the-tutorials.md");
    fs::read_to_string(path).expect("the page is there")
}

/// A line that is typed, with what the page says is printed then.
#[derive(Debug)]
struct Step {
    terminal: String,
    typed: String,
    printed: String,
}

/// The lines of the page's terminals, in order.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut terminal = None;
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("```console ") {
            terminal = Some(name.to_owned());
        } else if line.starts_with("```") {
            terminal = None;
        } else if let Some(terminal) = &terminal {
            match line.strip_prefix("$ ") {
                Some(typed) => steps.push(Step {
                    terminal: terminal.clone(),
                    typed: typed.to_owned(),
                    printed: String::new(),
                }),
                None => {
                    let step = steps.last_mut().expect("something was typed before");
                    step.printed.push_str(line);
                    step.printed.push('\n');
                }
            }
        }
    }
    steps
}

/// Ports that are free, in place of those of the page.
fn free_ports(page: &str) -> String {
    let taken = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("free"));
    let mut page = page.to_owned();
    for (port, listener) in ["3000", "3001", "3002"].iter().zip(&taken) {
        let free = listener.local_addr().expect("bound").port().to_string();
        page = page.replace(&format!("--port {port}"), &format!("--port {free}"));
        page = page.replace(&format!("127.0.0.1:{port}"), &format!("127.0.0.1:{free}"));
    }
    page
}

#[test]
fn the_walk_through_three_terminals_ends_as_the_page_says() {
    let page = page();
    let steps = steps(&free_ports(&page));
    let mut shell = Shell::new();
    for step in &steps {
        let typed = step.typed.strip_prefix("chainlab ").expect("our program");
        if let Some(background) = typed.strip_suffix(" &") {
            let (arguments, log) = background.split_once(" 2> ").expect("a log");
            let arguments: Vec<_> = arguments.split_whitespace().collect();
            shell.start(&arguments, log);
            // People who type take longer than a node that starts.
            shell.until(&["status", "--node", &step.terminal], |said| said.code == 0);
            continue;
        }
        let arguments: Vec<_> = typed.split_whitespace().collect();
        if step.printed.is_empty() {
            shell.done(&arguments);
        } else {
            // What was mined takes a moment to arrive.
            shell.until(&arguments, |said| said.out == step.printed);
        }
    }
    let typed = |what: &str| {
        steps
            .iter()
            .filter(|step| step.typed.contains(what))
            .count()
    };
    assert_eq!((typed("chainlab node "), typed("chainlab send ")), (3, 4));
    let ending: Vec<_> = steps
        .iter()
        .rev()
        .take(5)
        .map(|step| &*step.printed)
        .collect();
    assert_eq!(ending, ["10\n", "1\n", "1\n", "9\n", "9\n"]);
    let agree = shell.until(&["status"], |said| said.out.contains("all 3 agree"));
    assert!(agree.out.contains("all 3 agree on #4 "), "{agree:?}");
}

#[test]
fn every_command_of_the_tables_is_one_that_there_is() {
    let page = page();
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let ours = rows.filter_map(|row| row.split(" | ").nth(1));
    let mut shown: Vec<String> = Vec::new();
    for cell in ours {
        let quoted = cell.split('`').skip(1).step_by(2);
        shown.extend(quoted.filter_map(|text| text.strip_prefix("chainlab ").map(str::to_owned)));
    }
    assert!(shown.len() > 15, "{shown:?}");
    let shell = Shell::new();
    for text in shown {
        // Only whether it is understood: `--help` does nothing.
        let arguments = text
            .split(" > ")
            .next()
            .expect("one part")
            .replace(" ...", " --name n --port 0");
        let words = arguments.split_whitespace().filter(|word| *word != "DIR");
        // The articles' own letter for an amount.
        let words = words.map(|word| if word == "N" { "1" } else { word });
        let mut words: Vec<_> = words.collect();
        words.push("--help");
        let said = shell.run(&words);
        assert_eq!(said.code, 0, "{text}: {}", said.err);
        let long = words.iter().filter(|word| word.starts_with("--"));
        for option in long {
            assert!(said.out.contains(*option), "{text}: {option}");
        }
    }
}
