//! Which crate may use which: the floors and rooms of the workspace.

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::{SourceFile, Violation};

/// A crate, the floor it is on, and the crates of the workspace it may use, in its tests as well.
struct Room {
    name: &'static str,
    floor: u8,
    may_use: &'static [&'static str],
}

const fn room(name: &'static str, floor: u8, may_use: &'static [&'static str]) -> Room {
    Room { name, floor, may_use }
}

/// The lowest floor that links libtorch.
const LIBTORCH_FLOOR: u8 = 2;
const LIBTORCH: [&str; 2] = ["tch", "torch-sys"];

/// A new edge is one commit with `Cargo.toml` and the code map in README.md.
const HOUSE: [Room; 12] = [
    // It starts everything else, and so links nothing of it.
    room("xtask", 0, &[]),
    room("mis-core", 0, &[]),
    room("mis-io", 1, &["mis-core"]),
    room("mis-preproc", 1, &["mis-core"]),
    room("mis-augment", 1, &["mis-core"]),
    room("mis-patch", 1, &["mis-core"]),
    room("mis-eval", 1, &["mis-core"]),
    room("mis-models", 2, &["mis-core"]),
    room("mis-train", 3, &["mis-core", "mis-patch", "mis-models"]),
    room(
        "mis-pipeline",
        4,
        &[
            "mis-core",
            "mis-io",
            "mis-preproc",
            "mis-augment",
            "mis-patch",
            "mis-eval",
            "mis-models",
            "mis-train",
        ],
    ),
    room(
        "mis",
        5,
        &[
            "mis-core",
            "mis-io",
            "mis-preproc",
            "mis-augment",
            "mis-patch",
            "mis-eval",
            "mis-models",
            "mis-train",
            "mis-pipeline",
        ],
    ),
    // Its arguments are read without libtorch, and so from the lower floors; mis-io is for its tests, which make scans.
    room("mis-cli", 5, &["mis-pipeline", "mis-core", "mis-preproc", "mis-eval", "mis-io"]),
];

/// Stands beside the house and sees it as a user does.
const TESTS: Room = room("mis-tests", 6, &["mis"]);

/// Compares the dependencies of all packages with the house.
pub(super) fn check(files: &[SourceFile]) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    let mut names = Vec::new();
    for file in files.iter().filter(|file| file.path.ends_with("Cargo.toml")) {
        let manifest: Table = file.text.parse().with_context(|| format!("{} is not TOML", file.path))?;
        let Some(name) = package_name(&manifest) else { continue };
        names.push(name.to_owned());
        violations.extend(check_package(&file.path, &file.text, name, &manifest));
    }
    for room in rooms().filter(|room| !names.iter().any(|name| name == room.name)) {
        violations.push(Violation::new(
            "xtask/src/tidy/edges.rs",
            1,
            format!("{} is in the house and not in the workspace: delete its room", room.name),
        ));
    }
    Ok(violations)
}

/// The name in a manifest's `[package]`; the workspace's own manifest has none.
pub(super) fn package_name(manifest: &Table) -> Option<&str> {
    manifest.get("package")?.get("name")?.as_str()
}

fn rooms() -> impl Iterator<Item = &'static Room> {
    HOUSE.iter().chain([&TESTS])
}

fn check_package(path: &str, text: &str, name: &str, manifest: &Table) -> Vec<Violation> {
    let Some(room) = rooms().find(|room| room.name == name) else {
        let what = format!(
            "{name} has no room: add it to the house in xtask/src/tidy/edges.rs, and to the code map"
        );
        return vec![Violation::new(path, 1, what)];
    };
    let mut violations = Vec::new();
    for (key, used) in dependencies(manifest) {
        let what = if LIBTORCH.contains(&used) && room.floor < LIBTORCH_FLOOR {
            format!(
                "{name} must not link libtorch ({used}): move what needs it to floor {LIBTORCH_FLOOR} or above"
            )
        } else if rooms().any(|room| room.name == used) && !room.may_use.contains(&used) {
            format!("{name} must not use {used}: move what both need to a crate below, such as mis-core")
        } else {
            continue;
        };
        violations.push(Violation::new(path, line_of(text, key), what));
    }
    violations
}

