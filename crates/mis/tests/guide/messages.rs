//! Messages that the guide quotes.

use std::fs;
use std::path::Path;

use crate::{package, page};

/// The messages in the first column of the page's tables.
fn quoted(page: &str) -> Vec<&str> {
    page.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(message, _)| message)
        .collect()
}

/// The text of all sources, with strings that go over several lines put together.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let mut lines = fs::read_to_string(&path).unwrap();
            while let Some(at) = lines.find("\\\n") {
                let rest = lines[at + 2..].trim_start().to_owned();
                lines.replace_range(at.., &rest);
            }
            text.push_str(&lines);
            text.push('\n');
        }
    }
}

/// Whether a line of the sources has all parts of the message in their order, with whatever is filled in between.
fn is_said(message: &str, sources: &str) -> bool {
    let parts: Vec<&str> = message.split('…').map(str::trim_end).filter(|part| !part.is_empty()).collect();
    sources.lines().any(|line| {
        let mut rest = line;
        parts.iter().all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    })
}

#[test]
fn every_message_that_the_guide_explains_is_one_that_the_programs_say() {
    let page = page("troubleshooting.md");
    let mut text = String::new();
    for of in fs::read_dir(package().join("..")).unwrap() {
        let folder = of.unwrap().path().join("src");
        if folder.is_dir() {
            sources(&folder, &mut text);
        }
    }
    let messages = quoted(&page);
    assert!(messages.len() > 30, "found {} messages", messages.len());
    let unsaid: Vec<_> = messages.into_iter().filter(|message| !is_said(message, &text)).collect();
    assert!(unsaid.is_empty(), "no source says {unsaid:#?}");
}

#[test]
fn a_message_is_compared_part_by_part() {
    let source = "ensure!(a, \"expected {a} folds, found {b}\");";
    assert!(is_said("expected … folds, found …", source));
    assert!(!is_said("found … folds, expected …", source));
}
