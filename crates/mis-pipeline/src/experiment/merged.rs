//! One experiment from a file and those that it extends.

use std::ops::Range;
use std::path::Path;

use anyhow::Result;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::file_chain::{EXTENDS, FileChain};

/// Keys whose table is a choice: it has one key, the name of what is chosen. Another name replaces it.
const CHOICES: [&str; 11] =
    ["activation", "by", "data", "folds", "loss", "merge", "model", "norm", "of", "optimizer", "schedule"];

/// Keys whose text is a path.
const PATHS: [&str; 5] = ["file", "folder", "nnunet", "path", "start-from"];

/// The keys and values of all files of a chain, those of a file before those of the files that it extends, with paths as
/// from where the program runs. Each value's place is one in the chain.
pub(crate) fn merged(chain: &FileChain) -> Result<Spanned<DeTable<'_>>> {
    let mut all = DeTable::new();
    let mut whole = 0..0;
    for file in chain.files() {
        let mut table = file.table()?.into_inner();
        table.remove(EXTENDS);
        let table = placed_table(table, file.first(), file.folder());
        whole = file.first()..file.first();
        merge(&mut all, table, false);
    }
    Ok(Spanned::new(whole, all))
}

/// Lays `over` over a table.
fn merge<'i>(under: &mut DeTable<'i>, over: DeTable<'i>, is_choice: bool) {
    if is_choice && over.keys().any(|name| !under.contains_key(name)) {
        *under = over;
        return;
    }
    for (key, value) in over {
        let is_choice = CHOICES.contains(&key.get_ref().as_ref());
        let place = value.span();
        match (under.get_mut(&key).map(Spanned::get_mut), value.into_inner()) {
            (Some(DeValue::Table(under)), DeValue::Table(over)) => merge(under, over, is_choice),
            (_, value) => {
                under.insert(key, Spanned::new(place, value));
            }
        }
    }
}

/// A table with its places counted from `first` and its relative paths taken from `folder`.
fn placed_table<'i>(table: DeTable<'i>, first: usize, folder: &Path) -> DeTable<'i> {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'i>>)| {
        let (key_place, value_place) = (shifted(&key, first), shifted(&value, first));
        let key: std::borrow::Cow<'i, str> = key.into_inner();
        let value = match value.into_inner() {
            DeValue::String(path) if PATHS.contains(&key.as_ref()) => {
                DeValue::String(folder.join(path.as_ref()).to_string_lossy().into_owned().into())
            }
            value => placed(value, first, folder),
        };
        (Spanned::new(key_place, key), Spanned::new(value_place, value))
    };
    table.into_iter().map(entry).collect()
}

fn placed<'i>(value: DeValue<'i>, first: usize, folder: &Path) -> DeValue<'i> {
    match value {
        DeValue::Table(table) => DeValue::Table(placed_table(table, first, folder)),
        DeValue::Array(array) => {
            let mut placed_array = DeArray::new();
            for value in array {
                let place = shifted(&value, first);
                placed_array.push(Spanned::new(place, placed(value.into_inner(), first, folder)));
            }
            DeValue::Array(placed_array)
        }
        value => value,
    }
}

fn shifted<T>(at: &Spanned<T>, first: usize) -> Range<usize> {
    let Range { start, end } = at.span();
    start + first..end + first
}
