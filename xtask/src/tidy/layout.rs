//! Rules about what must be there: a README in each crate, a line for each in the code map.

use anyhow::{Context, Result};
use toml::Table;

use super::edges::package_name;
use super::{SourceFile, Violation};

pub(super) fn check(files: &[SourceFile]) -> Result<Vec<Violation>> {
    let find = |path: &str| files.iter().find(|file| file.path == path);
    let code_map = find("README.md").map_or("", |file| &file.text);
    let mut violations = Vec::new();
    if code_map.is_empty() {
        violations.push(Violation::new("README.md", 1, "missing: write it, with a code map of all crates"));
    }
    for file in files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let manifest: Table = file.text.parse().with_context(|| format!("{} is not TOML", file.path))?;
        let Some(name) = package_name(&manifest) else { continue };
        // What only the workspace uses is told of in the workspace's README.
        let readme = file.path.replace("Cargo.toml", "README.md");
        if file.path.starts_with("crates/") && find(&readme).is_none() {
            violations.push(Violation::new(
                &readme,
                1,
                format!("missing: say what {name} is for and who uses it"),
            ));
        }
        if !code_map.is_empty() && !code_map.contains(&format!("`{name}`")) {
            let what = format!("the code map lacks {name}: add a line that names `{name}`");
            violations.push(Violation::new("README.md", 1, what));
        }
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_files(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<_> = files.iter().map(|(path, text)| SourceFile::new(path, text)).collect();
        let found: Vec<String> = check(&files).unwrap().iter().map(Violation::to_string).collect();
        let fits = found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
        assert!(fits && found.len() == expected.len(), "{found:#?}");
    }

    const CRATE: (&str, &str) = ("crates/mis-io/Cargo.toml", "[package]\nname = \"mis-io\"\n");

    #[test]
    fn a_crate_with_a_readme_and_a_line_in_the_code_map_passes() {
        check_files(&[("README.md", "- `mis-io` reads\n"), CRATE, ("crates/mis-io/README.md", "x\n")], &[]);
    }

    #[test]
    fn a_missing_readme_and_a_missing_line_are_found() {
        check_files(
            &[("README.md", "- `mis-iodine`\n"), CRATE],
            &["crates/mis-io/README.md:1: missing", "README.md:1: the code map lacks mis-io"],
        );
    }

    #[test]
    fn a_workspace_without_a_readme_is_found() {
        check_files(&[CRATE, ("crates/mis-io/README.md", "x\n")], &["README.md:1: missing"]);
    }
}
