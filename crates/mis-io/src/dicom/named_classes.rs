//! Names of segments and regions to class indices.

use anyhow::{Result, ensure};
use mis_core::ClassTable;

use crate::Others;

/// The class of each name. Names are compared without regard to case and to spaces around them; one that no class has
/// is an error that lists them all, unless `others` says that they are background.
pub(super) fn classes_of(
    what: &str,
    names: &[String],
    classes: &ClassTable,
    others: Others,
) -> Result<Vec<Option<u8>>> {
    let plain = |name: &str| name.trim().to_lowercase();
    let known = classes.names();
    let found: Vec<_> = names
        .iter()
        .map(|name| {
            let place = known.iter().position(|class| plain(class) == plain(name));
            place.and_then(|place| u8::try_from(place).ok())
        })
        .collect();
    if others == Others::Refused {
        let unknown: Vec<_> =
            names.iter().zip(&found).filter(|(_, class)| class.is_none()).map(|(name, _)| name).collect();
        ensure!(
            unknown.is_empty(),
            "expected {what} named {known:?}, found {unknown:?} (name them as classes, or leave them out)"
        );
    }
    ensure!(
        found.iter().any(Option::is_some) || names.is_empty(),
        "expected {what} named {known:?}, found {names:?}"
    );
    Ok(found)
}
