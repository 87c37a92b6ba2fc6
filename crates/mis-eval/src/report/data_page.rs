//! What is in a data set, as one page for a browser.

use std::path::Path;

use anyhow::Result;
use mis_core::write_atomically;

use super::html::{document, sortable, table};
use crate::Plot;
use crate::lettering::escape;

/// What a page about a data set shows.
#[derive(Clone, Debug, Default)]
pub struct DataPage {
    /// Its title.
    pub title: String,
    /// Its first sentence.
    pub lead: String,
    /// What is wrong with the data, a line each.
    pub problems: Vec<String>,
    /// All cases together: rows of cells, the head first. The first cell of a row is a name.
    pub whole: Vec<Vec<String>>,
    /// Each case, likewise.
    pub cases: Vec<Vec<String>>,
    /// Plots, such as of class frequencies.
    pub plots: Vec<Plot>,
}

impl DataPage {
    /// Writes the page. It needs nothing but itself, as [`Report::write_html`](crate::Report::write_html) does, and the
    /// table of cases sorts by any column.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomically(path, |file| Ok(file.write_all(self.html().as_bytes())?))
    }

    fn html(&self) -> String {
        let problems: String =
            self.problems.iter().map(|problem| format!("<li>{}</li>\n", escape(problem))).collect();
        let plots: String = self
            .plots
            .iter()
            .map(|plot| format!("<h3>{}</h3>\n{}", escape(&plot.title), plot.figure()))
            .collect();
        let mut sections = vec![
            ("problems", format!("Problems: {}", self.problems.len()), format!("<ul>\n{problems}</ul>\n")),
            ("whole", "All cases together".to_owned(), table("All cases together", &self.whole, 1)),
            ("plots", "Plots".to_owned(), plots),
            ("cases", "Every case".to_owned(), sortable(&table("Every case", &self.cases, 1))),
        ];
        sections.retain(|(id, _, _)| match *id {
            "problems" => !self.problems.is_empty(),
            "plots" => !self.plots.is_empty(),
            _ => true,
        });
        document(&self.title, &self.lead, &sections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_problems_and_tables_escaped() {
        let rows =
            |cells: [&str; 2]| vec![vec!["case".to_owned(), "n".to_owned()], cells.map(String::from).into()];
        let page = DataPage {
            title: "Scans & labels".into(),
            lead: "2 cases".into(),
            problems: vec!["case_1: expected <one> scan".into()],
            whole: rows(["all", "2"]),
            cases: rows(["case_1", "1"]),
            plots: Vec::new(),
        };
        let html = page.html();
        for part in [
            "<title>Scans &amp; labels</title>",
            "Problems: 1</h2>",
            "<li>case_1: expected &lt;one&gt; scan</li>",
            "<td class=\"name\">case_1</td><td>1</td>",
            "<table data-sortable>",
        ] {
            assert!(html.contains(part), "expected {part} in {html}");
        }
        let html = DataPage { problems: Vec::new(), ..page }.html();
        assert!(!html.contains("Problems") && !html.contains("Plots"));
    }
}
