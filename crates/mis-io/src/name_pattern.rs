//! Patterns of file names, with the case's name in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use crate::folder::names;

/// A path below a folder, such as `images/*.png` or `sub-{case}/anat/sub-{case}_T1w.nii.gz`.
///
/// `{case}` stands for the case's name, the same text wherever it stands; `*` for any text and `?` for any character.
/// None of them reaches over a `/`. Where `{case}` does not stand, the first `*` is the case's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamePattern(Vec<Vec<Token>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Text(String),
    Case,
    Any,
    One,
}

impl NamePattern {
    pub(crate) fn parse(pattern: &str) -> Result<Self> {
        let pattern =
            if pattern.contains("{case}") { pattern.to_owned() } else { pattern.replacen('*', "{case}", 1) };
        ensure!(
            pattern.contains("{case}"),
            "expected a pattern with {{case}} or * for the case's name, found {pattern:?}"
        );
        let parts = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
        Ok(Self(parts.map(tokens).collect::<Result<_>>()?))
    }

    /// All files (or folders) below `root` that fit, by case. Two of one case are an error.
    pub(crate) fn find(&self, root: &Path) -> Result<BTreeMap<String, PathBuf>> {
        let mut found = BTreeMap::new();
        self.walk(root, 0, None, &mut found)?;
        Ok(found)
    }

    fn walk(
        &self,
        folder: &Path,
        depth: usize,
        case: Option<&str>,
        found: &mut BTreeMap<String, PathBuf>,
    ) -> Result<()> {
        let Some(part) = self.0.get(depth) else {
            let Some(case) = case else { bail!("expected a case's name in every path, found none") };
            if let Some(earlier) = found.insert(case.to_owned(), folder.to_owned()) {
                bail!(
                    "expected one file for the case {case}, found {} and {}",
                    earlier.display(),
                    folder.display()
                );
            }
            return Ok(());
        };
        if !folder.is_dir() {
            ensure!(depth > 0, "expected a folder at {}, found none", folder.display());
            return Ok(());
        }
        for name in names(folder)? {
            let mut bound = case.map(str::to_owned);
            if fits(part, &name, &mut bound) {
                self.walk(&folder.join(&name), depth + 1, bound.as_deref(), found)?;
            }
        }
        Ok(())
    }
}

fn tokens(part: &str) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut text = String::new();
    let mut rest = part;
    while let Some(c) = rest.chars().next() {
        let (token, len) = match c {
            '{' => {
                ensure!(rest.starts_with("{case}"), "expected {{case}} in braces, found {part:?}");
                (Token::Case, 6)
            }
            '*' => (Token::Any, 1),
            '?' => (Token::One, 1),
            c => {
                text.push(c);
                rest = &rest[c.len_utf8()..];
                continue;
            }
        };
        if !text.is_empty() {
            tokens.push(Token::Text(std::mem::take(&mut text)));
        }
        tokens.push(token);
        rest = &rest[len..];
    }
    if !text.is_empty() {
        tokens.push(Token::Text(text));
    }
    ensure!(tokens.len() <= 16, "expected a plainer pattern, found {part:?}");
    Ok(tokens)
}

/// Whether a name fits; what `{case}` stands for is bound, the longest text that fits first.
fn fits(tokens: &[Token], name: &str, case: &mut Option<String>) -> bool {
    let Some((first, rest)) = tokens.split_first() else { return name.is_empty() };
    let ends = || name.char_indices().map(|(at, _)| at).chain([name.len()]).rev();
    match first {
        Token::Text(text) => name.strip_prefix(text.as_str()).is_some_and(|name| fits(rest, name, case)),
        Token::One => {
            let mut chars = name.chars();
            chars.next().is_some() && fits(rest, chars.as_str(), case)
        }
        Token::Any => ends().any(|at| fits(rest, &name[at..], case)),
        Token::Case => match case.clone() {
            Some(bound) => name.strip_prefix(bound.as_str()).is_some_and(|name| fits(rest, name, case)),
            None => ends().filter(|&at| at > 0).any(|at| {
                *case = Some(name[..at].to_owned());
                let found = fits(rest, &name[at..], case);
                if !found {
                    *case = None;
                }
                found
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, name: &str, expected: Option<&str>) {
        let NamePattern(parts) = NamePattern::parse(pattern).unwrap();
        let mut case = None;
        let fits = fits(&parts[0], name, &mut case);
        assert_eq!(fits.then_some(case).flatten().as_deref(), expected, "{pattern} on {name}");
    }

    #[test]
    fn the_case_is_what_the_pattern_leaves_open() {
        check("*.png", "a_1.png", Some("a_1"));
        check("{case}_T1w.nii.gz", "sub-01_T1w.nii.gz", Some("sub-01"));
        check("sub-{case}_*_{case}.nii", "sub-7_x_7.nii", Some("7"));
        check("sub-{case}_*_{case}.nii", "sub-7_x_8.nii", None);
        check("{case}_?.nii", "a_12.nii", None);
        check("{case}_?.nii", "a_1.nii", Some("a"));
        check("*.png", ".png", None);
        check("ü{case}é.png", "üaéé.png", Some("aé"));
    }

    #[test]
    fn a_pattern_without_a_case_is_refused() {
        assert!(NamePattern::parse("image.nii").is_err());
        assert!(NamePattern::parse("{subject}.nii").is_err());
    }
}
