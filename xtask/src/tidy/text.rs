//! Rules that a single file shows: length, module docs, names, markers, white space.

use super::{SourceFile, Violation};

const LONG: usize = 400;
const TOO_LONG: usize = 600;
const FRONT_PAGE: usize = 90;
const NAMELESS: [&str; 4] = ["utils.rs", "common.rs", "base.rs", "helpers.rs"];

/// What is left behind by unfinished work. Put together here, so that this file does not hold the words.
const MARKERS: [(&str, &str); 5] = [
    (concat!("to", "do!"), "write the code, or return an error that says what is missing"),
    (concat!("unimple", "mented!"), "write the code, or return an error that says what is missing"),
    (concat!("FIX", "ME"), "mend it, or say as a fact what holds"),
    (concat!("XX", "X"), "mend it, or say as a fact what holds"),
    (concat!("for", " now"), "say what holds, without a promise"),
];

pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    let mut violations = white_space(file);
    if file.path.ends_with(".rs") {
        violations.extend(rust(file));
    }
    violations
}

/// A long file is no fault yet.
pub(super) fn length_warning(file: &SourceFile) -> Option<Violation> {
    let n_lines = file.text.lines().count();
    let long = file.path.ends_with(".rs") && (LONG + 1..=TOO_LONG).contains(&n_lines);
    long.then(|| {
        Violation::new(&file.path, n_lines, format!("over {LONG} lines: see whether it is about two things"))
    })
}

fn white_space(file: &SourceFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    // Not lines(), which takes a carriage return for a part of the line's end.
    for (line_idx, line) in file.text.split('\n').enumerate() {
        if line.ends_with(char::is_whitespace) {
            violations.push(Violation::new(
                &file.path,
                line_idx + 1,
                "white space at the end of the line: delete it",
            ));
        }
    }
    let n_lines = file.text.lines().count();
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        violations.push(Violation::new(&file.path, n_lines, "no newline at the end of the file: add one"));
    }
    if file.text.ends_with("\n\n") {
        violations.push(Violation::new(
            &file.path,
            n_lines,
            "empty lines at the end of the file: delete them",
        ));
    }
    violations
}

fn rust(file: &SourceFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut found = |line, what: String| violations.push(Violation::new(&file.path, line, what));
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    let n_lines = file.text.lines().count();
    if n_lines > TOO_LONG {
        found(
            TOO_LONG + 1,
            format!("{n_lines} lines, at most {TOO_LONG}: split it into files about one thing each"),
        );
    } else if name == "lib.rs" && n_lines >= FRONT_PAGE {
        found(
            FRONT_PAGE,
            format!("{n_lines} lines, a front page has under {FRONT_PAGE}: move items into modules"),
        );
    }
    if NAMELESS.contains(&name) {
        found(1, "the name says nothing: name the file after what it is about".to_owned());
    }
    if file.path.split('/').any(|part| part == "src") && !file.text.starts_with("//!") {
        found(1, "no module docs: begin with `//! ` and what the module is about".to_owned());
    }
    for (line_idx, line) in file.text.lines().enumerate() {
        for (marker, mend) in MARKERS {
            if line.contains(marker) {
                found(line_idx + 1, format!("`{marker}` marks unfinished work: {mend}"));
            }
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the violations with lines of the form `2: no newline`, in which each what is a beginning.
    #[track_caller]
    fn check_file(path: &str, text: &str, expected: &[(usize, &str)]) {
        let found = check(&SourceFile::new(path, text));
        let fits = found.iter().zip(expected).all(|(found, (line, what))| {
            found.line == *line && found.what.starts_with(what) && found.what.contains(": ")
        });
        assert!(fits && found.len() == expected.len(), "{found:#?}");
    }

    #[test]
    fn a_clean_file_passes() {
        check_file("crates/a/src/clip.rs", "//! Clips.\n\nfn clip() {}\n", &[]);
        check_file("README.md", "# mis\n", &[]);
        check_file("empty.toml", "", &[]);
    }

    #[test]
    fn white_space_is_found_in_any_text_file() {
        check_file(
            "a.md",
            "a \nb\t\nc\r\nd",
            &[(1, "white space"), (2, "white space"), (3, "white space"), (4, "no newline")],
        );
        check_file("a.toml", "a = 1\n\n", &[(2, "empty lines")]);
    }

    #[test]
    fn sources_begin_with_module_docs() {
        check_file("crates/a/src/b/c.rs", "fn c() {}\n", &[(1, "no module docs")]);
        check_file("crates/a/examples/c.rs", "fn c() {}\n", &[]);
    }

    #[test]
    fn a_file_of_more_than_600_lines_fails_and_of_more_than_400_warns() {
        let text = |n_lines: usize| "//! Docs.\n".repeat(n_lines);
        check_file("src/a.rs", &text(600), &[]);
        check_file("src/a.rs", &text(601), &[(601, "601 lines")]);
        check_file("a.md", &text(601), &[]);
        let warns = |n_lines| length_warning(&SourceFile::new("src/a.rs", &text(n_lines))).is_some();
        assert_eq!([400, 401, 600, 601].map(warns), [false, true, true, false]);
    }

    #[test]
    fn a_front_page_is_short() {
        check_file("crates/a/src/lib.rs", &"//! Docs.\n".repeat(89), &[]);
        check_file("crates/a/src/lib.rs", &"//! Docs.\n".repeat(90), &[(90, "90 lines")]);
    }

    #[test]
    fn a_file_is_named_after_what_it_is_about() {
        for name in NAMELESS {
            check_file(&format!("crates/a/src/{name}"), "//! Docs.\n", &[(1, "the name says nothing")]);
        }
        check_file("crates/a/src/my_utils.rs", "//! Docs.\n", &[]);
    }

    #[test]
    fn markers_of_unfinished_work_are_found_in_rust_files() {
        for (marker, _) in MARKERS {
            let text = format!("//! Docs.\n\n// {marker}\n");
            check_file("src/a.rs", &text, &[(3, &format!("`{marker}`"))]);
            check_file("a.md", &text, &[]);
        }
    }
}
