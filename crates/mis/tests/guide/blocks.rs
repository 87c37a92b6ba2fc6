//! Blocks of code in Markdown.

/// The blocks in one language, each with the number of its first line.
pub(crate) fn blocks(page: &str, language: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let (mut inside, mut wanted) = (false, false);
    for (line, number) in page.lines().zip(1..) {
        if let Some(info) = line.strip_prefix("```") {
            inside = !inside;
            wanted = inside && info.split(',').next() == Some(language);
            if wanted {
                found.push((number + 1, String::new()));
            }
        } else if let Some((_, text)) = found.last_mut().filter(|_| wanted) {
            text.push_str(line);
            text.push('\n');
        }
    }
    found
}

#[test]
fn blocks_are_found_by_their_language() {
    let page = "a\n```toml\nx = 1\n```\n```rust,no_run\nf();\n```\n";
    assert_eq!(blocks(page, "toml"), [(3, "x = 1\n".to_owned())]);
    assert_eq!(blocks(page, "rust"), [(6, "f();\n".to_owned())]);
}