/// Each dependency's key and package, of all kinds and for all targets.
fn dependencies(manifest: &Table) -> Vec<(&str, &str)> {
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let holders = std::iter::once(manifest).chain(targets.filter_map(Value::as_table));
    let mut found = Vec::new();
    for holder in holders {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (key, value) in holder.get(kind).and_then(Value::as_table).into_iter().flatten() {
                let package = value.get("package").and_then(Value::as_str);
                found.push((key.as_str(), package.unwrap_or(key)));
            }
        }
    }
    found
}

/// The line on which a dependency stands.
fn line_of(text: &str, key: &str) -> usize {
    let names_key = |line: &str| {
        let rest = line.trim_start().trim_start_matches('"').strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with([' ', '.', '=', '"']))
            || line.trim_end().ends_with(&format!("dependencies.{key}]"))
    };
    text.lines().position(names_key).map_or(1, |line_idx| line_idx + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks one manifest; expects the line and the beginning of its one violation.
    #[track_caller]
    fn check_manifest(text: &str, expected: Option<(usize, &str)>) {
        let manifest: Table = text.parse().unwrap();
        let found = check_package("Cargo.toml", text, package_name(&manifest).unwrap(), &manifest);
        match expected {
            None => assert_eq!(found, []),
            Some((line, what)) => {
                assert_eq!(found.len(), 1, "{found:?}");
                assert!(found[0].line == line && found[0].what.starts_with(what), "{found:?}");
            }
        }
    }

    #[test]
    fn an_edge_of_the_house_passes() {
        check_manifest(
            "[package]\nname = \"mis-io\"\n[dependencies]\nmis-core.workspace = true\nserde = \"1\"\n",
            None,
        );
        check_manifest("[package]\nname = \"mis-models\"\n[dependencies]\ntch.workspace = true\n", None);
    }

    #[test]
    fn rooms_of_one_floor_do_not_know_each_other() {
        check_manifest(
            "[package]\nname = \"mis-io\"\n\n[dependencies]\nmis-patch.workspace = true\n",
            Some((5, "mis-io must not use mis-patch")),
        );
    }

    #[test]
    fn tests_and_targets_have_no_further_edges() {
        check_manifest(
            "[package]\nname = \"mis-eval\"\n[dev-dependencies]\nmis-io = { path = \"../mis-io\" }\n",
            Some((4, "mis-eval must not use mis-io")),
        );
        check_manifest(
            "[package]\nname = \"mis-eval\"\n[target.'cfg(unix)'.dependencies.mis-io]\npath = \"../mis-io\"\n",
            Some((3, "mis-eval must not use mis-io")),
        );
    }

    #[test]
    fn nothing_below_the_line_links_libtorch_under_any_name() {
        check_manifest(
            "[package]\nname = \"mis-eval\"\n[dependencies]\ntensors = { package = \"tch\", version = \"0.26\" }\n",
            Some((4, "mis-eval must not link libtorch (tch)")),
        );
        check_manifest(
            "[package]\nname = \"xtask\"\n[build-dependencies]\ntorch-sys.workspace = true\n",
            Some((4, "xtask must not link libtorch (torch-sys)")),
        );
    }

    #[test]
    fn a_crate_without_a_room_is_refused() {
        check_manifest("[package]\nname = \"mis-more\"\n", Some((1, "mis-more has no room")));
    }

    #[test]
    fn a_room_without_a_crate_is_refused() {
        let found = check(&[SourceFile::new("Cargo.toml", "[workspace]\n")]).unwrap();
        assert_eq!(found.len(), HOUSE.len() + 1);
    }

    #[test]
    fn arrows_point_down() {
        for room in rooms() {
            for used in room.may_use {
                let below = rooms().find(|room| room.name == *used).unwrap();
                assert!(below.floor < room.floor, "{} -> {used}", room.name);
            }
        }
    }
}
