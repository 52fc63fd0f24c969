//! Columns for people.

use std::io;

use super::output;

/// Columns as wide as the widest cell so far; the last one is as wide as its cells are.
pub(super) struct Table<const N: usize> {
    widths: [usize; N],
}

impl<const N: usize> Table<N> {
    pub(super) fn new() -> Self {
        Self { widths: [0; N] }
    }

    /// Makes room for these rows, and prints them. False when nobody reads any more.
    pub(super) fn print(&mut self, rows: &[[String; N]]) -> io::Result<bool> {
        self.widen(rows);
        for row in rows {
            if !output::result_and_more(self.line(row))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn widen(&mut self, rows: &[[String; N]]) {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
    }

    fn line(&self, row: &[String; N]) -> String {
        let cells = row.iter().zip(&self.widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// Prints what is known about one thing: names, and beside them what they stand for.
pub(super) fn print_pairs(pairs: &[(String, String)]) -> io::Result<()> {
    let rows: Vec<_> = pairs.iter().map(|(name, value)| [format!("{name}:"), value.clone()]).collect();
    Table::new().print(&rows).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_with_their_text() {
        let mut table = Table::new();
        let rows = [["a", "bcd", "e"], ["äöü", "", ""]].map(|row| row.map(str::to_owned));
        table.widen(&rows);
        assert_eq!(rows.map(|row| table.line(&row)), ["a    bcd  e", "äöü"]);
    }
}
