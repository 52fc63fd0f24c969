//! Lists of any length, page after page: what is printed is not kept.

use serde_json::Value;

use super::output;
use super::table::Table;
use crate::client::Pages;

/// How a list is shown to a person.
pub(super) struct Listing<const N: usize> {
    pub(super) header: [&'static str; N],
    pub(super) row: fn(&Value) -> [String; N],
    /// What is said instead of a list without items.
    pub(super) none: String,
}

impl<const N: usize> Listing<N> {
    /// Prints all pages, as a table or as JSON.
    pub(super) async fn print(&self, pages: Pages<'_>, json: bool) -> anyhow::Result<()> {
        if json { print_json(pages).await } else { self.print_table(pages).await }
    }

    async fn print_table(&self, mut pages: Pages<'_>) -> anyhow::Result<()> {
        let mut table = Table::new();
        let mut header = Some(self.header.map(str::to_owned));
        while let Some(items) = pages.next().await? {
            // The header comes with the first row.
            let header = if items.is_empty() { None } else { header.take() };
            let rows: Vec<_> = header.into_iter().chain(items.iter().map(self.row)).collect();
            if !table.print(&rows)? {
                return Ok(());
            }
        }
        if header.is_some() {
            output::note(&self.none);
        }
        Ok(())
    }
}

/// One document as of a single page, an item on each line. When a later page fails it stays without its
/// end, so that nobody takes it for the whole list.
async fn print_json(mut pages: Pages<'_>) -> anyhow::Result<()> {
    let mut line = r#"{"items":["#.to_owned();
    let mut separator = "";
    while let Some(items) = pages.next().await? {
        for item in &items {
            if !output::result_and_more(format_args!("{line}{separator}"))? {
                return Ok(());
            }
            line = output::json_line(item)?;
            separator = ",";
        }
    }
    output::result(line)?;
    output::result(r#"],"next_cursor":null}"#)?;
    Ok(())
}
