//! Tables as plain text.

/// Rows of cells, the head first, as plain text for a terminal: columns of one width each, the first `n_text` flush
/// left, the rest flush right.
///
/// ```
/// let row = |cells: [&str; 2]| cells.map(String::from).to_vec();
/// let text = mis_core::aligned_rows(&[row(["class", "voxels"]), row(["tumor", "17"])], 1);
/// assert_eq!(text, "class  voxels\ntumor      17\n");
/// ```
///
/// # Panics
/// Where a row has fewer cells than the first.
#[must_use]
pub fn aligned_rows(rows: &[Vec<String>], n_text: usize) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<_> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
    let line = |row: &Vec<String>| {
        let cell = |(&width, (column, cell)): (&usize, (usize, &String))| {
            if column < n_text { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        };
        let cells: Vec<_> = widths.iter().zip(row.iter().enumerate()).map(cell).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
